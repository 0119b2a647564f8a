"""Some images or signals of each class, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.data.grids import unit_range
from structbench.report.figures.style import (
    INK,
    MUTED,
    PAGE,
    RULE,
    SERIES,
    CaptionedFigure,
    axes_at,
    drawn_figure,
    room_for,
    short,
)
from structbench.report.own_data.choice import largest, spread
from structbench.report.own_data.seen import Seen
from structbench.report.text import counted

# So many classes are shown, and so many rows of few; letters of a class's name.
CLASSES, ROWS, LETTERS = 30, 6, 18
# Dots of an image's longer side, at most twice and at least half as many.
DOTS = 96
# A signal is drawn with so many points.
POINTS = 240


@dataclass(frozen=True)
class Sheet:
    """Which examples are shown, and in what room. A tile is 1 wide.

    rows: of each the class, and the examples; columns: tiles in a row; flat: a tile's height
    """

    one: str
    columns: int
    flat: float
    rows: Sequence[tuple[int, Sequence[int]]]


def image_sheet(seen: Seen) -> CaptionedFigure:
    """Up to ten images of each class."""
    height, width = seen.read.grids.shape[2:]
    flat = float(np.clip(height / width, 0.3, 2.0))
    return _drawn(seen, _chosen(seen, "image", 10, flat), _draw_image)


def signal_sheet(seen: Seen) -> CaptionedFigure:
    """Up to five signals of each class, on one scale."""
    return _drawn(seen, _chosen(seen, "signal", 5, 0.42), _signals(seen.read.grids))


def _chosen(seen: Seen, one: str, columns: int, flat: float) -> Sheet:
    labels: Any = seen.labels
    classes = largest([of.examples for of in seen.classes], CLASSES)
    rows: list[tuple[int, Sequence[int]]] = []
    for of_class in classes:
        members = np.flatnonzero(labels == of_class)
        shown = members[spread(len(members), columns * max(1, ROWS // len(classes)))].tolist()
        rows += [(of_class, shown[i : i + columns]) for i in range(0, len(shown), columns)]
    return Sheet(one, columns, flat, rows)


Draw = Callable[[Axes, NDArray[Any], float, float, float], None]
"""Axes, the example, where its tile begins (left and top), how high it is."""


def _drawn(seen: Seen, sheet: Sheet, tile: Draw) -> CaptionedFigure:
    gap = 0.08
    names = room_for([of.name for of in seen.classes] + ["00,000 to test"], LETTERS)
    size = (PAGE - names) / (sheet.columns * (1 + gap))
    pitch = sheet.flat + 1.6 * gap

    def draw(figure: CaptionedFigure) -> None:
        axes = axes_at(figure, names, 0, PAGE - names, size * pitch * len(sheet.rows))
        before = None
        for row, (of_class, examples) in enumerate(sheet.rows):
            for column, example in enumerate(examples):
                left, top = column * (1 + gap), -row * pitch
                tile(axes, seen.read.grids[example], left, top, sheet.flat)
                if seen.uses.tested[example]:
                    under = top - sheet.flat - 0.4 * gap
                    axes.plot((left, left + 1), (under, under), color=SERIES[1], lw=1.6)
            if of_class != before:
                _name(figure, seen, of_class, row * pitch * size)
            before = of_class
        axes.set(xlim=(-0.01, (1 + gap) * sheet.columns), ylim=(-len(sheet.rows) * pitch, 0.01))
        axes.set_aspect("auto")
        axes.set_axis_off()

    figure = drawn_figure(PAGE, size * pitch * len(sheet.rows), draw)
    figure.caption = _caption(seen, sheet)
    figure.alt = f"Some {sheet.one}s of {counted(len(seen.classes), 'class')}."
    return figure


def _name(figure: CaptionedFigure, seen: Seen, of_class: int, top: float) -> None:
    """What a class is called, and how many examples it has. top: in inches"""
    height, (name, examples, _, test) = figure.get_figheight(), seen.classes[of_class]
    for down, text, more in (
        (0.08, short(name, LETTERS), {"size": 9, "weight": "bold", "color": INK}),
        (0.24, f"{examples:,}, {test:,} to test", {"size": 7.5, "color": MUTED}),
    ):
        figure.text(0.005, 1 - (top + down) / height, text, va="center", **more)  # type: ignore[arg-type]


def _caption(seen: Seen, sheet: Sheet) -> str:
    classes, shown = len(seen.classes), len({of_class for of_class, _ in sheet.rows})
    parts = (
        f"{sheet.one.capitalize()}s of each class, evenly spread over its "
        f"{sheet.one}s in their order; those that are tested are underlined.",
        f"The {shown} largest of {classes:,} classes." * (shown < classes),
        "All are on one scale; the thin line is 0." * (sheet.one == "signal"),
    )
    return " ".join(filter(None, parts))


def _draw_image(axes: Axes, image: NDArray[Any], left: float, top: float, flat: float) -> None:
    """[channels, height, width], as large as its tile allows."""
    seen = of_dots(unit_range(image).clip(0, 1))
    high, wide = seen.shape[1:]
    height = min(flat, high / wide)
    width = height * wide / high
    across, down = left + (1 - width) / 2, top - (flat - height) / 2
    colours = seen.transpose(1, 2, 0) if len(seen) == 3 else seen[0]
    box = (across, across + width, down - height, down)
    axes.imshow(colours, cmap="gray", vmin=0, vmax=1, interpolation="none", extent=box)
    axes.plot(
        (box[0], box[1], box[1], box[0], box[0]), (box[2], box[2], box[3], box[3], box[2]),
        color=RULE, lw=0.6,
    )  # fmt: skip


def of_dots(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """About as many dots as are seen: means of squares, or each dot several times."""
    side = max(image.shape[1:])
    if (step := side // DOTS) > 1 and min(image.shape[1:]) >= step:
        high, wide = (of // step * step for of in image.shape[1:])
        squares = image[:, :high, :wide].reshape(len(image), high // step, step, wide // step, step)
        means: NDArray[np.float32] = squares.mean(axis=(2, 4))
        return means
    times = max(1, DOTS // side)
    return image.repeat(times, axis=1).repeat(times, axis=2)


def _signals(grids: NDArray[Any]) -> Draw:
    """How one of these is drawn: [n, channels, length]."""
    low, high = min(0.0, float(grids.min())), max(0.0, float(grids.max()))
    whole = (high - low) or 1.0

    def draw(axes: Axes, signal: NDArray[Any], left: float, top: float, flat: float) -> None:
        def up(values: Any) -> Any:
            return top - flat + flat * (0.04 + 0.92 * (values - low) / whole)

        axes.plot((left, left + 1), (up(0.0), up(0.0)), color=RULE, lw=0.7)
        for channel, colour in zip(signal, (INK, *SERIES), strict=False):
            seen = of_points(channel)
            axes.plot(left + np.linspace(0.01, 0.99, len(seen)), up(seen), color=colour, lw=0.8)
        axes.plot(
            (left, left + 1, left + 1, left, left), (top, top, top - flat, top - flat, top),
            color=RULE, lw=0.6,
        )  # fmt: skip

    return draw


def of_points(values: NDArray[Any]) -> NDArray[Any]:
    """Of a long signal the lowest and the highest value of each part, by turns: it looks alike."""
    if len(values) <= 2 * POINTS:
        return values
    parts = np.array_split(values, POINTS // 2)
    return np.array([end for part in parts for end in (part.min(), part.max())])
