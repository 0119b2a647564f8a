"""What a sweep measured along its axes: a panel for each of its curves, a line for each model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from structbench.report.figures.axes import (
    SHARE,
    bar,
    end_labels,
    linear_ticks,
    log_ticks,
    measured_ticks,
    share_span,
    span,
)
from structbench.report.figures.grid import Panel, left_out, names_at_ends, panels
from structbench.report.figures.style import (
    PANELS,
    RULE,
    SEEDS,
    CaptionedFigure,
    Look,
    looks,
    room_for,
)
from structbench.report.places import examples_text
from structbench.report.text import percent, points
from structbench.results.comparison import BySeed, Difference
from structbench.results.sweep import SIZES, Curves, Sweep, axis_curves, strength_curves
from structbench.statistics import Interval


@dataclass(frozen=True)
class Place:
    """What a line passes: each seed, the mean, and the ends of its bar, if it has one."""

    x: float
    seeds: Sequence[float]
    mean: float
    bar: tuple[float, float] | None = None


Drawn = dict[str, list[Place]]
Limits = Callable[[Sequence[float], Sequence[float]], tuple[float, float]]


def curves(sweep: Sweep) -> CaptionedFigure | None:
    """Misclassification along each axis and strength; None where there is only one point."""
    shown = _shown(sweep)
    if not shown:
        return None
    log = [is_size(of) for of in shown]
    places = [_shares(of, 50 / sweep.points[0].comparison.examples) for of in shown]
    figure = lines_figure(sweep, shown, places, "misclassified", log, share_span, " %")
    interval = shown[0].lines[sweep.models[0]].found[0].interval
    marks = "Small marks are single seeds; the line joins their means, the bar is the mean's "
    figure.caption = (
        f"Share of {examples_text(sweep)} misclassified. "
        f"{marks if sweep.seeds > 1 else 'One seed; the bar is its '}{interval.label}; an "
        "arrowhead marks a bar that goes on."
        + (" Both axes are logarithmic." if log[0] else "")
        + left_out(len(shown), "panels", sweep.seeds)
    )
    figure.alt = " ".join(
        f"{of.title}: "
        + "; ".join(
            f"{name} {percent(line.found[0].mean)} to {percent(line.found[-1].mean)}"
            for name, line in of.lines.items()
        )
        + "."
        for of in shown[:PANELS]
    )
    return figure


def _shown(sweep: Sweep) -> list[Curves]:
    along = (*axis_curves(sweep), *strength_curves(sweep))
    return [of for of in along if len(of.points) > 1 or of.strength]


def is_size(of: Curves) -> bool:
    """Whether the curves are along a size, and are drawn on log-log axes."""
    return of.axis in SIZES.values()


def _shares(of: Curves, half: float) -> Drawn:
    """In per cent; half: half an example, which none stands for on a log axis."""
    least = half if is_size(of) else 0.0

    def place(x: float, found: BySeed, interval: Interval) -> Place:
        ends = np.clip((100 * interval.low, 100 * interval.high), *SHARE)
        seeds = [max(100 * share, least) for share in found.by_seed]
        return Place(x, seeds, max(100 * found.mean, least), (ends[0], ends[1]))

    return {
        name: [place(x, f, f.interval) for x, f in zip(line.x, line.found, strict=True)]
        for name, line in of.lines.items()
    }


def differences(sweep: Sweep) -> CaptionedFigure | None:
    """Each model minus the baseline along the axis; None where there is nothing to compare."""
    shown = _shown(sweep)
    if not shown or not sweep.pairs:
        return None
    above = f"misclassified minus {sweep.baseline}'s, in percentage points"
    places = [_leads(of, sweep) for of in shown]
    figure = lines_figure(sweep, shown, places, above, [False] * len(shown), _around_zero, "")
    label = _at_places(shown[0], sweep.pairs[0][0], sweep)[0].interval.label
    figure.caption = (
        f"Misclassification minus that of {sweep.baseline}, paired by seed; below 0 the model "
        f"misclassifies less. The bar at each point is its {label}; an arrowhead marks a bar that "
        f"goes on.{left_out(len(shown), 'panels', sweep.seeds)}"
    )
    figure.alt = " ".join(
        f"{of.title}: {model} − {base} from {points(ends[0].estimate)} to "
        f"{points(ends[-1].estimate)} points."
        for of in shown[:PANELS]
        for model, base in sweep.pairs
        for ends in [_at_places(of, model, sweep)]
    )
    return figure


def _around_zero(shown: Sequence[float], bars: Sequence[float]) -> tuple[float, float]:
    return span([*shown, 0.0], bars)


def _leads(of: Curves, sweep: Sweep) -> Drawn:
    return {
        model: [
            Place(x, (), 100 * d.estimate, (100 * d.interval.low, 100 * d.interval.high))
            for x, d in zip(of.lines[model].x, _at_places(of, model, sweep), strict=True)
        ]
        for model, _ in sweep.pairs
    }


def _at_places(of: Curves, model: str, sweep: Sweep) -> list[Difference]:
    """The model's difference from the baseline at each place of its curve."""
    if of.strength:
        places = [(of.points[0], c) for c in sweep.strengths[of.strength].conditions]
    else:
        places = [(point, of.condition) for point in of.points]
    return [
        next(
            d for d in point.comparison.differences if (d.model, d.condition) == (model, condition)
        )
        for point, condition in places
    ]


def loss_along(sweep: Sweep) -> CaptionedFigure | None:
    """Training loss along the axis: whether every network had learned its examples."""
    first = sweep.conditions[0]
    shown = [of for of in axis_curves(sweep) if len(of.points) > 1 and of.condition == first]
    if not shown:
        return None
    places = [
        {
            name: [
                Place(x, loss.by_seed, loss.mean)
                for x, point in zip(line.x, of.points, strict=True)
                for loss in [point.comparison.models[name].train_loss]
            ]
            for name, line in of.lines.items()
        }
        for of in shown
    ]
    positive = all(p.mean > 0 and min(p.seeds) > 0 for d in places for at in d.values() for p in at)
    figure = lines_figure(
        sweep, shown, places, "training loss", [positive] * len(shown), span, "",
        title=lambda of: of.place,
    )  # fmt: skip
    figure.caption = (
        "Mean cross-entropy over the training examples in the pass whose weights are kept, each "
        "as it was learned from; small marks are single seeds, the line joins their means."
        + left_out(len(shown), "panels", sweep.seeds)
    )
    figure.alt = "Training loss along the axis; the table has its values."
    return figure


def lines_figure(
    sweep: Sweep, shown: Sequence[Curves], places: Sequence[Drawn], above: str,
    log: Sequence[bool], limits: Limits, unit: str,
    title: Callable[[Curves], str] = lambda of: of.title,
) -> CaptionedFigure:  # fmt: skip
    """A panel for each of the curves. log: whether the panel's axis of y is logarithmic"""
    names, shown = list(places[0]), shown[:PANELS]
    look = {name: found for name, found in looks(sweep.models).items() if name in names}
    at_ends = names_at_ends(names, len(shown))

    def draw(axes: Axes, i: int) -> None:
        x_axis(axes, shown[i])
        every = [place for line in places[i].values() for place in line]
        seen = [y for place in every for y in (*place.seeds, place.mean)]
        bars = [y for place in every for y in place.bar or ()]
        axes.set_ylim(span(seen, bars, (0, SHARE[1]), log=True) if log[i] else limits(seen, bars))
        log_ticks(axes.yaxis, unit) if log[i] else linear_ticks(axes.yaxis, unit, not unit)
        axes.axhline(0, color=RULE, lw=1.4)
        for number, (name, line) in enumerate(places[i].items()):
            _line(axes, line, look[name], number - (len(names) - 1) / 2)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        if at_ends:
            end_labels(axes, {name: line[-1].mean for name, line in places[i].items()}, look)

    return panels(
        list(map(title, shown)), lines_panel(names, at_ends), draw, above, {} if at_ends else look
    )


def lines_panel(names: Sequence[str], at_ends: bool) -> Panel:
    """Room for lines, and for names at their ends."""
    right = 0.2 + room_for(names, 14) if at_ends else 0.25
    return Panel(height=2.3 if at_ends else 1.9, left=0.65, right=right, bottom=0.62)


def x_axis(axes: Axes, of: Curves) -> None:
    """Limits, scale and ticks from what was measured."""
    measured = sorted({x for line in of.lines.values() for x in line.x})
    axes.set_xlabel(of.axis, size=9)
    if of.is_log:
        axes.set_xscale("log")
    axes.set_xlim(span(measured, log=of.is_log))
    labels = {x: of.ticks.get(x, f"{x:,.12g}") for x in measured}
    measured_ticks(axes.xaxis, labels, names=bool(of.ticks))


def _line(axes: Axes, line: Sequence[Place], look: Look, number: float) -> None:
    """number: of the model from the middle; bars at one place stand beside each other."""
    aside = ScaledTranslation(2.4 * number / 72, 0, axes.figure.dpi_scale_trans)
    place_of = axes.transData + aside
    for place in line:
        axes.plot(
            [place.x] * len(place.seeds[:SEEDS]), place.seeds[:SEEDS], look.marker,
            color=look.colour, ms=3.5, mew=0, alpha=0.5, clip_on=False, transform=place_of,
        )  # fmt: skip
        if place.bar:
            bar(axes, place.x, place.bar, look.colour, upright=True, place=place_of)
    axes.plot(
        [place.x for place in line], [place.mean for place in line],
        "-" if line[0].seeds else f"{look.marker}-", color=look.colour, lw=1.4, ms=5, mew=0,
        transform=place_of,
    )  # fmt: skip
