"""One seed, many examples: this compares two trained networks, not two architectures.

The examples are the only chance in these numbers. Errors of several seeds on the same examples
are not independent, so never pool them into one call; `crossed` handles both together.

`comparisons`: how many that are read together; p-values and intervals are corrected for them, as
`estimates` says.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtri

from structbench.statistics.estimates import (
    Interval,
    Sample,
    each_confidence,
    require_paired_errors,
    together,
    upper_level,
)


@dataclass(frozen=True)
class McNemar:
    """Exact McNemar test: do two networks err equally often on the same examples?

    `only_a` examples were misclassified by a alone, `only_b` by b alone.
    """

    p_value: float
    only_a: int
    only_b: int
    sample: Sample
    method: str = "exact McNemar, two-sided"


@dataclass(frozen=True)
class _PairedTable:
    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def examples(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither


def _paired_table(wrong_a: ArrayLike, wrong_b: ArrayLike) -> _PairedTable:
    a, b = require_paired_errors(wrong_a, wrong_b, ("examples",))
    cells = np.bincount(2 * a + b, minlength=4).tolist()
    return _PairedTable(both=cells[3], only_a=cells[2], only_b=cells[1], neither=cells[0])


def wilson(errors: int, examples: int, confidence: float = 0.95) -> Interval:
    """Return the misclassification of one network with its Wilson score interval.

    `errors` of `examples` test examples were misclassified. ValueError unless 0 <= errors <=
    examples, examples >= 1 and 0 < confidence < 1. Source: Wilson (1927), JASA 22:209; as method 3
    of Newcombe (1998), Stat. Med. 17:857.
    """
    if not (examples >= 1 and 0 <= errors <= examples):
        raise ValueError(f"{errors} errors of {examples} examples is not a proportion")
    z = float(ndtri(upper_level(confidence)))
    estimate = errors / examples
    centre = (errors + z**2 / 2) / (examples + z**2)
    half = z / (examples + z**2) * math.sqrt(errors * (1 - estimate) + z**2 / 4)
    return Interval(
        estimate,
        # At 0 or all errors a limit equals the estimate, which rounding would miss by 1e-17.
        low=centre - half if errors else 0.0,
        high=centre + half if errors < examples else 1.0,
        confidence=confidence,
        method="Wilson score",
        sample=Sample(examples=examples),
    )


def mcnemar(wrong_a: ArrayLike, wrong_b: ArrayLike, comparisons: int = 1) -> McNemar:
    """Test whether two networks err equally often, on the examples where only one of them errs.

    `wrong_a`, `wrong_b`: bool [examples], the same examples in the same order. p is 1 when no
    example is discordant. ValueError for other types or shapes. The test is conservative: at 0.05
    it rejects equal networks in 0.021 of cases with 10 discordant examples, 0.035 with 100. Source:
    McNemar (1947), Psychometrika 12:153, with the binomial tail in place of its chi-square.
    """
    table = _paired_table(wrong_a, wrong_b)
    discordant = table.only_a + table.only_b
    # The two tails overlap in the middle when both counts are equal, hence the minimum.
    tail = float(bdtr(min(table.only_a, table.only_b), discordant, 0.5)) if discordant else 1.0
    p = together(min(1.0, 2 * tail), comparisons)
    return McNemar(p, table.only_a, table.only_b, Sample(examples=table.examples))


def _correlation(table: _PairedTable) -> float:
    """Return phi of the two networks' errors, pulled towards 0 by n/2 when positive.

    The correction is what makes method 10 of Newcombe's methods: without it (method 8) the
    interval is too short for strongly correlated errors, and two networks on the same examples
    are strongly correlated.
    """
    product = float(table.both * table.neither - table.only_a * table.only_b)
    if product > 0:
        product = max(product - table.examples / 2, 0.0)
    margins = math.prod(
        (
            table.both + table.only_a,
            table.only_b + table.neither,
            table.both + table.only_b,
            table.only_a + table.neither,
        )
    )
    # A margin of 0 (a network that is always right, or always wrong) has no correlation.
    return product / math.sqrt(margins) if margins else 0.0


def newcombe(
    wrong_a: ArrayLike, wrong_b: ArrayLike, confidence: float = 0.95, comparisons: int = 1
) -> Interval:
    """Return the misclassification of a minus that of b, with Newcombe's paired interval.

    `wrong_a`, `wrong_b`: bool [examples], the same examples in the same order. ValueError for other
    types or shapes, or a confidence outside (0, 1). Source: method 10 of Newcombe (1998),
    Stat. Med. 17:2635: the two Wilson intervals, combined with the correlation of the errors.
    """
    table = _paired_table(wrong_a, wrong_b)
    each = each_confidence(confidence, comparisons)
    a = wilson(table.both + table.only_a, table.examples, each)
    b = wilson(table.both + table.only_b, table.examples, each)
    phi = _correlation(table)

    def reach(of_a: float, of_b: float) -> float:
        # The third side of a triangle; rounding can make its square -1e-18.
        return math.sqrt(max(0.0, of_a**2 - 2 * phi * of_a * of_b + of_b**2))

    difference = (table.only_a - table.only_b) / table.examples
    return Interval(
        difference,
        low=difference - reach(a.estimate - a.low, b.high - b.estimate),
        high=difference + reach(a.high - a.estimate, b.estimate - b.low),
        confidence=confidence,
        method="Newcombe paired score",
        sample=a.sample,
        comparisons=comparisons,
    )
