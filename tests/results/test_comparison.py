"""Every number of a comparison, on outcomes made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel
from statsmodels.stats.multitest import multipletests

from structbench.outcome import Outcome
from structbench.results.comparison import Asked, Comparison, Excluded, Outcomes, compare
from tests.made import errors, first, outcome_of

ASKED = Asked("mnist", ("clean",), "b", 0.005, "structbench compare a b")


def group(model: str, *counts: int) -> list[Outcome]:
    """A network a seed, which errs on so many of 1,000 images."""
    return [outcome_of(model, seed, {"clean": first(n)}) for seed, n in enumerate(counts)]


def compared(*, asked: Asked = ASKED, permuted: Outcomes = {}, **counts: list[int]) -> Comparison:  # noqa: B006
    return compare({name: group(name, *each) for name, each in counts.items()}, permuted, asked)


def test_a_model_has_mean_and_standard_deviation_over_seeds() -> None:
    found = compared(a=[10, 20, 60], b=[1, 2, 3]).models["a"]
    shares = [0.01, 0.02, 0.06]
    clean = found.misclassification["clean"]
    assert clean.by_seed == pytest.approx(shares)
    assert clean.mean == pytest.approx(0.03)
    assert clean.sd == pytest.approx(np.std(shares, ddof=1))
    assert found.runs == ("a-s0", "a-s1", "a-s2")
    assert (found.parameters, found.macs, found.family) == (1000, 2000, "a")
    assert clean.interval.sample.seeds == 3


def test_a_difference_is_judged_by_seed() -> None:
    a, b = [10, 20, 35, 40, 50], [30, 30, 30, 70, 80]
    (d,) = compared(a=a, b=b).differences
    shares = np.array([a, b]) / 1000
    expected = ttest_rel(*shares)
    low, high = expected.confidence_interval()
    assert (d.model, d.baseline, d.condition, d.n) == ("a", "b", "clean", 5)
    assert d.estimate == pytest.approx((shares[0] - shares[1]).mean())
    assert (d.interval.low, d.interval.high) == pytest.approx((low, high))
    assert d.tests
    assert d.tests.paired_t.p_value == pytest.approx(expected.pvalue)
    assert d.tests.paired_t_holm == pytest.approx(expected.pvalue), "one model: nothing to correct"
    assert d.tests.sign_flip.smallest_p == 2 / 2**5
    assert d.tests.probability_better.estimate == 4 / 5
    assert 0 < d.tests.probability_better.low < 0.8 < d.tests.probability_better.high < 1
    assert d.tests.equivalence.margin == 0.005
    assert d.tests.smallest_detectable
    assert d.seeds_and_images is None, "below 10 seeds the bootstrap undercovers"


def test_the_probability_has_a_width_where_all_seeds_agree() -> None:
    (d,) = compared(a=[1, 2, 3], b=[11, 12, 14]).differences
    assert d.tests
    better = d.tests.probability_better
    assert (better.estimate, better.high) == (1.0, 1.0)
    assert better.low == pytest.approx(0.025 ** (1 / 3))


def test_one_seed_compares_two_networks_over_images() -> None:
    comparison = compared(a=[10], b=[30])
    (d,) = comparison.differences
    assert d.tests is None
    assert d.interval == d.two_networks.difference
    assert "Newcombe" in d.interval.method
    assert d.interval.sample.images == 1000
    test = d.two_networks.mcnemar
    assert (test.only_a, test.only_b) == (0, 20)
    assert test.p_value == pytest.approx(binomtest(0, 20).pvalue)
    alone = comparison.models["a"].misclassification["clean"]
    assert alone.sd is None
    assert "Wilson" in alone.interval.method


def test_images_of_several_seeds_are_never_pooled() -> None:
    (d,) = compared(a=[10, 500, 500], b=[30, 1, 1]).differences
    assert d.two_networks.seed == 0
    assert (d.two_networks.mcnemar.only_a, d.two_networks.mcnemar.only_b) == (0, 20)
    assert d.two_networks.mcnemar.sample.images == 1000


def test_three_models_are_corrected_together() -> None:
    rng = np.random.default_rng(0)
    counts = {name: rng.integers(20, 60, 4).tolist() for name in "abc"}
    found = compared(**counts).differences
    assert [d.model for d in found] == ["a", "c"]
    assert all(d.baseline == "b" for d in found)
    raw = [d.tests.paired_t.p_value for d in found if d.tests]
    corrected = [d.tests.paired_t_holm for d in found if d.tests]
    assert corrected == pytest.approx(multipletests(raw, method="holm")[1])
    assert corrected != pytest.approx(raw)


def test_ten_seeds_have_an_interval_over_seeds_and_images() -> None:
    groups = {
        name: [outcome_of(name, s, {"clean": errors(rate, s, i)}) for s in range(10)]
        for i, (name, rate) in enumerate({"a": 0.1, "b": 0.3}.items())
    }
    (d,) = compare(groups, {}, ASKED).differences
    assert d.seeds_and_images
    assert d.seeds_and_images.sample.over == "seeds and images"
    assert d.seeds_and_images.estimate == pytest.approx(d.estimate)
    assert d.seeds_and_images.high - d.seeds_and_images.low > d.interval.high - d.interval.low


def test_the_worth_of_structure_is_the_difference_of_the_differences() -> None:
    permuted = {"a": group("a", 50, 70, 90), "b": group("b", 60, 80, 80)}
    structure = compared(a=[10, 20, 33], b=[61, 79, 81], permuted=permuted).structure
    assert structure
    (worth,) = structure.worth
    lead, after = np.array([-51, -59, -48]) / 1000, np.array([-10, -10, 10]) / 1000
    low, high = ttest_rel(lead, after).confidence_interval()
    gap = worth.difference_of_differences
    assert worth.intact.estimate == pytest.approx(lead.mean())
    assert worth.permuted.estimate == pytest.approx(after.mean())
    assert gap.estimate == pytest.approx((lead - after).mean())
    assert (gap.low, gap.high) == pytest.approx((low, high))
    assert structure.changes["a"]["clean"].estimate == pytest.approx((40 + 50 + 57) / 3000)
    assert structure.models["a"].misclassification["clean"].mean == pytest.approx(0.07)


def test_one_seed_claims_nothing_of_structure() -> None:
    permuted = {"a": group("a", 50), "b": group("b", 60)}
    structure = compared(a=[10], b=[60], permuted=permuted).structure
    assert structure
    assert structure.worth == ()


def test_outcomes_must_be_paired() -> None:
    other = [outcome_of("b", seed, {"clean": first(3)}) for seed in (1, 2)]
    with pytest.raises(ValueError, match="other seeds"):
        compare({"a": group("a", 1, 2), "b": other}, {}, ASKED)
    fewer = [outcome_of("b", 0, {"clean": first(3, images=500)})]
    with pytest.raises(ValueError, match="same test images"):
        compare({"a": group("a", 1), "b": fewer}, {}, ASKED)


def test_the_name_is_of_what_decides_the_numbers_and_of_nothing_else() -> None:
    name = compared(a=[1, 2], b=[3, 4]).name
    assert name.startswith("compare-a-b-")
    assert compared(a=[1, 2], b=[3, 4], asked=replace(ASKED, command="other")).name == name
    others = {
        compared(a=[1, 2, 3], b=[3, 4, 5]).name,
        compared(a=[1, 2], b=[3, 4], asked=replace(ASKED, baseline="a")).name,
        compared(a=[1, 2], b=[3, 4], asked=replace(ASKED, margin=0.01)).name,
        compared(b=[3, 4], a=[1, 2]).name,
    }
    assert name not in others
    assert len(others) == 4


def test_names_of_models_cannot_lead_out_of_the_runs_folder() -> None:
    asked = replace(ASKED, baseline="../b")
    groups = {"/a b": group("a", 1), "../b": group("b", 2)}
    assert compare(groups, {}, asked).name.startswith("compare-_a_b-___b-")


def test_it_survives_the_way_through_json() -> None:
    permuted = {"a": group("a", 50, 60), "b": group("b", 60, 50)}
    excluded = (Excluded(run="a-s7", model="a", seed=7, reason="<b>no memory</b>"),)
    asked = replace(ASKED, excluded=excluded, budget=1000, recipes_differ=True)
    comparison = compared(a=[1, 2], b=[3, 4], asked=asked, permuted=permuted)
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=6))
def test_the_other_baseline_gives_the_mirror_image(pairs: list[tuple[int, int]]) -> None:
    a, b = ([pair[i] for pair in pairs] for i in (0, 1))
    (one,) = compared(a=a, b=b).differences
    (other,) = compared(a=a, b=b, asked=replace(ASKED, baseline="a")).differences
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-15)
    assert one.interval.low == pytest.approx(-other.interval.high, abs=1e-12)
    assert one.tests
    assert other.tests
    assert one.tests.paired_t.p_value == pytest.approx(other.tests.paired_t.p_value)
    assert one.tests.sign_flip == other.tests.sign_flip
    total = one.tests.probability_better.estimate + other.tests.probability_better.estimate
    assert total == pytest.approx(1)
