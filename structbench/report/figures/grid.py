"""Small multiples: panels on a grid, each model with one colour in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from structbench.report.figures.style import (
    MUTED,
    PAGE,
    PANELS,
    SEEDS,
    WIDTH,
    CaptionedFigure,
    Look,
    axes_at,
    drawn_figure,
    room_for,
    short,
)

LINE, TITLE = 0.24, 0.32  # inches of a line of the legend, and of a panel's title
# Columns are added until a figure is no higher than this, as long as there is room for them.
TALL, COLUMNS = 8.0, 4


@dataclass(frozen=True)
class Panel:
    """Inches of a panel: of its axes, and around them.

    least: width that the axes need; best: that they have where there is room; lead: room to the
    left of the first column; tall: height from which on the figure gains columns
    """

    height: float
    left: float
    right: float
    bottom: float
    lead: float = 0.0
    least: float = 1.5
    best: float = 2.6
    tall: float = TALL


def panels(
    titles: Sequence[str],
    panel: Panel,
    draw: Callable[[Axes, int], None],
    above: str = "",
    legend: Mapping[str, Look] | None = None,
) -> CaptionedFigure:
    """A panel for each title, in as few columns as keep the figure from being tall.

    above: what the axis of y is, over all panels; legend: model → its look, over all panels too
    """
    pitch = TITLE + panel.height + panel.bottom
    columns = _columns(len(titles), panel, pitch)
    edges = panel.lead + columns * (panel.left + panel.right)
    widest = max(WIDTH, edges + columns * panel.best) if columns > 1 else WIDTH
    axes_width = (min(PAGE, widest) - edges) / columns
    width = edges + columns * axes_width
    entries = list(_legend_places(legend or {}, width))
    top = LINE * (bool(above) + (entries[-1][2] + 1 if entries else 0))

    def all_panels(figure: CaptionedFigure) -> None:
        height = figure.get_figheight()
        if above:
            figure.text(0.01, 1 - 0.1 / height, above, size=9, color=MUTED, va="center")
        _legend(figure, legend or {}, entries, LINE * bool(above))
        for i, title in enumerate(titles):
            across, down = i % columns, i // columns
            left = panel.lead + panel.left + across * (panel.left + axes_width + panel.right)
            axes = axes_at(figure, left, top + down * pitch + TITLE, axes_width, panel.height)
            inset = panel.left + (0 if across else panel.lead)
            letters = int((inset + axes_width + panel.right) / 0.1)
            axes.set_title(
                short(title, letters), loc="left", x=-inset / axes_width, size=11, weight="bold"
            )
            axes.set_axisbelow(True)
            axes.tick_params(which="both", length=0, labelsize=9)
            draw(axes, i)

    return drawn_figure(width, top + pitch * -(-len(titles) // columns), all_panels)


def _columns(count: int, panel: Panel, pitch: float) -> int:
    """As few as keep the figure from being tall; no row much emptier than the others."""

    def fitting(width: float) -> int:
        room = panel.left + panel.least + panel.right
        return max(1, min(COLUMNS, count, int((width - panel.lead) / room)))

    columns = fitting(WIDTH)
    while columns < fitting(PAGE) and pitch * -(-count // columns) > panel.tall:
        columns += 1
    return -(-count // -(-count // columns))


def _legend_places(legend: Mapping[str, Look], width: float) -> Iterator[tuple[str, float, int]]:
    """Model → inches from the left, and the line it is on."""
    left, line = 0.1, 0
    for name in legend:
        room = 0.3 + room_for([name], 14)
        if left > 0.1 and left + room > width:
            left, line = 0.1, line + 1
        yield name, left, line
        left += room


def _legend(
    figure: CaptionedFigure, legend: Mapping[str, Look],
    entries: Sequence[tuple[str, float, int]], top: float,
) -> None:  # fmt: skip
    height = figure.get_figheight()
    for name, left, line in entries:
        y = top + LINE * (line + 0.5)
        axes = axes_at(figure, left - 0.06, y - 0.06, 0.12, 0.12)
        axes.plot(0, 0, legend[name].marker, color=legend[name].colour, ms=7, mew=0)
        axes.set_axis_off()
        figure.text(
            (left + 0.15) / figure.get_figwidth(), 1 - y / height, short(name, 14), size=10,
            va="center",
        )  # fmt: skip


def names_at_ends(models: Sequence[str], count: int) -> bool:
    """Whether the lines of so many panels carry their names themselves; else there is a legend."""
    return count <= 2 and len(models) <= 8


def left_out(panels: int, what: str, seeds: int) -> str:
    """What a caption says of scales, and of what is not drawn. what: a panel is of, in plural."""
    parts = [" Each panel has its own scale."] if panels > 1 else []
    if panels > PANELS:
        parts.append(f" The first {PANELS} of {panels} {what} are shown.")
    if seeds > SEEDS:
        parts.append(f" The first {SEEDS} of {seeds} seeds are drawn one by one.")
    return "".join(parts)
