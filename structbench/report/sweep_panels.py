"""The panels of a sweep's figures: their places, axes and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from structbench.report.plates import (
    MUTED,
    PANELS,
    SEEDS,
    STEPS,
    WIDTH,
    CaptionedFigure,
    Look,
    axes_at,
    drawn_figure,
    end_labels,
    room_for,
)
from structbench.results.sweep import SIZES, Curves, Sweep

HEIGHT, PITCH = 2.5, 3.5


def panels(
    sweep: Sweep,
    shown: Sequence[Curves],
    draw: Callable[[Axes, Curves], None],
    above: str,
    title: Callable[[Curves], str] = lambda curves: curves.title,
    x_axis: Callable[[Axes, Curves], None] | None = None,
) -> CaptionedFigure:
    """A panel for each of the curves, one under the other.

    above: what the other axis is; x_axis: dresses that of x where it is not the curves' own
    """
    x_axis = x_axis or _along
    shown, room = shown[:PANELS], room_for(sweep.models, 14)

    def all_panels(plate: CaptionedFigure) -> None:
        for i, curves in enumerate(shown):
            axes = axes_at(plate, 0.6, i * PITCH + 0.5, WIDTH - 0.95 - room, HEIGHT)
            heading = title(curves)
            axes.set_title(heading, loc="left", size=11, weight="bold", pad=18, x=-0.14)
            axes.annotate(
                above, (-0.14, 1), (0, 5), xycoords="axes fraction", textcoords="offset points",
                size=9, color=MUTED,
            )  # fmt: skip
            draw(axes, curves)
            axes.grid(axis="y")
            axes.set_axisbelow(True)
            axes.spines["left"].set_visible(False)
            x_axis(axes, curves)
            axes.tick_params(which="both", length=0, labelsize=9)

    return drawn_figure(WIDTH, PITCH * len(shown), all_panels)


def _along(axes: Axes, curves: Curves) -> None:
    axes.set_xlabel(curves.axis, size=9)
    if curves.ticks:
        axes.set_xticks(list(curves.ticks), list(curves.ticks.values()))
    elif curves.is_log:
        log_axis(axes.xaxis, subs=(1,))
    else:
        whole = all(float(x).is_integer() for line in curves.lines.values() for x in line.x)
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=STEPS, integer=whole))


def is_size(curves: Curves) -> bool:
    """Whether the curves are along a size, and are drawn on log-log axes."""
    return curves.axis in SIZES.values()


def log_axis(axis: Axis, unit: str = "", subs: tuple[int, ...] = (1, 2, 5)) -> None:
    """Labels at 1, 2 and 5 times a power of ten, as plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined]
    axis.set_major_locator(LogLocator(10, subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}{unit}"))
    axis.set_minor_formatter(NullFormatter())


def left_out(sweep: Sweep, shown: Sequence[Curves]) -> str:
    """What the caption says of scales, and of what does not fit."""
    parts = [" Each panel has its own scale."] if len(shown) > 1 else []
    if len(shown) > PANELS:
        parts.append(f" The first {PANELS} of {len(shown)} panels.")
    if sweep.seeds > SEEDS:
        parts.append(f" Drawn one by one: the first {SEEDS} seeds.")
    return "".join(parts)


def log_end_labels(
    axes: Axes, ends: dict[str, float], look: dict[str, Look], low: float, high: float
) -> None:
    """As end_labels, whose places are on a linear axis: here on an own one from 0 to 1."""
    span = np.log(high / low)
    twin = axes.twinx()
    twin.set_ylim(0, 1)
    twin.set_axis_off()
    places = {name: float(np.log(value / low) / span) for name, value in ends.items()}
    end_labels(twin, places, look, 0.075)
