"""The figures of a sweep: curves with each seed, leads, worth against error, training loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from structbench import statistics as st
from structbench.findings import worth_curves
from structbench.report.plates import (
    MUTED,
    PANELS,
    RULE,
    SEEDS,
    STEPS,
    WIDTH,
    Look,
    Plate,
    axes_at,
    drawn_plate,
    end_labels,
    looks,
    room_for,
)
from structbench.report.sweep_grids import images_text, worth_name
from structbench.report.text import percent, points
from structbench.sweeps import SIZES, Curves, Line, Sweep, axis_curves, strength_curves

HEIGHT, PITCH = 2.5, 3.5
# Error levels at which the worth is drawn, evenly spaced on the log axis.
WORTH_LEVELS = 60


def sweep_figures(sweep: Sweep) -> dict[str, Figure]:
    """All figures that this sweep has something for."""
    along = axis_curves(sweep)
    shown = [c for c in (*along, *strength_curves(sweep)) if len(c.points) > 1 or c.strength]
    drawn: dict[str, Figure] = {"curves": curves_figure(sweep, shown)} if shown else {}
    if shown and sweep.pairs:
        drawn["differences"] = differences_figure(sweep, shown)
    if lines := [(c, worths) for c in along if (worths := _worth_lines(sweep, c))]:
        drawn["worth"] = worth_figure(sweep, lines)
    if losses := [c for c in along if len(c.points) > 1 and c.condition == sweep.conditions[0]]:
        drawn["training_loss"] = loss_figure(sweep, losses)
    return drawn


def _panels(
    sweep: Sweep,
    shown: Sequence[Curves],
    draw: Callable[[Axes, Curves], None],
    above: str,
    title: Callable[[Curves], str] = lambda curves: curves.title,
) -> Plate:
    """A panel for each of the curves, one under the other."""
    shown, room = shown[:PANELS], room_for(sweep.models, 14)

    def all_panels(plate: Plate) -> None:
        for i, curves in enumerate(shown):
            axes = axes_at(plate, 0.6, i * PITCH + 0.5, WIDTH - 0.95 - room, HEIGHT)
            heading = title(curves)
            axes.set_title(heading, loc="left", size=11, weight="bold", pad=18, x=-0.14)
            axes.annotate(
                above, (-0.14, 1), (0, 5), xycoords="axes fraction", textcoords="offset points",
                size=9, color=MUTED,
            )  # fmt: skip
            draw(axes, curves)
            _x_axis(axes, curves)

    return drawn_plate(WIDTH, PITCH * len(shown), all_panels)


def _x_axis(axes: Axes, curves: Curves) -> None:
    axes.set_xlabel(curves.axis, size=9)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, labelsize=9)
    axes.spines["left"].set_visible(False)
    if curves.ticks:
        axes.set_xticks(list(curves.ticks), list(curves.ticks.values()))
    elif curves.is_log:
        _log_axis(axes.xaxis, subs=(1,))
    else:
        whole = all(float(x).is_integer() for line in curves.lines.values() for x in line.x)
        axes.xaxis.set_major_locator(MaxNLocator(7, steps=STEPS, integer=whole))


def _is_size(curves: Curves) -> bool:
    return curves.axis in SIZES.values()


def _log_axis(axis: Axis, unit: str = "", subs: tuple[int, ...] = (1, 2, 5)) -> None:
    """Labels at 1, 2 and 5 times a power of ten, as plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined]
    axis.set_major_locator(LogLocator(10, subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}{unit}"))
    axis.set_minor_formatter(NullFormatter())


def curves_figure(sweep: Sweep, shown: Sequence[Curves]) -> Plate:
    """Misclassification along the axis: each seed, the mean and its interval."""
    look = looks(sweep.models)
    least = 50 / sweep.points[0].comparison.examples  # half an image, in per cent

    def draw(axes: Axes, curves: Curves) -> None:
        ends, log = {}, _is_size(curves)
        for name, line in curves.lines.items():
            _curve(axes, line, look[name], least if log else 0.0)
            ends[name] = max(100 * line.found[-1].mean, least if log else 0.0)
        if log:
            _log_axis(axes.yaxis, " %")
            low, high = axes.get_ylim()
            _log_end_labels(axes, ends, look, low, high)
        else:
            axes.set_ylim(0, max(1e-9, axes.get_ylim()[1]))
            axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
            axes.yaxis.set_major_formatter("{x:g} %")
            end_labels(axes, ends, look, 0.075 * axes.get_ylim()[1])

    plate = _panels(sweep, shown, draw, "misclassified")
    interval = shown[0].lines[sweep.models[0]].found[0].interval
    several = sweep.seeds > 1
    of = f"the bar the mean's {interval.label}" if several else f"bar: {interval.label}"
    plate.caption = (
        f"Share of {images_text(sweep)} misclassified. "
        + ("Small marks: each seed; the line joins their means, " if several else "One seed; ")
        + f"{of}."
        + (" Logarithmic on both axes." if _is_size(shown[0]) else "")
        + _left_out(sweep, shown)
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


def _left_out(sweep: Sweep, shown: Sequence[Curves]) -> str:
    parts = [" Each panel has its own scale."] if len(shown) > 1 else []
    if len(shown) > PANELS:
        parts.append(f" The first {PANELS} of {len(shown)} panels.")
    if sweep.seeds > SEEDS:
        parts.append(f" Drawn one by one: the first {SEEDS} seeds.")
    return "".join(parts)


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


def _log_end_labels(
    axes: Axes, ends: dict[str, float], look: dict[str, Look], low: float, high: float
) -> None:
    """As end_labels, whose places are on a linear axis: here on an own one from 0 to 1."""
    span = np.log(high / low)
    twin = axes.twinx()
    twin.set_ylim(0, 1)
    twin.set_axis_off()
    places = {name: float(np.log(value / low) / span) for name, value in ends.items()}
    end_labels(twin, places, look, 0.075)


def differences_figure(sweep: Sweep, shown: Sequence[Curves]) -> Plate:
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
    plate = _panels(sweep, shown, draw, above)
    label = _differences(shown[0], sweep.pairs[0][0], sweep)[0].label
    plate.caption = (
        f"Misclassification minus that of {sweep.baseline}, paired by seed; below 0 the model errs "
        f"less. Bars: {label}, each point by itself.{_left_out(sweep, shown)}"
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


Worths = dict[str, list[st.Worth]]


def _worth_lines(sweep: Sweep, curves: Curves) -> Worths:
    """Model → its worth at levels that both curves of every seed reach."""
    if not _is_size(curves):
        return {}
    found = {}
    for model, baseline in sweep.pairs:
        both = worth_curves(
            curves.lines[model], curves.lines[baseline], curves.points[0].comparison.examples
        )
        if not both:
            continue
        low = max(curve.common[0] for curve in both)
        high = min(curve.common[1] for curve in both)
        if low >= high:
            continue
        # A hair inside, where rounding cannot put a level beyond what was measured.
        levels = np.geomspace(low * (1 + 1e-9), high * (1 - 1e-9), WORTH_LEVELS)
        found[model] = [w for level in levels if (w := st.worth(*both, float(level)))]
    return found


def worth_figure(sweep: Sweep, lines: Sequence[tuple[Curves, Worths]]) -> Plate:
    """Worth against the error that both models are to reach."""
    look, worths = looks(sweep.models), {id(curves): found for curves, found in lines}
    shown = [curves for curves, _ in lines]

    def draw(axes: Axes, curves: Curves) -> None:
        axes.axhline(1, color=RULE, lw=1.2)
        for model, found in worths[id(curves)].items():
            x = [100 * worth.level for worth in found]
            limits = [(w.interval.low, w.interval.high) for w in found if w.interval]
            if limits:
                low, high = zip(*limits, strict=True)
                axes.fill_between(x, low, high, color=look[model].colour, alpha=0.18, lw=0)
            axes.plot(x, [w.ratio for w in found], color=look[model].colour, lw=1.8, label=model)
        _log_axis(axes.yaxis, " ×")

    of = shown[0].axis
    plate = drawn_plate(
        WIDTH, PITCH * len(shown[:PANELS]), lambda plate: _worth_panels(plate, shown, draw, of)
    )
    first = next(iter(worths[id(shown[0])].values()))[0]
    band = f"; the band is the {first.interval.label} at each level" if first.interval else ""
    over = f"{first.sample}"
    plate.caption = (
        f"{worth_name(of).capitalize()}: how many times as many {of} {sweep.baseline} needs as "
        f"{' and '.join(model for model, _ in sweep.pairs)} for the same misclassification, "
        f"geometric mean over {over}{band}. Drawn where both are within the "
        f"measured sizes for every seed.{_left_out(sweep, shown)}"
    )
    plate.alt = (
        f"{worth_name(of).capitalize()} against misclassification; the table has its values."
    )
    return plate


def _worth_panels(
    plate: Plate, shown: Sequence[Curves], draw: Callable[[Axes, Curves], None], of: str
) -> None:
    for i, curves in enumerate(shown[:PANELS]):
        axes = axes_at(plate, 0.6, i * PITCH + 0.5, WIDTH - 0.95, HEIGHT)
        axes.set_title(curves.title, loc="left", size=11, weight="bold", pad=18, x=-0.1)
        axes.annotate(
            f"ratio of {of}", (-0.1, 1), (0, 5), xycoords="axes fraction",
            textcoords="offset points", size=9, color=MUTED,
        )  # fmt: skip
        draw(axes, curves)
        _log_axis(axes.xaxis, " %")
        axes.invert_xaxis()
        axes.set_xlabel("misclassification that both reach", size=9)
        axes.grid(axis="y")
        axes.tick_params(which="both", length=0, labelsize=9)
        axes.spines["left"].set_visible(False)


def loss_figure(sweep: Sweep, shown: Sequence[Curves]) -> Plate:
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
        _log_axis(axes.yaxis)
        low, high = axes.get_ylim()
        _log_end_labels(axes, ends, look, low, high)

    plate = _panels(sweep, shown, draw, "training loss", lambda curves: curves.place)
    plate.caption = (
        "Mean cross-entropy over the training examples in the pass whose weights are kept, each "
        "as it was learned from; small marks: each seed, the line joins their means."
        + _left_out(sweep, shown)
    )
    plate.alt = "Training loss along the axis; the table has its values."
    return plate
