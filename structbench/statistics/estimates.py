"""What every number of this package carries: the sample it is over, and its confidence.

Proportions are in [0, 1] and their differences in [-1, 1]; nothing here is in per cent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Sample:
    """What a number was computed over, and so what it may be generalised to.

    `seeds` alone: new seeds, the same test images. `images` alone: new images, the same trained
    networks. Both: new seeds and new images at once.
    """

    seeds: int | None = None
    images: int | None = None

    @property
    def over(self) -> str:
        """`seeds`, `images`, or `seeds and images`."""
        named = {"seeds": self.seeds, "images": self.images}
        return " and ".join(unit for unit, count in named.items() if count is not None)

    def __str__(self) -> str:
        """For a label: `1 seed`, `10,000 images`, `20 seeds and 10,000 images`."""
        named = {"seed": self.seeds, "image": self.images}
        return " and ".join(
            f"{count:,} {unit}{'' if count == 1 else 's'}" for unit, count in named.items() if count
        )


@dataclass(frozen=True)
class Interval:
    """An estimate between two confidence limits."""

    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    sample: Sample

    @property
    def label(self) -> str:
        """For a legend or a footnote: `95 % Wilson score interval over 10,000 images`."""
        warning = " (without a spread: no measure of uncertainty)" if self.degenerate else ""
        return f"{100 * self.confidence:g} % {self.method} interval over {self.sample}{warning}"

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


def upper_level(confidence: float) -> float:
    """Return the level of the upper limit of a two-sided interval: 0.975 for 95 %."""
    return 0.5 + require_fraction("confidence", confidence) / 2


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
