"""Several measurements of one thing: their median and range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median, the least and the most of `n` measurements."""

    median: float
    least: float
    most: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(median(values), min(values), max(values), len(values))

    @classmethod
    def of_ratios(cls, own: Mapping[int, float], reference: Mapping[int, float]) -> Spread | None:
        """Of own / reference in each round of both; None where they have none in common."""
        both = [value / reference[index] for index, value in own.items() if index in reference]
        return cls.of(both) if both else None

    def text(self, form: str = ".2f", scale: float = 1.0) -> str:
        """`1.23 (1.20 … 1.31)`; the median alone where there is nothing between."""
        middle, least, most = (
            f"{value * scale:{form}}" for value in (self.median, self.least, self.most)
        )
        return middle if least == most else f"{middle} ({least} … {most})"
