"""What was found at places along an axis: a line for each model, its seeds, a bar at each place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform

from structbench.report.figures.axes import Scale, measured
from structbench.report.figures.grid import panels
from structbench.report.figures.marks import Marks, bar, dress_for
from structbench.report.figures.style import MUTED, PANELS, CaptionedFigure, Look

Line = tuple[Sequence[float], Sequence[Marks]]
"""Places along the axis, and what was found at each."""


@dataclass(frozen=True)
class Along:
    """A panel. axis: what is along it; lines: model → places and marks; scale: of the marks

    log: whether the places are on a log axis; names: of the places, where they are no numbers;
    beneath: place → a remark beneath its name; joined: whether each seed is a thin line, where
    places are many
    """

    title: str
    axis: str
    lines: Mapping[str, Line]
    scale: Scale
    log: bool = False
    names: Mapping[float, str] = field(default_factory=dict)
    beneath: Mapping[float, str] = field(default_factory=dict)
    joined: bool = False


def along(
    found: Sequence[Along], look: Mapping[str, Look], above: str, height: float = 2, **room: Any
) -> CaptionedFigure:
    """A panel for each, the first PANELS. above: what the axis of y is; room: as of `panels`"""
    remarks = any(of.beneath for of in found)

    def draw(axes: Axes, i: int) -> None:
        of = found[i]
        axes.set_xlabel(of.axis, size=9, labelpad=18 if remarks else 4)
        measured(axes.xaxis, (x for at, _ in of.lines.values() for x in at), of.log, of.names)
        dress_for(axes.yaxis, of.scale, [m for _, marks in of.lines.values() for m in marks])
        if of.scale.signed:
            axes.axhline(0, color=MUTED, lw=0.9)
        for x, text in of.beneath.items():
            axes.annotate(
                text, (x, 0), (0, -26), xycoords=axes.get_xaxis_transform(),
                textcoords="offset points", ha="center", size=7.5, color=MUTED,
            )  # fmt: skip
        for number, (name, (at, marks)) in enumerate(of.lines.items()):
            if of.joined:
                _threads(axes, at, marks, look[name])
                continue
            # At one place the models' bars stand beside each other.
            aside = 2.4 / 72 * (number - (len(of.lines) - 1) / 2)
            place = axes.transData + ScaledTranslation(aside, 0, axes.figure.dpi_scale_trans)
            _line(axes, at, marks, look[name], place)

    titles = [of.title for of in found[:PANELS]]
    return panels(titles, draw, height=height, above=above, legend=look, **room)


def _line(
    axes: Axes, at: Sequence[float], line: Sequence[Marks], look: Look, place: Transform
) -> None:
    for x, marks in zip(at, line, strict=True):
        axes.plot(
            [x] * len(marks.seeds), marks.seeds, look.marker, color=look.colour, ms=3.5, mew=0,
            alpha=0.5, clip_on=False, transform=place,
        )  # fmt: skip
        if len(marks.bar):
            bar(axes, x, marks.bar, look.colour, upright=True, place=place)
    axes.plot(at, [marks.mean for marks in line], color=look.colour, lw=1.4, transform=place)


def _threads(axes: Axes, at: Sequence[float], line: Sequence[Marks], look: Look) -> None:
    """Thin lines for seeds; a single place has its marks alone."""
    mark = look.marker if len(at) == 1 else ""
    style: dict[str, Any] = {"color": look.colour, "marker": mark, "ms": 3.5, "mew": 0}
    axes.plot(at, [marks.seeds for marks in line], lw=0.6, alpha=0.45, **style)
    axes.plot(at, [marks.mean for marks in line], lw=1.6, **style)
