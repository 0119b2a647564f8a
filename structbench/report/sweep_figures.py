"""The figures of a sweep: curves with each seed, leads, worth against error, training loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from structbench import statistics as st
from structbench.report.plates import (
    PANELS,
    RULE,
    SEEDS,
    STEPS,
    CaptionedFigure,
    Look,
    end_labels,
    looks,
)
from structbench.report.sweep_grids import images_text
from structbench.report.sweep_panels import is_size, left_out, log_axis, log_end_labels, panels
from structbench.report.text import percent, points
from structbench.report.worth_figure import worth_figure, worth_lines
from structbench.results.sweep import Curves, Line, Sweep, axis_curves, strength_curves


def sweep_figures(sweep: Sweep) -> dict[str, Figure]:
    """All figures that this sweep has something for."""
    along = axis_curves(sweep)
    shown = [c for c in (*along, *strength_curves(sweep)) if len(c.points) > 1 or c.strength]
    drawn: dict[str, Figure] = {"curves": curves_figure(sweep, shown)} if shown else {}
    if shown and sweep.pairs:
        drawn["differences"] = differences_figure(sweep, shown)
    if lines := [(c, worths) for c in along if (worths := worth_lines(sweep, c))]:
        drawn["worth"] = worth_figure(sweep, lines)
    if losses := [c for c in along if len(c.points) > 1 and c.condition == sweep.conditions[0]]:
        drawn["training_loss"] = loss_figure(sweep, losses)
    return drawn


def curves_figure(sweep: Sweep, shown: Sequence[Curves]) -> CaptionedFigure:
    """Misclassification along the axis: each seed, the mean and its interval."""
    look = looks(sweep.models)
    least = 50 / sweep.points[0].comparison.examples  # half an image, in per cent

    def draw(axes: Axes, curves: Curves) -> None:
        ends, log = {}, is_size(curves)
        for name, line in curves.lines.items():
            _curve(axes, line, look[name], least if log else 0.0)
            ends[name] = max(100 * line.found[-1].mean, least if log else 0.0)
        if log:
            log_axis(axes.yaxis, " %")
            low, high = axes.get_ylim()
            log_end_labels(axes, ends, look, low, high)
        else:
            axes.set_ylim(0, max(1e-9, axes.get_ylim()[1]))
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
            axes.yaxis.set_major_formatter("{x:g} %")
            end_labels(axes, ends, look, 0.075 * axes.get_ylim()[1])

    plate = panels(sweep, shown, draw, "misclassified")
    interval = shown[0].lines[sweep.models[0]].found[0].interval
    several = sweep.seeds > 1
    of = f"the bar the mean's {interval.label}" if several else f"bar: {interval.label}"
    plate.caption = (
        f"Share of {images_text(sweep)} misclassified. "
        + ("Small marks: each seed; the line joins their means, " if several else "One seed; ")
        + f"{of}."
        + (" Logarithmic on both axes." if is_size(shown[0]) else "")
        + left_out(sweep, shown)
    )  # fmt: skip
    plate.alt = " ".join(
        f"{curves.title}: "
        + "; ".join(
            f"{name} {percent(line.found[0].mean)} to {percent(line.found[-1].mean)}"
            for name, line in curves.lines.items()
        )
        + "."
        for curves in shown[:PANELS]
    )
    return plate


def _curve(axes: Axes, line: Line, look: Look, least: float) -> None:
    for x, found in zip(line.x, line.found, strict=True):
        shares = np.maximum(100 * np.array(found.by_seed[:SEEDS]), least)
        axes.plot(
            np.full(len(shares), x), shares, look.marker, color=look.colour, ms=3.5, mew=0,
            alpha=0.5, clip_on=False,
        )  # fmt: skip
        limits = np.maximum((100 * found.interval.low, 100 * found.interval.high), least)
        axes.plot((x, x), limits, color=look.colour, lw=1.8, alpha=0.8)
    means = [max(100 * found.mean, least) for found in line.found]
    axes.plot(line.x, means, color=look.colour, lw=1.4)


def differences_figure(sweep: Sweep, shown: Sequence[Curves]) -> CaptionedFigure:
    """Each model minus the baseline along the axis, with its interval."""
    look = looks(sweep.models)

    def draw(axes: Axes, curves: Curves) -> None:
        axes.axhline(0, color=RULE, lw=1.2)
        ends = {}
        for model, _ in sweep.pairs:
            found = _differences(curves, model, sweep)
            x = curves.lines[model].x
            for place, interval in zip(x, found, strict=True):
                limits = (100 * interval.low, 100 * interval.high)
                axes.plot((place, place), limits, color=look[model].colour, lw=1.8, alpha=0.8)
            estimates = [100 * interval.estimate for interval in found]
            axes.plot(
                x,
                estimates,
                look[model].marker + "-",
                color=look[model].colour,
                lw=1.4,
                ms=5,
                mew=0,
            )
            ends[model] = estimates[-1]
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
        axes.yaxis.set_major_formatter(FuncFormatter(_signed))
        low, high = axes.get_ylim()
        twin = axes.twinx()
        twin.set_ylim(0, 1)
        twin.set_axis_off()
        end_labels(twin, {m: (e - low) / (high - low) for m, e in ends.items()}, look, 0.075)

    above = f"misclassified minus {sweep.baseline}'s, in percentage points"
    plate = panels(sweep, shown, draw, above)
    label = _differences(shown[0], sweep.pairs[0][0], sweep)[0].label
    plate.caption = (
        f"Misclassification minus that of {sweep.baseline}, paired by seed; below 0 the model errs "
        f"less. Bars: {label}, each point by itself.{left_out(sweep, shown)}"
    )
    plate.alt = " ".join(
        f"{curves.title}: {model} − {base} from {points(ends[0].estimate)} to "
        f"{points(ends[-1].estimate)} points."
        for curves in shown[:PANELS]
        for model, base in sweep.pairs
        for ends in [_differences(curves, model, sweep)]
    )
    return plate


def _signed(value: float, _: object) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def _differences(curves: Curves, model: str, sweep: Sweep) -> list[st.Interval]:
    """At each place of the curve."""
    if curves.strength:
        places = [(curves.points[0], c) for c in sweep.strengths[curves.strength].conditions]
    else:
        places = [(point, curves.condition) for point in curves.points]
    return [
        next(
            d.interval
            for d in point.comparison.differences
            if (d.model, d.condition) == (model, condition)
        )
        for point, condition in places
    ]


def loss_figure(sweep: Sweep, shown: Sequence[Curves]) -> CaptionedFigure:
    """Training loss along the axis: whether every network had learned its examples."""
    look = looks(sweep.models)

    def draw(axes: Axes, curves: Curves) -> None:
        ends = {}
        for name, line in curves.lines.items():
            losses = [point.comparison.models[name].train_loss for point in curves.points]
            for x, loss in zip(line.x, losses, strict=True):
                seen = np.array(loss.by_seed[:SEEDS])
                axes.plot(
                    np.full(len(seen), x),
                    seen,
                    look[name].marker,
                    color=look[name].colour,
                    ms=3.5,
                    mew=0,
                    alpha=0.5,
                )
            axes.plot(line.x, [loss.mean for loss in losses], color=look[name].colour, lw=1.4)
            ends[name] = losses[-1].mean
        log_axis(axes.yaxis)
        low, high = axes.get_ylim()
        log_end_labels(axes, ends, look, low, high)

    plate = panels(sweep, shown, draw, "training loss", lambda curves: curves.place)
    plate.caption = (
        "Mean cross-entropy over the training examples in the pass whose weights are kept, each "
        "as it was learned from; small marks: each seed, the line joins their means."
        + left_out(sweep, shown)
    )
    plate.alt = "Training loss along the axis; the table has its values."
    return plate
