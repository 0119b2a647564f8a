"""Where a lead ends: the level at which the difference of two models changes its sign.

Found seed by seed, linear between the levels that were measured and nowhere else, so that what a
seed does to both models cancels.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from structbench.statistics.estimates import Interval, Sample
from structbench.statistics.seeds import mean_t

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crossing:
    """Where a difference passes 0.

    level: the mean over seeds, on the axis of the levels
    rises: whether the difference is below 0 before it, and above 0 behind it
    interval: t over seeds; None for one seed
    """

    level: float
    rises: bool
    interval: Interval | None
    by_seed: tuple[float, ...]
    sample: Sample


def crossings(
    levels: ArrayLike, differences: ArrayLike, confidence: float = 0.95
) -> tuple[Crossing, ...]:
    """Return where the differences pass 0, in the order of the levels.

    levels: [points], rising; differences: [seeds, points]. Empty where the seeds disagree in how
    often, or which way, they pass it: then it is chance where they do. ValueError for other shapes
    or a confidence outside (0, 1).
    """
    x, y = np.asarray(levels, np.float64), np.asarray(differences, np.float64)
    if x.ndim != 1 or not len(x) or not (np.diff(x) > 0).all():
        raise ValueError("levels must rise, in an array [points]")
    if y.ndim != 2 or y.shape[1] != len(x) or not len(y):
        raise ValueError("differences must be an array [seeds, points]")
    found = [_of_a_seed(x, seed) for seed in y]
    if len({tuple(rises for _, rises in seed) for seed in found}) > 1:
        return ()
    return tuple(_over_seeds(list(each), confidence) for each in zip(*found, strict=True))


def _of_a_seed(x: Floats, y: Floats) -> list[tuple[float, bool]]:
    """Each level at which it passes 0, and whether it rises there."""
    found, decided = [], np.flatnonzero(y)
    for before, behind in pairwise(map(int, decided)):
        if (y[before] > 0) == (y[behind] > 0):
            continue
        # Where it is 0 at levels between the two: in their middle.
        level = x[before + 1 : behind].mean() if behind > before + 1 else _root(x, y, before)
        found.append((float(level), bool(y[behind] > 0)))
    return found


def _root(x: Floats, y: Floats, i: int) -> float:
    return float(x[i] + (x[i + 1] - x[i]) * y[i] / (y[i] - y[i + 1]))


def _over_seeds(seeds: list[tuple[float, bool]], confidence: float) -> Crossing:
    levels, rises = [level for level, _ in seeds], seeds[0][1]
    interval = mean_t(levels, confidence) if len(levels) > 1 else None
    mean = sum(levels) / len(levels)
    return Crossing(mean, rises, interval, tuple(levels), Sample(seeds=len(levels)))
