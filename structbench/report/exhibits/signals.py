"""Signals, and the weights that read them, as lines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from structbench.report.exhibits.drawing import Drawing, Grids
from structbench.report.figures.style import INK, RULE

# Weights stand in rows of so many; how high each is, and how far from the next, in its widths.
TILES, HIGH, GAP = 4, 0.5, 0.09
# So much of their range is left free above and beneath.
MARGIN = 0.08
LINE: Mapping[str, Any] = {"color": INK, "lw": 1, "clip_on": False}


def draw_signal(axes: Axes, signal: NDArray[np.float32], shown: Grids) -> None:
    """[channels, length], a line for each channel, with as much room as all that are shown need."""
    seen = shown[np.isfinite(shown)]
    low, high = (min(0.0, float(seen.min())), max(0.0, float(seen.max()))) if len(seen) else (0, 0)
    pad = MARGIN * (high - low) or 1.0
    axes.axhline(0, color=RULE, lw=0.7)
    for channel in signal:
        axes.plot(channel, **LINE)
    axes.set_xlim(-0.5, signal.shape[1] - 0.5)
    axes.set_ylim(low - pad, high + pad)


def draw_weights(axes: Axes, weights: Grids) -> None:
    """A line for each filter, framed as a signal is, around its own 0, all on one scale."""
    first = weights[:, 0]
    scaled = first / max(float(np.abs(first).max()), 1e-12) * (1 - MARGIN) * HIGH / 2
    for i, line in enumerate(scaled):
        left, middle = i % TILES * (1 + GAP), -(i // TILES) * (HIGH + GAP)
        corner = (left, middle - HIGH / 2)
        axes.add_patch(Rectangle(corner, 1, HIGH, fill=False, edgecolor=RULE, lw=0.8))
        axes.plot((left, left + 1), (middle, middle), color=RULE, lw=0.7)
        ends = 0.5 / len(line)  # a place's middle is so far from the frame
        axes.plot(np.linspace(left + ends, left + 1 - ends, len(line)), middle + line, **LINE)
    width, height = _extent(weights)
    axes.set(xlim=(0, width), ylim=(HIGH / 2 - height, HIGH / 2))
    axes.set_box_aspect(height / width)


def flatness(weights: Grids) -> float:
    """Height over width of what is drawn."""
    width, height = _extent(weights)
    return height / width


def _extent(weights: Grids) -> tuple[float, float]:
    """Width and height of all rows, in widths of one filter."""
    rows = -(-len(weights) // TILES)
    return TILES * (1 + GAP) - GAP, rows * (HIGH + GAP) - GAP


def _channels(number: int) -> str:
    return f"Of {number} channels the first is shown." if number > 1 else ""


SIGNALS = Drawing(
    draw_signal,
    draw_weights,
    flatness,
    columns=3,
    width=1.62,
    height=0.8,
    one="signal",
    place="position",
    scale="All are on one scale; the thin line is 0.",
    mark="a line",
    signs="The thin line is 0",
    channels=_channels,
)
