"""k seeds, the same test examples: what holds for new seeds, exactly, from whole error counts.

No distribution is assumed. The price is a smallest possible p-value: 5 seeds cannot give less
than 0.0625, and 6 are the fewest that can give less than 0.05.

`comparisons`: how many that are read together; p-values and intervals are corrected for them, as
`estimates` says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from structbench.statistics.estimates import Interval, Sample, together, upper_level


@dataclass(frozen=True)
class SignFlip:
    """Exact sign-flip test: could a and b have swapped names on any seed?

    `smallest_p` is what this number of seeds gives when one model errs less on all of them.
    """

    p_value: float
    smallest_p: float
    sample: Sample
    method: str = "exact sign flip, two-sided"


def _differences(errors_a: ArrayLike, errors_b: ArrayLike) -> NDArray[np.int64]:
    a, b = np.asarray(errors_a), np.asarray(errors_b)
    if a.dtype.kind not in "iu" or b.dtype.kind not in "iu":
        raise ValueError(f"error counts must be whole numbers, not {a.dtype} and {b.dtype}")
    if a.shape != b.shape or a.ndim != 1 or a.size == 0:
        raise ValueError(
            f"both models need error counts of one shape [seeds], not {a.shape} and {b.shape}"
        )
    difference: NDArray[np.int64] = a.astype(np.int64) - b.astype(np.int64)
    return difference


def sign_flip(errors_a: ArrayLike, errors_b: ArrayLike, comparisons: int = 1) -> SignFlip:
    """Test whether a and b err equally often on new seeds, by all 2^k ways to swap their names.

    `errors_a`, `errors_b`: int [seeds], misclassified examples, the same seeds in the same order.
    p is the share of sign patterns whose mean difference is at least as far from 0 as the
    observed; a seed with equal counts says nothing. For up to about 1,000 seeds, beyond which p
    may underflow. ValueError for other types or shapes. Source: Fisher (1935), The Design of
    Experiments, section 21; counted as by Pagano and Tritchler (1983), JASA 78:435.
    """
    difference = _differences(errors_a, errors_b)
    sizes = np.sort(np.abs(difference))
    # The sums of the positive and of the negative differences: swapping names swaps the two, so
    # both tails have the chance that a random subset sums to at most the smaller one.
    smaller = int(min(difference[difference > 0].sum(), -difference[difference < 0].sum()))
    p = min(1.0, 2 * _chance_of_at_most(smaller, sizes))
    smallest = together(2.0 ** (1 - sizes.size), comparisons)
    return SignFlip(together(p, comparisons), smallest, Sample(seeds=sizes.size))


def _chance_of_at_most(limit: int, sizes: NDArray[np.int64]) -> float:
    """Return the chance that a random subset of `sizes`, int [seeds] ascending, sums to <= limit.

    All terms are positive, so no digits are lost, and every chance is a multiple of 2^-k: exact
    up to 53 seeds.
    """
    chances = np.zeros(limit + 1)
    chances[0] = 1.0
    reached = 0
    for size in sizes.tolist():
        reached = min(reached + size, limit)
        chances[: reached + 1] *= 0.5
        if size <= limit:
            # The right-hand side is read as it was before: numpy copies where the two overlap.
            chances[size : reached + 1] += chances[: reached + 1 - size]
    return float(chances.sum())


def probability_better(
    errors_a: ArrayLike, errors_b: ArrayLike, confidence: float = 0.95, comparisons: int = 1
) -> Interval:
    """Return the probability that a errs less than b on a new seed, a tie counting half.

    `errors_a`, `errors_b`: int [seeds], misclassified examples, the same seeds in the same order.
    Clopper-Pearson limits, the lower with ties as losses and the upper with ties as wins, so the
    interval covers at least as often as it says and has a width where all seeds agree. ValueError
    for other types or shapes, or a confidence outside (0, 1). Source: Clopper and Pearson (1934),
    Biometrika 26:404.
    """
    difference = _differences(errors_a, errors_b)
    upper = upper_level(confidence, comparisons)
    seeds, wins = difference.size, int((difference < 0).sum())
    wins_and_ties = int((difference <= 0).sum())
    losses = seeds - wins_and_ties
    return Interval(
        (wins + wins_and_ties) / 2 / seeds,
        low=float(betaincinv(wins, seeds - wins + 1, 1 - upper)) if wins else 0.0,
        high=float(betaincinv(wins_and_ties + 1, losses, upper)) if losses else 1.0,
        confidence=confidence,
        method="Clopper-Pearson",
        sample=Sample(seeds=seeds),
        comparisons=comparisons,
    )
