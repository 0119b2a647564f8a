"""The report as one HTML file: no script, no request, the figures within it.

The template escapes every text; only the drawn SVG, built anew element by element, goes in as
markup. The page's own policy forbids the browser to load anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from structbench.comparison import Comparison, Misclassification
from structbench.data.conditions import CORRUPTIONS, parse_condition
from structbench.report.exhibits import Exhibits, Session, focus, leader
from structbench.report.figures import INK, MUTED, RULE, SERIES, WIDTH, Plate, looks, svg
from structbench.report.grids import grids
from structbench.report.sentences import headline, sentences
from structbench.report.text import counted, percent

# Screen pixels to a unit of the figure, where there is room.
ENLARGED = 1.6
# What a figure's colours become, so that the page's light and dark style decides.
_PAGE_COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)"} | {
    colour: f"var(--series-{i})" for i, colour in enumerate(SERIES)
}


@dataclass(frozen=True)
class Card:
    """A model's main number, as the head of the page shows it.

    share: of the largest model's number, in per cent
    """

    model: str
    series: int
    value: str
    spread: str
    parameters: str
    runs: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Drawing:
    """A figure on the page; where it is wide, it scrolls on a phone instead of shrinking."""

    name: str
    markup: Markup
    caption: str
    wide: bool
    width: int


def page(
    comparison: Comparison,
    exhibits: Exhibits,
    figures: Mapping[str, Figure],
    runs: str = "..",
) -> str:
    """The page of a comparison, or of one run as a comparison of one model and one seed.

    runs: the runs folder as a relative path from the page's own folder
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        title=_title(comparison),
        comparison=comparison,
        exhibits=exhibits,
        headline=headline(comparison, focus(comparison)),
        sentences=sentences(comparison),
        grids={grid.name: grid for grid in grids(comparison, verbose=True)},
        focus=focus(comparison),
        cards=_cards(comparison),
        conditions=[(c, _meaning(c)) for c in comparison.conditions],
        drawings={name: _drawing(name, figure) for name, figure in figures.items()},
        machines=_machines(exhibits),
        run_links={origin.run: _link(origin.run, runs) for origin in exhibits.origins},
        seed_links=_seed_links(comparison, runs),
        counted=counted,
        version=version("structbench"),
    )


def _title(comparison: Comparison) -> str:
    if comparison.baseline is None:
        return leader(comparison)
    others = [name for name in comparison.models if name != comparison.baseline]
    listed = " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
    return f"{listed} against {comparison.baseline}"


def _cards(comparison: Comparison) -> list[Card]:
    condition = focus(comparison)
    found = {name: model.misclassification[condition] for name, model in comparison.models.items()}
    series = {name: SERIES.index(look.colour) for name, look in looks(list(found)).items()}
    largest = (max(one.mean for one in found.values()) if len(found) > 1 else 1.0) or 1.0
    return [
        Card(
            name,
            series[name],
            percent(found[name].mean),
            _spread(found[name], comparison),
            f"{model.parameters:,}",
            model.runs,
            round(100 * found[name].mean / largest, 2),
        )
        for name, model in comparison.models.items()
    ]


def _spread(found: Misclassification, comparison: Comparison) -> str:
    if found.sd is None:
        return f"one trained network, seed {comparison.seeds[0]}"
    return f"± {percent(found.sd)} standard deviation over {counted(len(comparison.seeds), 'seed')}"


def _meaning(condition: str) -> str:
    """What a condition does, as its corruption says of itself."""
    name = parse_condition(condition).name
    corruption = CORRUPTIONS[name]
    first_line = (corruption.alter.__doc__ or "").partition("\n")[0]
    return f"{corruption.usage(name)}: {first_line}" if corruption.arguments else first_line


def _link(run: str, runs: str) -> str:
    return f"{quote(runs)}/{quote(run, safe='')}/"


def _seed_links(comparison: Comparison, runs: str) -> list[list[str]]:
    """For each row and seed of the table of seeds, the run that the number comes from."""
    return [
        [_link(run, runs) for run in model.runs]
        for model in comparison.models.values()
        for _ in comparison.conditions
    ]


def _machines(exhibits: Exhibits) -> list[tuple[Session, int]]:
    """The different machines and versions, and how many sessions there were on each."""
    found: dict[tuple[tuple[str, str], ...], list[Session]] = {}
    for origin in exhibits.origins:
        for session in origin.sessions:
            found.setdefault(session.machine, []).append(session)
    return [(sessions[0], len(sessions)) for sessions in found.values()]


def _drawing(name: str, figure: Figure) -> Drawing:
    caption, alt = (figure.caption, figure.alt) if isinstance(figure, Plate) else ("", name)
    width = round(figure.get_figwidth() * 72 * ENLARGED)
    return Drawing(
        name, Markup(_inline(name, figure, alt)), caption, figure.get_figwidth() > WIDTH, width
    )


def _inline(name: str, figure: Figure, alt: str) -> str:
    """The figure's SVG as part of a page: its own ids, the page's colours and font."""
    root = ElementTree.fromstring(svg(figure, inline=True))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith("}style"):
                parent.remove(child)
    for element in root.iter():
        # HTML needs no namespaces: {http://www.w3.org/2000/svg}g is g.
        element.tag = element.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        if element.tag == "image":
            del attributes["id"]  # of its content, so that equal pictures have the same
        element.attrib.clear()
        element.attrib.update({k: _adapted(k, v, name) for k, v in attributes.items()})
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": alt})
    return ElementTree.tostring(root, encoding="unicode")


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
