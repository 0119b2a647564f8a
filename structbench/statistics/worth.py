"""What a prior is worth: how many times the examples, or parameters, another model needs.

A curve is a model's misclassification at several sizes (training examples, parameters), once for
each seed. The worth of a over b at an error level is the size that b needs for it divided by the
size that a needs: above 1, a needs less. It is found seed by seed, each pair of curves having
seen the same examples, so that what a seed does to both cancels.

Error falls about as a power of the size (Hestness et al., 2017, arXiv:1712.00409), so curves are
interpolated linearly on log-log axes, and never continued beyond the measured sizes.

Measured curves are not always monotone. Taking the first size that reaches a level would favour
lucky dips, the last one unlucky bumps, and both the more the more sizes are measured. So each
seed's curve is first replaced by the falling one nearest to it (least squares of the logarithms,
by pooling adjacent violators: Ayer et al., 1955, Ann. Math. Stat. 26:641); a curve that falls is
its own. Where that leaves a level stretch, its smallest size counts.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from structbench.statistics.estimates import Interval, Sample
from structbench.statistics.seeds import mean_t

Bound = Literal["", "more than", "less than"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """sizes: [points], above 0, rising; errors: [seeds, points], shares above 0.

    ValueError for anything else.
    """

    sizes: Floats
    errors: Floats

    def __init__(self, sizes: ArrayLike, errors: ArrayLike):
        x, y = np.asarray(sizes, np.float64), np.asarray(errors, np.float64)
        if x.ndim != 1 or not (x > 0).all() or not (np.diff(x) > 0).all() or not len(x):
            raise ValueError("sizes must be above 0 and rise, in an array [points]")
        if y.ndim != 2 or y.shape[1] != len(x) or not len(y) or not (y > 0).all():
            raise ValueError("errors must be above 0, in an array [seeds, points]")
        object.__setattr__(self, "sizes", x)
        object.__setattr__(self, "errors", np.array([falling(seed) for seed in y]))

    def needed(self, level: float) -> list[tuple[float, float]]:
        """For each seed, between which two sizes the error reaches this level.

        Both are the same where it is within the measured range; (0, smallest) where the smallest
        size errs less already, (largest, inf) where the largest one still errs more.
        """
        return [_needed(self.sizes, seed, level) for seed in self.errors]

    @property
    def common(self) -> tuple[float, float]:
        """The lowest and the highest error level within every seed's measured range."""
        return float(self.errors[:, -1].max()), float(self.errors[:, 0].min())


@dataclass(frozen=True)
class Worth:
    """How many times the size of a model b needs at an error level.

    bound: empty where the level is within both curves of every seed, and `ratio` the geometric
        mean over seeds; else `ratio` is what every seed's worth is more, or less, than
    interval: t of the log ratios; None for a bound, and for one seed
    """

    level: float
    ratio: float
    bound: Bound
    interval: Interval | None
    by_seed: tuple[float, ...] | None
    """Each seed's ratio; None for a bound."""
    sample: Sample


def worth(a: Curve, b: Curve, level: float, confidence: float = 0.95) -> Worth | None:
    """Return what a's prior is worth over b's at an error level: size of b / size of a.

    `a`, `b`: the same seeds in the same order. None where the measured sizes say nothing: both
    or neither model reach the level within them, or the seeds disagree in which way it is beyond.
    ValueError for other numbers of seeds, a level outside (0, 1], or a confidence outside (0, 1).
    """
    if len(a.errors) != len(b.errors):
        raise ValueError(f"models are paired by seed, not {len(a.errors)} with {len(b.errors)}")
    if not 0 < level <= 1:
        raise ValueError(f"an error level is a share above 0, not {level}")
    limits = [
        (_ratio(least_b, most_a), _ratio(most_b, least_a))
        for (least_a, most_a), (least_b, most_b) in zip(
            a.needed(level), b.needed(level), strict=True
        )
    ]
    sample = Sample(seeds=len(limits))
    if all(low == high for low, high in limits):
        logs = [math.log(low) for low, _ in limits]
        ratio, interval = math.exp(sum(logs) / len(logs)), None
        if len(logs) > 1:
            t = mean_t(logs, confidence)
            interval = Interval(
                ratio, math.exp(t.low), math.exp(t.high), confidence, "t (of log ratios)", sample
            )
        return Worth(level, ratio, "", interval, tuple(math.exp(x) for x in logs), sample)
    least, most = min(low for low, _ in limits), max(high for _, high in limits)
    if least > 0 and most == math.inf:
        return Worth(level, least, "more than", None, None, sample)
    if least == 0 and most < math.inf:
        return Worth(level, most, "less than", None, None, sample)
    return None


def area(levels: ArrayLike, errors: ArrayLike) -> Floats:
    """Return each seed's mean misclassification over a range of levels: the area by its width.

    levels: [points], at least two, rising; errors: [seeds, points], shares; returns [seeds],
    shares. By trapezoids, so levels need not be evenly spaced. ValueError for other shapes.
    """
    x, y = np.asarray(levels, np.float64), np.asarray(errors, np.float64)
    if x.ndim != 1 or len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError("levels must rise, at least two in an array [points]")
    if y.ndim != 2 or y.shape[1] != len(x):
        raise ValueError("errors must be an array [seeds, points]")
    means: Floats = ((y[:, 1:] + y[:, :-1]) / 2) @ (np.diff(x) / (x[-1] - x[0]))
    return means


def falling(errors: ArrayLike) -> Floats:
    """Return the nearest curve that does not rise, by least squares of the logarithms: [points]."""
    pools: list[tuple[float, int]] = []
    for value in np.log(np.asarray(errors, np.float64)):
        mean, count = float(value), 1
        while pools and pools[-1][0] < mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    means, counts = zip(*pools, strict=True)
    fitted: Floats = np.exp(np.repeat(means, counts))
    return fitted


def _needed(sizes: Floats, errors: Floats, level: float) -> tuple[float, float]:
    if level < errors[-1]:
        return float(sizes[-1]), math.inf
    if level > errors[0]:
        return 0.0, float(sizes[0])
    # The first size at which the level is reached, and the one before.
    i = int(np.argmax(errors <= level))
    if i == 0 or errors[i] == level:
        return float(sizes[i]), float(sizes[i])
    way = math.log(level / errors[i - 1]) / math.log(errors[i] / errors[i - 1])
    size = float(sizes[i - 1]) * float(sizes[i] / sizes[i - 1]) ** way
    return size, size


def _ratio(b: float, a: float) -> float:
    """b / a, where either may lie beyond what was measured: 0, or infinite."""
    if b == 0 or a == math.inf:
        return 0.0
    if b == math.inf or a == 0:
        return math.inf
    return b / a
