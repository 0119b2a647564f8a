"""What was found, as marks: each seed, the mean, and a bar for its interval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.transforms import Transform
from numpy.typing import NDArray

from structbench.report.figures.axes import REACH, Scale, dress
from structbench.report.figures.style import SEEDS
from structbench.report.places import NO_INTERVALS, interval_label
from structbench.results.comparison import ComparedModel, Comparison, Difference, Misclassification
from structbench.statistics import Interval

# A loss below this is drawn here: a logarithm needs one above 0.
LEAST_LOSS = 1e-6
GOES_ON = "An arrowhead marks a bar that goes on."


@dataclass(frozen=True)
class Marks:
    """In per cent or percentage points. bar: its two ends, or none"""

    seeds: NDArray[np.float64]
    mean: float
    bar: Sequence[float] = ()


def share(found: Misclassification, least: float = 0.0) -> Marks:
    """In per cent. least: what stands for none on a log axis"""
    parts = (found.by_seed[:SEEDS], found.mean, _ends(found.interval))
    seeds, mean, bar = (np.clip(100 * np.array(part), least, 100) for part in parts)
    return Marks(seeds, float(mean), bar)


def _ends(interval: Interval | None) -> tuple[float, ...]:
    return (interval.low, interval.high) if interval else ()


def lead(found: Difference, comparison: Comparison) -> Marks:
    """A model minus its baseline in percentage points, seed by seed."""
    model, baseline = (
        np.array(comparison.models[name].misclassification[found.condition].by_seed[:SEEDS])
        for name in (found.model, found.baseline)
    )
    ends = [100 * end for end in _ends(found.interval)]
    return Marks(100 * (model - baseline), 100 * found.estimate, ends)


def loss(found: ComparedModel) -> Marks:
    """Training loss, for a log axis."""
    seeds = np.maximum(found.train_loss.by_seed[:SEEDS], LEAST_LOSS)
    return Marks(seeds, max(found.train_loss.mean, LEAST_LOSS))


def dress_for(axis: Axis, scale: Scale, found: Iterable[Marks], reach: float = REACH) -> None:
    """The axis on which these marks are."""
    shown = list(found)
    points = [float(x) for marks in shown for x in (*marks.seeds, marks.mean)]
    dress(axis, scale, points, [float(x) for marks in shown for x in marks.bar], reach)


def bar(
    axes: Axes, at: float, ends: Sequence[float], colour: str, upright: bool, place: Transform
) -> None:
    """A bar, upright or across; where it leaves the axes it is cut, with a caret that says so.

    place: of the data on the figure
    """
    low, high = sorted(axes.get_ylim() if upright else axes.get_xlim())
    cut = np.clip(ends, low, high)
    carets = ("v", "^") if upright else ("<", ">")
    style: dict[str, Any] = {"color": colour, "alpha": 0.85, "clip_on": False, "transform": place}
    flat, steep = ([at, at], cut) if upright else (cut, [at, at])
    axes.plot(flat, steep, lw=2, **style)
    for i in (0, 1):
        if cut[i] != ends[i]:
            axes.plot(flat[i], steep[i], marker=carets[i], ms=5, mew=0, **style)


def said(comparison: Comparison, interval: Interval | None) -> str:
    """What a caption says of the marks. interval: one of those that are drawn"""
    seeds = comparison.seeds
    several = f"Each small mark is one seed (n = {len(seeds)}), the large mark their mean"
    marks = several if len(seeds) > 1 else f"Each mark is one trained network (seed {seeds[0]})"
    if interval is None:
        return f"{marks}; {NO_INTERVALS}."
    return f"{marks}, the bar its {interval_label(comparison, interval)}. {GOES_ON}"
