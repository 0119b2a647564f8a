"""A page of HTML: no script, no request, the figures within it.

The templates escape every text; only the drawn SVG, built anew element by element, goes in as
markup. The page's own policy forbids the browser to load anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
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
    svg,
)
from structbench.report.provenance import Origin, Session
from structbench.report.text import counted

# Screen pixels to a unit of the figure, where there is room.
ENLARGED = 1.6
# What a figure's colours become, so that the page's light and dark style decides.
_PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
} | {colour: f"var(--series-{i})" for i, colour in enumerate(SERIES)}


@dataclass(frozen=True)
class Drawing:
    """A figure on the page; where it is wide, it scrolls on a phone instead of shrinking."""

    name: str
    markup: Markup
    caption: str
    wide: bool
    width: int


def rendered(template: str, **content: Any) -> str:
    """The page that a template makes of this content."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template)
    return page.render(**content, counted=counted, version=version("structbench"))


def link(run: str, runs: str) -> str:
    """From the page to a run's folder; runs: the runs folder as a relative path."""
    return f"{quote(runs)}/{quote(run, safe='')}/"


def machines(origins: Sequence[Origin]) -> list[tuple[Session, int]]:
    """The different machines and versions, and how many sessions there were on each."""
    found: dict[tuple[tuple[str, str], ...], list[Session]] = {}
    for origin in origins:
        for session in origin.sessions:
            found.setdefault(session.machine, []).append(session)
    return [(sessions[0], len(sessions)) for sessions in found.values()]


def drawing(name: str, figure: CaptionedFigure) -> Drawing:
    """The figure as the page shows it."""
    width = round(figure.get_figwidth() * 72 * ENLARGED)
    return Drawing(
        name, Markup(_inline(name, figure)), figure.caption, figure.get_figwidth() > WIDTH, width
    )


def _inline(name: str, figure: CaptionedFigure) -> str:
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
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": figure.alt})
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
