"""Small multiples: panels on a grid, over them what all of them share."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

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

LINE, TITLE = 0.24, 0.35  # inches of a line of the legend, and of a panel's title
LETTERS = 18  # of a name in a legend; what is longer is cut
COLUMNS = 4


def panels(
    titles: Sequence[str], draw: Callable[[Axes, int], None], *, height: float,
    left: float = 0.65, right: float = 0.25, bottom: float = 0.62, names: float = 0.0,
    least: float = 1.5, tall: float = 8.0, above: str = "",
    legend: Mapping[str, Look] | None = None, letters: int = LETTERS, widest: float = PAGE,
) -> CaptionedFigure:  # fmt: skip
    """A panel for each title, in as few columns as keep the figure from being tall.

    In inches: height of the axes; left, right, bottom: room around them; names: for the labels of
    y, which the first column has for all; least: width the axes need; tall: from this height on
    columns are added; widest: the figure. above: what the axis of y is; legend: name → look, of a
    name at most so many letters; both once for all panels
    """
    needed = left + least + right
    columns = _columns(len(titles), TITLE + height + bottom, names, needed, tall, widest)
    # On a grid the axes are half as wide again as they must be, where the page has room.
    width = max(WIDTH, names + columns * (needed + least / 2)) if columns > 1 else WIDTH
    width = min(widest, width)
    axes_width = (width - names) / columns - left - right
    room = int((left + axes_width + right) / 0.1)
    headings = [_heading(title, room) for title in titles]
    over = TITLE + 0.17 * max(heading.count("\n") for heading in headings)
    pitch = over + height + bottom
    per_line = max(1, int(width / (0.4 + room_for(legend, letters)))) if legend else 1
    top = LINE * (bool(above) + -(-len(legend or ()) // per_line))

    def all_panels(figure: CaptionedFigure) -> None:
        _shared(figure, above, legend or {}, per_line, letters)
        for i, heading in enumerate(headings):
            across, down = i % columns, i // columns
            place = names + left + across * (left + axes_width + right)
            inset = left if across else place
            axes = axes_at(figure, place, top + down * pitch + over, axes_width, height)
            style = {"size": 11, "weight": "bold", "va": "bottom"}
            axes.set_title(heading, style, loc="left", x=-inset / axes_width, pad=7)
            axes.set_axisbelow(True)
            axes.spines["left"].set_visible(False)
            axes.tick_params(length=0, labelsize=9, labelleft=not (names and across))
            draw(axes, i)

    return drawn_figure(width, top + pitch * -(-len(titles) // columns), all_panels)


def _columns(
    count: int, pitch: float, names: float, needed: float, tall: float, widest: float
) -> int:
    """As few as keep the figure from being tall, but as many as fit a phone; rows evenly full."""
    phone, page = (int((width - names) / needed) for width in (WIDTH, widest))
    columns = max(1, min(phone, count))
    while columns < min(page, COLUMNS, count) and pitch * -(-count // columns) > tall:
        columns += 1
    return -(-count // -(-count // columns))


def _heading(title: str, letters: int) -> str:
    """One line, or one for each part of it where they do not fit in one."""
    parts = [title] if len(title) <= letters else title.split(" · ")
    return "\n".join(short(part, letters) for part in parts)


def _shared(
    figure: CaptionedFigure, above: str, legend: Mapping[str, Look], columns: int, letters: int
) -> None:
    """What the axis of y is, and beneath it the models, so many to a line."""
    across, height = figure.get_figwidth(), figure.get_figheight()
    figure.text(0.1 / across, 1 - 0.12 / height, above, size=9, color=MUTED, va="center")
    # Line by line, where matplotlib fills column by column.
    order = [name for i in range(columns) for name in list(legend)[i::columns]]
    marks = [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            ls="",
            ms=7,
            mec=look.ring or look.colour,
            mew=1.5 if look.ring else 0,
        )
        for look in map(legend.__getitem__, order)
    ]
    # A blank before each name: matplotlib leaves out those that begin with an underscore.
    figure.legend(
        marks, [f" {short(name, letters)}" for name in order], loc="upper left", ncols=columns,
        bbox_to_anchor=(0, 1 - LINE * bool(above) / height), frameon=False, fontsize=10,
        borderaxespad=0, borderpad=0.2, handlelength=1, handletextpad=0.2, labelspacing=0.5,
    )  # fmt: skip


def left_out(panels: int, what: str, seeds: int) -> str:
    """What a caption says of scales, and of what is not drawn. what: a panel is of, in plural."""
    parts = [" Each panel has its own scale."] if panels > 1 else []
    if panels > PANELS:
        parts.append(f" The first {PANELS} of {panels} {what} are shown.")
    if seeds > SEEDS:
        parts.append(f" The first {SEEDS} of {seeds} seeds are drawn one by one.")
    return "".join(parts)
