"""k seeds and n examples, both drawn at random: what holds for new ones of both at once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from structbench.statistics.estimates import (
    Interval,
    Sample,
    require_paired_errors,
    upper_level,
)

MINIMUM_SEEDS = 10
# Each limit has 50 resamples beyond it, and 10 where several comparisons are read together.
RESAMPLES, RESAMPLES_EACH = 2000, 400


def crossed_bootstrap(
    wrong_a: ArrayLike,
    wrong_b: ArrayLike,
    rng: np.random.Generator,
    resamples: int | None = None,
    confidence: float = 0.95,
    comparisons: int = 1,
) -> Interval:
    """Return the misclassification of a minus that of b with its interval over seeds and examples.

    `wrong_a`, `wrong_b`: bool [seeds, examples], the same seeds and examples in the same order.
    The limits are percentiles of the `resamples`; None: as many as they need. `comparisons`: how
    many that are read together; the limits are corrected for them, as `estimates` says.
    ValueError for other types or shapes, fewer than MINIMUM_SEEDS seeds, no resamples, or a
    confidence outside (0, 1). Source: Owen (2007), Ann. Appl. Stat. 1:386.

    Simulated coverage at 95 %, 1 % against 2 % of 10,000 examples: 0.96 with 10 and with 20 seeds
    where the difference varies by 0.2 percentage points between seeds. Too short where the seeds
    matter much more than the examples (1.6 points): 0.90 with 10 seeds, 0.94 with 20.
    """
    a, b = require_paired_errors(wrong_a, wrong_b, ("seeds", "examples"))
    seeds, examples = a.shape
    if seeds < MINIMUM_SEEDS:
        raise ValueError(f"a bootstrap over seeds needs {MINIMUM_SEEDS} of them, not {seeds}")
    if resamples is None:
        resamples = max(RESAMPLES, RESAMPLES_EACH * comparisons)
    if resamples < 1:
        raise ValueError(f"a bootstrap needs at least 1 resample, not {resamples}")
    upper = upper_level(confidence, comparisons)
    differs = (a != b).any(axis=0)
    difference = a[:, differs].astype(np.float64) - b[:, differs]
    sums = _resampled_sums(difference, examples, rng, resamples)
    low, high = np.quantile(sums, [1 - upper, upper]) / (seeds * examples)
    return Interval(
        float(difference.sum()) / (seeds * examples),
        low=float(low),
        high=float(high),
        confidence=confidence,
        method="crossed bootstrap percentile",
        sample=Sample(seeds=seeds, examples=examples),
        comparisons=comparisons,
    )


def _resampled_sums(
    difference: NDArray[np.float64], examples: int, rng: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """Return the sum of a - b for seeds and examples drawn with replacement: float [resamples].

    difference: float [seeds, differing]: only the examples on which a and b differ for some seed.
    All others add 0, so it is enough to draw how many of the `examples` are among these.
    """
    seeds, differing = difference.shape
    sums = np.zeros(resamples)
    if not differing:
        return sums
    seed_counts = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
    drawn = rng.binomial(examples, differing / examples, size=resamples)
    for i in range(resamples):
        by_example = seed_counts[i] @ difference
        sums[i] = by_example[rng.integers(differing, size=drawn[i])].sum()
    return sums
