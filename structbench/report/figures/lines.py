"""Lines: what a sweep measured along its axes, and training loss against the epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.report.figures.along import Along, along
from structbench.report.figures.axes import (
    LEADS,
    LOG_LOSSES,
    LOG_SHARES,
    LOSSES,
    SHARES,
    Scale,
    dress,
    measured,
)
from structbench.report.figures.grid import left_out, panels
from structbench.report.figures.marks import GOES_ON, Marks, lead, loss, share
from structbench.report.figures.style import (
    PANELS,
    SEEDS,
    CaptionedFigure,
    looks,
)
from structbench.report.places import (
    NO_INTERVALS,
    Found,
    has_several_seeds,
    label,
    learned,
    loss_text,
    tested,
)
from structbench.report.text import capital, percent, points
from structbench.results.comparison import Comparison
from structbench.results.sweep import Curves, Sweep, axis_curves, strength_curves
from structbench.statistics import Interval

# Up to so many epochs each has a mark and a tick; of more, every second, fifth or tenth a tick.
MARKED = 10

Losses = Mapping[str, Sequence[NDArray[np.float64]]]


def _shown(sweep: Sweep) -> list[Curves]:
    along = (*axis_curves(sweep), *strength_curves(sweep))
    return [of for of in along if len(of.points) > 1 or of.strength]


def is_size(of: Curves) -> bool:
    """Whether the curves are along a size, and are drawn on log-log axes."""
    return of.is_size


def curves(sweep: Sweep) -> CaptionedFigure | None:
    """Misclassification along each axis and strength; None where there is only one point."""
    if not (shown := _shown(sweep)):
        return None
    half = 50 / sweep.points[0].comparison.examples  # an example, in per cent
    lines = [
        {
            name: [share(found, half if is_size(of) else 0) for found in line.found]
            for name, line in of.lines.items()
        }
        for of in shown
    ]
    figure = _lines(
        sweep,
        shown,
        lines,
        "misclassified",
        [LOG_SHARES if is_size(of) else SHARES for of in shown],
    )
    intervals = [x.interval for of in shown for line in of.lines.values() for x in line.found]
    figure.caption = (
        f"Share of the {tested(sweep)} misclassified. {marks_text(sweep, intervals)}"
        + (f" Along {shown[0].axis} both axes are logarithmic." if is_size(shown[0]) else "")
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


def marks_text(found: Found, intervals: Sequence[Interval | None]) -> str:
    """What a caption says of the marks of lines."""
    told = label(found, intervals)
    if not told:
        return f"One seed; {NO_INTERVALS}."
    several = "Small marks are single seeds; the line joins their means, the bar is the mean's"
    return (
        f"{several if has_several_seeds(found) else 'One seed; the bar is its'} {told}. {GOES_ON}"
    )


def differences(sweep: Sweep) -> CaptionedFigure | None:
    """Each model minus the baseline along the axis; None where there is nothing to compare."""
    shown = _shown(sweep)
    if not shown or not sweep.pairs:
        return None
    lines = [
        {name: [_lead(name, *place) for place in _places(of, sweep)] for name, _ in sweep.pairs}
        for of in shown
    ]
    above = f"misclassified minus {sweep.baseline}'s, in percentage points"
    figure = _lines(sweep, shown, lines, above, [LEADS] * len(shown))
    intervals = [d.interval for point in sweep.points for d in point.comparison.differences]
    told = label(sweep, intervals)
    bars = f"the bar at each point is the {told}. {GOES_ON}" if told else f"{NO_INTERVALS}."
    figure.caption = (
        f"Misclassification minus that of {sweep.baseline}, paired by seed; below 0 the model "
        f"errs less. Small marks are single seeds; {bars}"
        f"{left_out(len(shown), 'panels', sweep.seeds)}"
    )
    figure.alt = " ".join(
        f"{of.title}: {model} − {sweep.baseline} from {points(line[0].mean / 100)} to "
        f"{points(line[-1].mean / 100)} points."
        for of, found in list(zip(shown, lines, strict=True))[:PANELS]
        for model, line in found.items()
    )
    return figure


def _places(of: Curves, sweep: Sweep) -> list[tuple[Comparison, str]]:
    """For each place of the curves the comparison and the condition."""
    if of.strength:
        conditions = sweep.strengths[of.strength].conditions
        return [(of.points[0].comparison, condition) for condition in conditions]
    return [(point.comparison, of.condition) for point in of.points]


def _lead(model: str, comparison: Comparison, condition: str) -> Marks:
    found = (d for d in comparison.differences if (d.model, d.condition) == (model, condition))
    return lead(next(found), comparison)


def loss_along(sweep: Sweep) -> CaptionedFigure | None:
    """Training loss along the axis: whether every network had learned its examples."""
    first = sweep.conditions[0]
    shown = [of for of in axis_curves(sweep) if len(of.points) > 1 and of.condition == first]
    if not shown:
        return None
    lines = [
        {name: [loss(p.comparison.models[name]) for p in of.points] for name in of.lines}
        for of in shown
    ]
    figure = _lines(sweep, shown, lines, "training loss", [LOG_LOSSES] * len(shown))
    figure.caption = (
        f"{capital(loss_text(sweep))} over the {learned(sweep)} in the pass whose weights are "
        "kept, each as it was learned from; small marks are single seeds, the line joins their "
        "means." + left_out(len(shown), "panels", sweep.seeds)
    )
    figure.alt = "Training loss along the axis; the table has its values."
    return figure


def training_loss(comparison: Comparison, losses: Losses) -> CaptionedFigure:
    """Loss against epoch, a line for each seed. losses: model → for each seed [epochs]"""
    look, n = looks(list(comparison.models)), len(comparison.seeds)
    every = [one for group in losses.values() for one in group]
    epochs = max(map(len, every))
    steps = (step * 10**power for power in range(9) for step in (1, 2, 5))
    step = next(step for step in steps if epochs <= MARKED * step)

    def draw(axes: Axes, _: int) -> None:
        ticks = [e for e in range(1, epochs + 1) if e == 1 or e % step == 0 or e == epochs]
        measured(axes.xaxis, ticks, log=False, names={})
        dress(axes.yaxis, LOSSES, np.concatenate([*every, [0.0]]))
        axes.set_xlabel("epoch", size=9)
        for name, group in losses.items():
            marker = look[name].marker if epochs <= MARKED else ""
            for one in group[:SEEDS]:
                axes.plot(
                    range(1, len(one) + 1), one, color=look[name].colour, lw=1.1, alpha=0.8,
                    marker=marker, ms=3.5, mew=0,
                )  # fmt: skip

    figure = panels([""], draw, height=2.5, above="training loss", legend=look)
    each = f"a thin line for each seed (n = {n})" if n > 1 else f"seed {comparison.seeds[0]}"
    figure.caption = (
        f"{capital(loss_text(comparison))} over the {learned(comparison)} of each epoch, each as "
        f"it was learned from; {each}, a colour for each model.{left_out(1, '', n)}"
    )
    final = ", ".join(f"{m} {found.train_loss.mean:.4f}" for m, found in comparison.models.items())
    figure.alt = f"Training loss by epoch. Of the weights that are kept: {final}."
    return figure


def _lines(
    sweep: Sweep, shown: Sequence[Curves], lines: Sequence[Mapping[str, Sequence[Marks]]],
    above: str, scales: Sequence[Scale],
) -> CaptionedFigure:  # fmt: skip
    found = [
        Along(
            of.place if scales[0] is LOG_LOSSES else of.title,
            of.axis,
            {name: (of.lines[name].x, marks) for name, marks in line.items()},
            scale,
            of.is_log,
            of.ticks,
        )
        for of, line, scale in zip(shown, lines, scales, strict=True)
    ]
    look = {name: found for name, found in looks(sweep.models).items() if name in lines[0]}
    return along(found, look, above)
