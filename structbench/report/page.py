"""The report of a comparison or sweep as one HTML file: no script, no request, figures within it.

The template escapes every text; only the drawn SVG, built anew element by element, goes in as
markup. The page's own policy forbids the browser to load anything.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from structbench.report.figures.style import (
    INK,
    MUTED,
    PAPER,
    RULE,
    SERIES,
    WIDTH,
    CaptionedFigure,
    looks,
    svg,
)
from structbench.report.focus import focus, leader
from structbench.report.places import Found, examples_text, ground, is_graph, seeds_text, warnings
from structbench.report.section import Section
from structbench.report.sentences import headline
from structbench.report.text import counted, listed, percent
from structbench.report.verdict import WORDS
from structbench.results.comparison import Comparison, Misclassification
from structbench.results.sweep import Sweep

# So many names fit a heading, and so many cards a screen.
MOST_NAMES, MOST_CARDS = 4, 8
# Screen pixels to a point of a figure, where there is room.
ENLARGED = 1.6
# What a figure's colours become, so that the page's light and dark style decides.
_PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
} | {colour: f"var(--series-{i})" for i, colour in enumerate(SERIES)}
# A model's name, parameters, colour's number, main number, and that in per cent of the largest.
Card = tuple[str, int, int, Misclassification, float]


def page(found: Found, shown: Sequence[Section], runs: str = "..") -> str:
    """The page of a sweep, of a comparison, or of one run as a comparison of one model and seed.

    shown: its sections; runs: the runs folder as a relative path from the page's own folder
    """
    focused = "" if isinstance(found, Sweep) else focus(found)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=_title(found),
        ground=ground(found),
        headline=headline(found),
        warnings=warnings(found),
        cards=[] if isinstance(found, Sweep) else _cards(found),
        models=len(found.models),
        examples=examples_text(found, [focused] if focused else ()),
        seeds=seeds_text(found),
        untouched="The classes of test nodes" if is_graph(found) else "The test examples",
        focus=focused,
        sections=shown,
        words=WORDS,
        percent=percent,
        inline=_inline,
        pixels=lambda figure: round(figure.get_figwidth() * 72 * ENLARGED),
        is_wide=lambda figure: figure.get_figwidth() > WIDTH,
        link=lambda run: f"{quote(runs)}/{quote(run, safe='')}/",
    )


def _title(found: Found) -> str:
    if isinstance(found, Sweep):
        return found.title
    if found.baseline is None:
        return leader(found)
    others = [name for name in found.models if name != found.baseline]
    named = listed(others) if len(others) <= MOST_NAMES else counted(len(others), "model")
    return f"{named} against {found.baseline}"


def _cards(comparison: Comparison) -> list[Card]:
    """Of the best models, in the order of the comparison."""
    found = {n: m.misclassification[focus(comparison)] for n, m in comparison.models.items()}
    best = sorted(found, key=lambda name: found[name].mean)[:MOST_CARDS]
    largest = (max(found[name].mean for name in best) if len(found) > 1 else 1.0) or 1.0
    look = looks(list(found))
    return [
        (name, model.parameters, SERIES.index(look[name].colour), found[name],
         round(100 * found[name].mean / largest, 2))
        for name, model in comparison.models.items()
        if name in best
    ]  # fmt: skip


def _inline(name: str, figure: CaptionedFigure) -> Markup:
    """The figure's SVG as part of a page: its own ids, the page's colours and font."""
    root = ElementTree.fromstring(svg(figure, inline=True))
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag.endswith("}style")]:
            parent.remove(child)
    for element in root.iter():
        # HTML needs no namespaces: {http://www.w3.org/2000/svg}g is g.
        element.tag = element.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        if element.tag == "image":
            del attributes["id"]  # of its content, so that equal pictures have the same
        element.attrib = {k: _adapted(k, v, name) for k, v in attributes.items()}
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": figure.alt}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _adapted(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    if key == "clip-path":
        return value.replace("url(#", f"url(#{name}-")
    if key == "style":
        for colour, of_page in _PAGE_COLOURS.items():
            value = value.replace(colour, of_page)
        return value.replace("'DejaVu Sans', sans-serif", "var(--sans)")
    return value
