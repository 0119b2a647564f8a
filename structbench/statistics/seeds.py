"""k seeds, the same test examples: what holds for new seeds, by the normal distribution.

The values of a and b at one place come from the same seed. Differences are a - b in the unit of
the values, so fractions give differences in [-1, 1]. A mean over 10,000 examples is nearly normal,
and t methods are exact for normal differences at any number of seeds from 2.

Differences that are all equal have no spread to judge by. That happens: error counts are whole
numbers, and of two equal models that err on about 2 % of 200 examples, 2 seeds differ by the same
number other than 0 in 8 % of cases. So no test here claims anything of them: p is 1, not 0, and
the interval of `paired_t` is `degenerate`.

`comparisons`: how many that are read together; p-values, intervals and what can be detected are
corrected for them, as `estimates` says.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincinv, stdtr, stdtrit

from structbench.statistics.estimates import (
    Interval,
    Sample,
    require_comparisons,
    require_fraction,
    together,
    upper_level,
)

# Subtracting two numbers loses up to 1.5 units of rounding; what is below this is no spread.
ROUNDING = 4 * float(np.finfo(np.float64).eps)

# A standard normal deviate, cut where the tail is 2e-19; steps of 0.02.
DEVIATES = np.linspace(-9.0, 9.0, 901)
DENSITIES = np.exp(-(DEVIATES**2) / 2) * 0.02 / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n - 1 in the denominator); `sd` is None for one seed."""

    mean: float
    sd: float | None
    sample: Sample

    @property
    def label(self) -> str:
        """For a legend or a footnote: `mean ± standard deviation over 5 seeds`."""
        return f"{'value' if self.sd is None else 'mean ± standard deviation'} over {self.sample}"


@dataclass(frozen=True)
class PairedT:
    """Paired t: does the mean difference over new seeds differ from 0, and how large is it?"""

    p_value: float
    interval: Interval
    method: str = "paired t, two-sided"

    @property
    def sample(self) -> Sample:
        """The seeds that test and interval are over."""
        return self.interval.sample


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests: is the mean difference over new seeds within ± `margin`?

    `equivalent` says that p is at most `level`. Not equivalent does not mean different.
    """

    p_value: float
    margin: float
    level: float
    equivalent: bool
    sample: Sample
    method: str = "two one-sided paired t tests"


@dataclass(frozen=True)
class _Differences:
    mean: float
    sd: float
    seeds: int

    @property
    def freedom(self) -> int:
        return self.seeds - 1

    @property
    def standard_error(self) -> float:
        return self.sd / math.sqrt(self.seeds)


def _values(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError("each seed needs one finite value, in an array [seeds]")
    return array


def _sd(values: NDArray[np.float64], largest: float) -> float:
    """Return the standard deviation, 0 where it comes from rounding numbers up to `largest`."""
    sd = float(values.std(ddof=1))
    return sd if sd > ROUNDING * largest else 0.0


def _differences(a: ArrayLike, b: ArrayLike) -> _Differences:
    of_a, of_b = _values(a), _values(b)
    if of_a.shape != of_b.shape:
        raise ValueError(f"models are paired by seed, not {of_a.size} seeds with {of_b.size}")
    if of_a.size < 2:
        raise ValueError("a spread over seeds needs at least 2 seeds")
    difference = of_a - of_b
    largest = float(np.abs([of_a, of_b]).max())
    return _Differences(float(difference.mean()), _sd(difference, largest), difference.size)


def spread(values: ArrayLike) -> Spread:
    """Return mean and standard deviation over seeds.

    `values`: float [seeds], at least one. ValueError for other shapes or values not finite.
    """
    array = _values(values)
    sd = _sd(array, float(np.abs(array).max())) if array.size > 1 else None
    return Spread(float(array.mean()), sd, Sample(seeds=array.size))


def paired_t(a: ArrayLike, b: ArrayLike, confidence: float = 0.95, comparisons: int = 1) -> PairedT:
    """Return the mean of a - b over seeds with its t interval, and the p-value of no difference.

    `a`, `b`: float [seeds], the same seeds in the same order, at least 2. ValueError for other
    shapes, values not finite, or a confidence outside (0, 1). Where all differences are equal
    the interval is `degenerate` and p is 1. Source: Student (1908), Biometrika 6:1.
    """
    found = _differences(a, b)
    interval = _interval(found, confidence, "paired t", comparisons)
    p = 2 * _upper_tail(abs(found.mean), found) if found.sd else 1.0
    return PairedT(together(p, comparisons), interval)


def mean_t(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean over seeds with its t interval.

    `values`: float [seeds], at least 2. ValueError for other shapes, values not finite, or a
    confidence outside (0, 1). Source: Student (1908), Biometrika 6:1.
    """
    array = _values(values)
    return _interval(_differences(array, np.zeros_like(array)), confidence, "t")


def _interval(
    found: _Differences, confidence: float, method: str, comparisons: int = 1
) -> Interval:
    critical = float(stdtrit(found.freedom, upper_level(confidence, comparisons)))
    half = critical * found.standard_error
    return Interval(
        found.mean,
        low=found.mean - half,
        high=found.mean + half,
        confidence=confidence,
        method=method,
        sample=Sample(seeds=found.seeds),
        comparisons=comparisons,
    )


def _upper_tail(distance: float, found: _Differences) -> float:
    """Return the chance of a t beyond `distance`, which is in the unit of the differences."""
    return float(stdtr(found.freedom, -distance / found.standard_error))


def equivalence(
    a: ArrayLike, b: ArrayLike, margin: float, level: float = 0.05, comparisons: int = 1
) -> Equivalence:
    """Test whether the mean of a - b over new seeds lies within -`margin` and `margin`.

    `a`, `b`: float [seeds], the same seeds in the same order, at least 2; `margin` in their unit,
    chosen before the result is known. p is at most `level` just where the paired t interval of
    confidence 1 - 2 `level`, simultaneous over the comparisons, lies within the margin. ValueError
    for other shapes, values not finite, a margin of 0 or less, or a level outside (0, 1). Source:
    Schuirmann (1987), J. Pharmacokinet. Biopharm. 15:657.
    """
    found = _differences(a, b)
    require_fraction("level", level)
    if not 0.0 < margin < math.inf:
        raise ValueError(f"a margin must be above 0, not {margin}")
    alone = _upper_tail(margin - abs(found.mean), found) if found.sd else 1.0
    p = together(alone, comparisons)
    return Equivalence(p, margin, level, p <= level, Sample(seeds=found.seeds))


def smallest_detectable(
    a: ArrayLike, b: ArrayLike, power: float = 0.8, level: float = 0.05, comparisons: int = 1
) -> float | None:
    """Return the true mean difference that a paired t test at `level` finds with `power`.

    `a`, `b`: float [seeds], the same seeds in the same order, at least 2. The test is two-sided,
    with this number of seeds and the standard deviation of these differences as if it were the
    true one; at 5 seeds the true one may be 0.6 to 2.9 times that. None where all differences are
    equal. ValueError for other shapes, values not finite, or unless 0 < level < power < 1.
    """
    found = _differences(a, b)
    if require_fraction("level", level) >= require_fraction("power", power):
        raise ValueError(f"power must be above the level {level}, not {power}")
    if not found.sd:
        return None
    each = level / require_comparisons(comparisons)
    return _noncentrality(found.freedom, power, each) * found.standard_error


def _noncentrality(freedom: int, power: float, level: float) -> float:
    """Return the true mean, in standard errors, that the test finds with `power`: bisection."""
    critical = float(stdtrit(freedom, 1 - level / 2))
    # Enough: the sample's sd exceeds the true one by this factor with half the chance to miss.
    factor = math.sqrt(2 * float(gammaincinv(freedom / 2, (1 + power) / 2)) / freedom)
    low, high = 0.0, factor * critical + float(DEVIATES[-1])
    for _ in range(60):
        middle = (low + high) / 2
        if _power(middle, freedom, critical) < power:
            low = middle
        else:
            high = middle
    return high


def _power(noncentrality: float, freedom: int, critical: float) -> float:
    """Return P(|t| > critical) for a noncentral t.

    Averages over the mean's normal deviate the chance that the sample's variance, a chi-square, is
    small enough for the test to reject. scipy's nctdtr gives nan for some of the far tails.
    """
    largest = freedom / 2 * ((DEVIATES + noncentrality) / critical) ** 2
    return float(DENSITIES @ gammainc(freedom / 2, largest))
