"""Only what the numbers support is said."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structbench.report.sentences import headline, sentences
from structbench.report.tables import tables
from structbench.report.text import LEVEL
from tests.made import ablated, crossed, interval_of, made, made_of_counts, made_sweep


def test_a_difference_that_the_seeds_support_has_a_direction() -> None:
    said, inverted = sentences(made_of_counts([100, 110, 105], [150, 161, 154]))
    assert said.startswith("a errs less often than b on clean examples: by 5.00 percentage points")
    assert "less, 95 % paired t interval over 3 seeds; p = " in said
    assert inverted.startswith("a errs less often than b under invert: by 10.00 percentage points")
    other, _ = sentences(made_of_counts([150, 161, 154], [100, 110, 105]))
    assert other.startswith("b errs less often than a on clean examples: by 5.00 percentage points")


def test_a_difference_that_they_do_not_support_has_none() -> None:
    said, _ = sentences(made_of_counts([100, 190, 90, 160], [150, 120, 170, 110]))
    assert said.startswith(
        "Whether a or b errs less often on clean examples is not settled by 4 seeds"
    )
    assert "find a true difference of" in said
    assert "in 80 of 100 cases; there may be a smaller one" in said


def test_equivalent_is_said_within_a_margin() -> None:
    said, _ = sentences(made_of_counts([100, 101, 100, 102], [101, 100, 101, 101]))
    assert "err about equally often on clean examples, within the margin of 0.5 percentage" in said
    both, _ = sentences(made_of_counts([100, 101, 100, 102], [102, 103, 101, 104]))
    assert "a errs less often than b" in both
    assert "nevertheless within the margin" in both


def test_without_a_spread_nothing_is_claimed() -> None:
    said, _ = sentences(made_of_counts([100, 110], [150, 160]))
    assert "is not settled by 2 seeds" in said
    assert "without a spread" in said


def test_one_seed_speaks_of_two_networks() -> None:
    said, _ = sentences(made_of_counts([100], [150]))
    assert "McNemar's exact test" in said
    assert "compares two trained networks (seed 0), not two architectures" in said
    told, _ = sentences(made_of_counts([100], [150], [150]))
    assert told.endswith("(the networks of seed 0 alone).")


def test_many_models_have_a_sentence_a_condition() -> None:
    comparison = made_of_counts(
        [100, 103, 98], [190, 110, 150], [201, 204, 199], [150, 151, 150], [150, 151, 149]
    )
    said, inverted = sentences(comparison)
    assert said == (
        "On clean examples, a errs less often than e; c errs more often than e; d errs about as "
        "often as e (within 0.5 percentage points); not settled: b."
    )
    assert inverted.startswith("Under invert, a errs less often than e; c errs more often than e")
    assert headline(comparison).startswith(
        "Of 5 models, a has the lowest misclassification under invert: 20.07 ± 0.50 %, mean ± "
        "standard deviation over 3 seeds. a errs less often than e: by 9.93 percentage points"
    )
    assert headline(comparison).endswith("Only differences from e are tested.")


def test_where_the_baseline_is_best_the_others_are_told() -> None:
    told = headline(made_of_counts([300, 290, 310], [100, 190, 155], [100, 101, 99]))
    assert told.endswith("over 3 seeds. Of the others, a errs more often than c; not settled: b.")


@pytest.mark.parametrize("seed", range(20))
def test_no_difference_is_never_said(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(90, 110, (2, int(rng.integers(1, 7)))).tolist()
    for said in sentences(made_of_counts(a, b, margin=0.02)):
        assert "no difference" not in said.lower()
        assert "same" not in said


NUMBER = r"([+−]?\d+\.\d+)"
COUNTS = st.integers(2, 5).flatmap(
    lambda seeds: st.lists(
        st.lists(st.integers(90, 130), min_size=seeds, max_size=seeds), min_size=2, max_size=5
    )
)


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_interval_p_and_verdict_never_contradict_each_other(counts: list[list[int]]) -> None:
    comparison = made_of_counts(*counts)
    clean, inverted = sentences(comparison)
    for d in comparison.differences:
        told = clean if d.condition == "clean" else inverted
        assert d.tests
        settled = not interval_of(d).degenerate and 0.0 not in interval_of(d)
        assert settled == (d.tests.paired_t.p_value < LEVEL)
        if len(counts) > 2:
            said = re.search(rf"\b{d.model}\b[^;:]* err(s?) (less|more) often than", told)
            side = "less" if d.estimate < 0 else "more"
            assert (said is not None and said[2] == side) == settled
            continue
        printed = re.search(f"(?:is|by) {NUMBER} percentage points \\({NUMBER} … {NUMBER}", told)
        assert printed
        size, low, high = (float(number.replace("−", "-")) for number in printed.groups())
        assert low <= size <= high
        assert (re.match("[ab] errs less often than [ab] ", told) is not None) == settled
        assert (low > 0 or high < 0) == settled or interval_of(d).degenerate


def test_what_becomes_of_a_lead_without_the_structure() -> None:
    intact = made_of_counts([10, 20, 33], [61, 79, 81])
    said = sentences(ablated(intact, made_of_counts([70, 80, 95], [60, 80, 82])))[2]
    assert said.startswith(
        "With the structure taken out, a loses ground to b on clean examples: a − b goes from "
        "−5.27 to +0.77 percentage points, a change of +6.03 ("
    )
    unclear = ablated(
        made_of_counts([10, 90, 33], [61, 19, 81]), made_of_counts([9, 89, 33], [61, 19, 80])
    )
    assert sentences(unclear)[2].startswith(
        "With the structure taken out, it is not settled whether a gains on b or loses ground on "
    )


def test_of_many_leads_without_the_structure_there_is_a_sentence_a_condition() -> None:
    intact = made_of_counts([10, 20, 33], [10, 20, 32], [61, 79, 81])
    said = sentences(ablated(intact, made_of_counts([70, 80, 95], [9, 21, 30], [60, 80, 82])))
    assert len(said) == 4
    assert said[2].startswith(
        "With the structure taken out, on clean examples, a loses ground to c"
    )


def test_the_headline_is_of_the_condition_that_is_shown() -> None:
    comparison = made_of_counts([100, 110, 105], [150, 161, 154])
    assert headline(comparison) == sentences(comparison)[1]
    assert headline(made(("cnn",), seeds=1)[0]) == ""


def test_the_worth_has_its_interval_and_bounds_are_bounds() -> None:
    said = sentences(made_sweep())
    inside = next(s for s in said if s.startswith("To reach 5 % misclassification on clean"))
    assert "fnn needs 4 times as many training examples as cnn (" in inside
    assert inside.endswith("95 % t (of log ratios) interval over 3 seeds).")
    bound = next(s for s in said if s.startswith("To reach 1 %"))
    assert "fnn needs more than " in bound
    assert "beyond what was measured" in bound
    assert headline(made_sweep()).startswith("To reach 2 %")


def test_a_worth_that_the_seeds_do_not_settle_is_said_so() -> None:
    sweep = made_sweep()
    worth = next(worth for worth in sweep.worth if worth.interval)
    assert worth.interval
    wide = worth.interval.__class__(
        4.0, 0.5, 32.0, 0.95, worth.interval.method, worth.interval.sample
    )
    changed = worth.model_copy(update={"interval": wide})
    (said,) = sentences(sweep.model_copy(update={"worth": (changed,), "areas": ()}))
    assert said.startswith("3 seeds do not settle which of cnn and fnn needs fewer training")


def test_of_many_models_the_worth_is_told_at_the_lowest_error() -> None:
    said = [s for s in sentences(made_sweep(("a", "b", "c"))) if s.startswith("To reach")]
    assert len(said) == 2


def test_one_seed_of_a_sweep_is_told_as_one_seed() -> None:
    said = sentences(made_sweep(seeds=1))
    assert all("one seed" in s or "beyond what was measured" in s for s in said)


def test_where_a_lead_ends_is_said_with_its_interval() -> None:
    sweep = crossed("data.structure_removed")
    (said,) = [line for line in sentences(sweep) if "the lead of" in line]
    found = sweep.crossings[0]
    assert found.interval
    assert said == (
        "On clean examples, the lead of cnn over fnn ends at data.structure_removed "
        f"{found.level:.3g} ({found.interval.low:.3g} … {found.interval.high:.3g}, "
        "95 % t interval over 3 seeds)."
    )
    one = sentences(crossed("data.structure_removed", seeds=1))
    assert any("ends at data.structure_removed 0.75 (one seed: another may" in s for s in one)
    table = next(t for t in tables(sweep) if t.name == "crossings")
    assert table.rows[0][:3] == ("clean", "cnn", "ends")
