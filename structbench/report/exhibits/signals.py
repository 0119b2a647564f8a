"""Signals as lines on one scale, and the weights that read them as bars."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.report.exhibits.drawing import Drawing, Grids
from structbench.report.figures.style import INK, MUTED, RULE, SERIES

# Weights stand in rows of so many, each so high and the row so far from the next, in widths.
TILES, HIGH, GAP = 4, 0.5, 0.12
# So much of the range of all signals is left free above and beneath.
MARGIN = 0.08


def draw_signal(axes: Axes, signal: NDArray[np.float32], shown: Grids) -> None:
    """[channels, length], a line for each channel, with as much room as all that are shown need."""
    seen = shown[np.isfinite(shown)]
    low, high = (min(0.0, float(seen.min())), max(0.0, float(seen.max()))) if len(seen) else (0, 0)
    pad = MARGIN * (high - low) or 1.0
    axes.axhline(0, color=RULE, lw=0.7)
    for i, channel in enumerate(signal):
        axes.plot(channel, color=MUTED if i else INK, lw=1.2)
    axes.set_xlim(-0.5, signal.shape[1] - 0.5)
    axes.set_ylim(low - pad, high + pad)


def draw_weights(axes: Axes, weights: Grids) -> None:
    """A row of bars for each filter, upwards or downwards from its own line, all on one scale."""
    first = weights[:, 0]
    scaled = first / max(float(np.abs(first).max()), 1e-12) * HIGH / 2
    for i, bars in enumerate(scaled):
        left, middle = i % TILES * (1 + GAP), -(i // TILES) * (HIGH + GAP)
        edges = np.linspace(left, left + 1, len(bars) + 1)
        axes.plot((left, left + 1), (middle, middle), color=RULE, lw=0.7)
        style: dict[str, Any] = {"baseline": middle, "fill": True, "lw": 0}
        axes.stairs(middle + bars.clip(min=0), edges, color=SERIES[1], **style)
        axes.stairs(middle + bars.clip(max=0), edges, color=SERIES[0], **style)
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
    scale="All are drawn on one scale, around 0.",
    mark="a row of bars",
    signs="Orange is positive, blue negative",
    channels=_channels,
)
