"""What every number of this package carries: the sample it is over, and its confidence.

Proportions are in [0, 1] and their differences in [-1, 1]; nothing here is in per cent.

Several comparisons that are read together, e.g. of models with one baseline, are corrected as
Dunn (1961), JASA 56:52, does by Bonferroni's inequality: of m comparisons each p is multiplied by
m, and each interval has the confidence 1 - (1 - c) / m, so that with the chance c at least all of
them cover, however they depend on each other. An interval then leaves out 0 just where its p is
below 1 - c. Holm's p-values would be smaller, and have no intervals that agree with them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Sample:
    """What a number was computed over, and so what it may be generalised to.

    `seeds` alone: new seeds, the same test examples. `examples` alone: new examples, the same
    trained networks. Both: new seeds and new examples at once.
    """

    seeds: int | None = None
    examples: int | None = None

    def __str__(self) -> str:
        """For a label: `1 seed`, `10,000 examples`, `20 seeds and 10,000 examples`."""
        named = {"seed": self.seeds, "example": self.examples}
        return " and ".join(
            f"{count:,} {unit}{'' if count == 1 else 's'}" for unit, count in named.items() if count
        )


@dataclass(frozen=True)
class Interval:
    """An estimate between two confidence limits.

    `comparisons`: how many intervals all cover at once with this confidence, this being one.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    sample: Sample
    comparisons: int = 1

    @property
    def label(self) -> str:
        """For a legend or a footnote: `95 % Wilson score interval over 10,000 examples`."""
        return self.label_for()

    def label_for(self, new: str = "") -> str:
        """The label, with what other seeds are: `… over 10 seeds, so over new graphs`."""
        several = self.comparisons > 1
        together = f", simultaneous over {self.comparisons} differences" if several else ""
        warning = " (without a spread: no measure of uncertainty)" if self.degenerate else ""
        kind = f"{100 * self.confidence:g} % {self.method} interval"
        so = f", so over {new}" if new and self.sample.seeds else ""
        return f"{kind} over {self.sample}{so}{together}{warning}"

    @property
    def degenerate(self) -> bool:
        """Whether the limits coincide because the sample has no spread.

        Then they say nothing of the uncertainty: neither that 0 is excluded nor that it is not.
        """
        return self.low == self.high

    def __contains__(self, value: float) -> bool:
        """Whether `value` lies between the limits, limits included."""
        return self.low <= value <= self.high


def require_fraction(name: str, value: float) -> float:
    """Return `value` where it lies strictly between 0 and 1, raise ValueError otherwise."""
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, not {value}")
    return value


def each_confidence(confidence: float, comparisons: int) -> float:
    """Return the confidence of each of several intervals that have this one together."""
    require_fraction("confidence", confidence)
    if comparisons < 1:
        raise ValueError(f"there must be at least 1 comparison, not {comparisons}")
    return 1 - (1 - confidence) / comparisons


def together(p_value: float, comparisons: int) -> float:
    """Return a p-value corrected for the number of comparisons that are read with it."""
    return min(1.0, p_value * comparisons)


def upper_level(confidence: float, comparisons: int = 1) -> float:
    """Return the level of the upper limit of a two-sided interval: 0.975 for 95 %."""
    return 0.5 + each_confidence(confidence, comparisons) / 2


def require_paired_errors(
    wrong_a: ArrayLike, wrong_b: ArrayLike, axes: tuple[str, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return two boolean arrays of one non-empty shape, `axes` naming its dimensions.

    Raises ValueError for anything but booleans: an array of class indices or probabilities
    passed by mistake would otherwise count as errors wherever it is not zero.
    """
    a, b = np.asarray(wrong_a), np.asarray(wrong_b)
    if a.dtype != np.bool_ or b.dtype != np.bool_:
        raise ValueError(f"errors must be booleans, not {a.dtype} and {b.dtype}")
    if a.shape != b.shape or a.ndim != len(axes) or a.size == 0:
        raise ValueError(
            f"both models need errors of one shape [{', '.join(axes)}], not {a.shape} and {b.shape}"
        )
    return a, b
