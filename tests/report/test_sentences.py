"""Only what the numbers support is said."""

from __future__ import annotations

import numpy as np
import pytest

from structbench.outcome import Outcome
from structbench.report.sentences import headline, sentences
from structbench.results.compare import Asked, compare
from structbench.results.comparison import Comparison
from tests.made import Wrong, ablated, first, outcome_of


def compared(
    a: list[int], b: list[int], permuted: tuple[list[int], list[int]] | None = None,
    margin: float = 0.005,
) -> Comparison:  # fmt: skip
    def wrong(count: int) -> Wrong:
        return {"clean": first(count), "invert": first(2 * count)}

    def groups(*counts: list[int]) -> dict[str, list[Outcome]]:
        return {
            name: [outcome_of(name, seed, wrong(n)) for seed, n in enumerate(each)]
            for name, each in zip("ab", counts, strict=True)
        }

    asked = Asked("image", "mnist", ("clean", "invert"), "b", margin, "structbench compare a b")
    found = compare(groups(a, b), asked)
    return ablated(found, compare(groups(*permuted), asked)) if permuted else found


def test_a_difference_that_the_seeds_support_has_a_direction() -> None:
    said, inverted = sentences(compared([100, 110, 105], [150, 161, 154]))
    assert said.startswith("On clean images, a misclassifies fewer than b: a − b is −5.00 perc")
    assert "95 % paired t interval over 3 seeds" in said
    assert inverted.startswith("On invert images, a misclassifies fewer than b: a − b is −10.00")
    (other, _) = sentences(compared([150, 161, 154], [100, 110, 105]))
    assert other.startswith("On clean images, b misclassifies fewer than a: a − b is +5.00")


def test_a_difference_that_they_do_not_support_has_none() -> None:
    (said, _) = sentences(compared([100, 190, 90, 160], [150, 120, 170, 110]))
    assert said.startswith("On clean images, 4 seeds do not settle which of a and b is better")
    assert "find a true difference of" in said
    assert "in 80 of 100 cases; a smaller one may be there" in said


def test_equivalent_is_said_within_a_margin() -> None:
    (said, _) = sentences(compared([100, 101, 100, 102], [101, 100, 101, 101]))
    assert "are equivalent within the margin of 0.5 percentage points" in said
    (both, _) = sentences(compared([100, 101, 100, 102], [102, 103, 101, 104]))
    assert "a misclassifies fewer than b" in both
    assert "nevertheless within the margin" in both


def test_without_a_spread_nothing_is_claimed() -> None:
    (said, _) = sentences(compared([100, 110], [150, 160]))
    assert "2 seeds do not settle" in said
    assert "without a spread" in said


def test_one_seed_speaks_of_two_networks() -> None:
    (said, _) = sentences(compared([100], [150]))
    assert "McNemar's exact test" in said
    assert "compares two trained networks (seed 0), not two architectures" in said


@pytest.mark.parametrize("seed", range(20))
def test_no_difference_is_never_said(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(90, 110, (2, int(rng.integers(1, 7)))).tolist()
    for said in sentences(compared(a, b, margin=0.02)):
        assert "no difference" not in said.lower()
        assert "same" not in said


def test_what_the_grid_is_worth() -> None:
    said = sentences(compared([10, 20, 33], [61, 79, 81], ([70, 80, 95], [60, 80, 82])))[2]
    assert said.startswith("On clean images, a owes its place to the grid: a − b is −5.27 perc")
    assert "and +0.77 with them permuted; it changes by +6.03" in said
    open_said = sentences(compared([10, 90, 33], [61, 19, 81], ([9, 89, 33], [61, 19, 80])))[2]
    assert "3 seeds do not settle what the grid is worth" in open_said


def test_the_headline_is_of_the_condition_that_is_shown() -> None:
    comparison = compared([100, 110, 105], [150, 161, 154])
    assert headline(comparison, "invert") == sentences(comparison)[1]
