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
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison, Excluded
from structbench.results.judged import judged
from tests import made
from tests.made import ablated, errors, first, interval_of, outcome_of

ASKED = Asked("image", "mnist", ("clean",), "b", 0.005, "structbench compare a b")


def group(model: str, *counts: int) -> list[Outcome]:
    """A network a seed, which errs on so many of 1,000 examples."""
    return [outcome_of(model, seed, {"clean": first(n)}) for seed, n in enumerate(counts)]


def compared(*, asked: Asked = ASKED, **counts: list[int]) -> Comparison:
    return made.compared({name: group(name, *each) for name, each in counts.items()}, asked)


def test_a_model_has_mean_and_standard_deviation_over_seeds() -> None:
    found = compared(a=[10, 20, 60], b=[1, 2, 3]).models["a"]
    shares = [0.01, 0.02, 0.06]
    clean = found.misclassification["clean"]
    assert clean.by_seed == pytest.approx(shares)
    assert clean.mean == pytest.approx(0.03)
    assert clean.sd == pytest.approx(np.std(shares, ddof=1))
    assert found.runs == ("a-s0", "a-s1", "a-s2")
    assert (found.parameters, found.macs, found.family) == (1000, 2000, "a")
    assert interval_of(clean).sample.seeds == 3


def test_a_difference_is_judged_by_seed() -> None:
    a, b = [10, 20, 35, 40, 50], [30, 30, 30, 70, 80]
    (d,) = compared(a=a, b=b).differences
    shares = np.array([a, b]) / 1000
    expected = ttest_rel(*shares)
    low, high = expected.confidence_interval()
    assert (d.model, d.baseline, d.condition, d.n) == ("a", "b", "clean", 5)
    assert d.estimate == pytest.approx((shares[0] - shares[1]).mean())
    assert (interval_of(d).low, interval_of(d).high) == pytest.approx((low, high))
    assert d.tests
    assert d.tests.paired_t.p_value == pytest.approx(expected.pvalue)
    assert d.tests.sign_flip.smallest_p == 2 / 2**5
    assert d.tests.probability_better.estimate == 4 / 5
    assert 0 < d.tests.probability_better.low < 0.8 < d.tests.probability_better.high < 1
    assert d.tests.equivalence.margin == 0.005
    assert d.tests.smallest_detectable
    assert d.seeds_and_examples is None, "below 10 seeds the bootstrap undercovers"


def test_the_probability_has_a_width_where_all_seeds_agree() -> None:
    (d,) = compared(a=[1, 2, 3], b=[11, 12, 14]).differences
    assert d.tests
    better = d.tests.probability_better
    assert (better.estimate, better.high) == (1.0, 1.0)
    assert better.low == pytest.approx(0.025 ** (1 / 3))


def test_one_seed_compares_two_networks_over_examples() -> None:
    comparison = compared(a=[10], b=[30])
    (d,) = comparison.differences
    assert d.tests is None
    assert d.two_networks
    assert interval_of(d) == d.two_networks.difference
    assert "Newcombe" in interval_of(d).method
    assert interval_of(d).sample.examples == 1000
    test = d.two_networks.mcnemar
    assert (test.only_a, test.only_b) == (0, 20)
    assert test.p_value == pytest.approx(binomtest(0, 20).pvalue)
    alone = comparison.models["a"].misclassification["clean"]
    assert alone.sd is None
    assert "Wilson" in interval_of(alone).method


def test_examples_of_several_seeds_are_never_pooled() -> None:
    (d,) = compared(a=[10, 500, 500], b=[30, 1, 1]).differences
    assert d.two_networks
    assert d.two_networks.seed == 0
    assert (d.two_networks.mcnemar.only_a, d.two_networks.mcnemar.only_b) == (0, 20)
    assert d.two_networks.mcnemar.sample.examples == 1000


def test_three_models_are_corrected_together() -> None:
    rng = np.random.default_rng(0)
    counts = {name: rng.integers(20, 60, 4).tolist() for name in "abc"}
    found = compared(**counts).differences
    assert [d.model for d in found] == ["a", "c"]
    assert all(d.baseline == "b" for d in found)
    base, *others = (np.array(counts[name]) / 1000 for name in "bac")
    raw = [ttest_rel(other, base) for other in others]
    corrected = multipletests([test.pvalue for test in raw], method="bonferroni")[1]
    assert [d.tests.paired_t.p_value for d in found if d.tests] == pytest.approx(corrected)
    for d, test in zip(found, raw, strict=True):
        low, high = test.confidence_interval(1 - 0.05 / 2)
        assert (interval_of(d).low, interval_of(d).high) == pytest.approx((low, high))
        assert interval_of(d).label.endswith("over 4 seeds, simultaneous over 2 differences")


@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=1, max_size=12),
    st.sampled_from([0.001, 0.005, 0.02]),
)
def test_no_number_of_a_difference_contradicts_another(
    seeds: list[tuple[int, int, int]], margin: float
) -> None:
    counts = {name: [seed[i] for seed in seeds] for i, name in enumerate("abc")}
    for d in compared(asked=replace(ASKED, margin=margin), **counts).differences:
        p = d.p_value
        assert p is not None
        if d.tests and not interval_of(d).degenerate and abs(p - 0.05) > 1e-9:
            assert (p < 0.05) == (0.0 not in interval_of(d))
        if d.tests and d.tests.equivalence.equivalent:
            # At twice the level, so a difference may be certain and within the margin.
            assert abs(d.estimate) < margin
            assert interval_of(d).low < margin
            assert interval_of(d).high > -margin


def test_ten_seeds_have_an_interval_over_seeds_and_examples() -> None:
    groups = {
        name: [outcome_of(name, s, {"clean": errors(rate, s, i)}) for s in range(10)]
        for i, (name, rate) in enumerate({"a": 0.1, "b": 0.3}.items())
    }
    (d,) = made.compared(groups, ASKED).differences
    assert d.seeds_and_examples
    assert str(d.seeds_and_examples.sample) == "10 seeds and 100 examples"
    assert d.seeds_and_examples.estimate == pytest.approx(d.estimate)
    both, seeds = d.seeds_and_examples, interval_of(d)
    assert both.high - both.low > seeds.high - seeds.low


def test_the_change_of_a_lead_is_the_difference_of_the_differences() -> None:
    found = ablated(
        compared(a=[10, 20, 33], b=[61, 79, 81]), compared(a=[50, 70, 90], b=[60, 80, 80])
    )
    change, *own = found.changes
    lead, after = np.array([-51, -59, -48]) / 1000, np.array([-10, -10, 10]) / 1000
    low, high = ttest_rel(after, lead).confidence_interval()
    assert (change.model, change.baseline, change.condition) == ("a", "b", "clean")
    assert (change.axis, change.first_level, change.last_level) == ("data.structure_removed", 0, 1)
    assert change.first.estimate == pytest.approx(lead.mean())
    assert change.last.estimate == pytest.approx(after.mean())
    assert change.change.estimate == pytest.approx((after - lead).mean())
    assert (change.change.low, change.change.high) == pytest.approx((low, high))
    assert [(c.model, c.baseline) for c in own] == [("a", None), ("b", None)]
    assert own[0].change.estimate == pytest.approx((40 + 50 + 57) / 3000)
    assert found.without_structure
    clean = found.without_structure.models["a"].misclassification["clean"]
    assert clean.mean == pytest.approx(0.07)


def test_one_seed_claims_nothing_of_structure() -> None:
    found = ablated(compared(a=[10], b=[60]), compared(a=[50], b=[60]))
    assert found.without_structure
    assert found.changes == ()


def test_leads_change_together_where_there_are_several() -> None:
    counts = {"a": [10, 20, 33], "b": [61, 79, 81], "c": [1, 2, 3]}
    intact = compared(asked=ASKED, **counts)
    found = ablated(intact, compared(a=[5, 7, 8], b=[9, 9, 9], c=[7, 8, 6]))
    together = {c.change.comparisons for c in found.changes if c.baseline}
    assert together == {2}
    firsts = {c.first for c in found.changes if c.baseline}
    assert firsts == set(map(interval_of, found.differences))
    assert {c.change.comparisons for c in found.changes if not c.baseline} == {1}


def test_what_failed_without_the_structure_is_named_too() -> None:
    excluded = (Excluded(run="a-s7", model="a", seed=7, reason="no memory"),)
    without = compared(a=[1, 2], b=[3, 4], asked=replace(ASKED, excluded=excluded))
    found = ablated(compared(a=[1, 2], b=[3, 4]), without)
    assert found.excluded == ()
    assert [run.model for run in found.failed] == ["a without the structure"]


def test_outcomes_must_be_paired() -> None:
    other = [outcome_of("b", seed, {"clean": first(3)}) for seed in (1, 2)]
    with pytest.raises(ValueError, match="other seeds"):
        made.compared({"a": group("a", 1, 2), "b": other}, ASKED)
    fewer = [outcome_of("b", 0, {"clean": first(3, examples=500)})]
    with pytest.raises(ValueError, match="same test examples"):
        made.compared({"a": group("a", 1), "b": fewer}, ASKED)


def test_seeds_that_test_other_examples_say_nothing_over_examples() -> None:
    def tested(model: str, seed: int, rate: float) -> Outcome:
        outcome = outcome_of(model, seed, {"clean": errors(rate, seed)})
        found = outcome.predictions["clean"]
        return replace(
            outcome, predictions={"clean": replace(found, examples=found.examples + seed)}
        )

    groups = {m: [tested(m, s, rate) for s in range(10)] for m, rate in (("a", 0.1), ("b", 0.3))}
    (d,) = made.compared(groups, ASKED).differences
    assert d.examples_differ
    assert d.tests
    assert (d.two_networks, d.seeds_and_examples) == (None, None)
    same = made.compared({m: group[:1] for m, group in groups.items()}, ASKED).differences
    assert [one.examples_differ for one in same] == [False]


def test_what_is_kept_of_an_outcome_is_small_and_has_its_errors() -> None:
    outcome = outcome_of("a", 0, {"clean": errors(0.1, 0, examples=10_001)})
    kept = judged(outcome)
    assert (kept.wrong("clean") == outcome.wrong("clean")).all()
    assert kept.answers["clean"].bits.nbytes == 1251
    assert kept.summary.misclassification == outcome.summary.misclassification


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
    assert made.compared(groups, asked).name.startswith("compare-_a_b-___b-")


def test_it_survives_the_way_through_json() -> None:
    excluded = (Excluded(run="a-s7", model="a", seed=7, reason="<b>no memory</b>"),)
    asked = replace(ASKED, excluded=excluded, budget=1000, recipes_differ=True)
    comparison = ablated(
        compared(a=[1, 2], b=[3, 4], asked=asked), compared(a=[50, 60], b=[60, 50])
    )
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=6))
def test_the_other_baseline_gives_the_mirror_image(pairs: list[tuple[int, int]]) -> None:
    a, b = ([pair[i] for pair in pairs] for i in (0, 1))
    (one,) = compared(a=a, b=b).differences
    (other,) = compared(a=a, b=b, asked=replace(ASKED, baseline="a")).differences
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-15)
    assert interval_of(one).low == pytest.approx(-interval_of(other).high, abs=1e-12)
    assert one.tests
    assert other.tests
    assert one.tests.paired_t.p_value == pytest.approx(other.tests.paired_t.p_value)
    assert one.tests.sign_flip == other.tests.sign_flip
    total = one.tests.probability_better.estimate + other.tests.probability_better.estimate
    assert total == pytest.approx(1)


GRAPH = replace(ASKED, kind="graph", seed_draws="split", train_examples=140)


def test_nodes_of_one_graph_have_no_statistics_over_them() -> None:
    for n in (1, 2, 10):
        counts = {name: list(range(i, n + i)) for i, name in enumerate("abc")}
        found = compared(asked=GRAPH, **counts)
        assert (found.seed_draws, found.train_examples) == ("split", 140)
        for d in found.differences:
            assert (d.two_networks, d.seeds_and_examples) == (None, None)
            assert (d.tests is None) == (d.interval is None) == (d.p_value is None) == (n == 1)
        for model in found.models.values():
            assert (model.misclassification["clean"].interval is None) == (n == 1)
        assert Comparison.model_validate_json(found.model_dump_json()) == found


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_of_one_seed_of_a_graph_the_difference_is_told(a: int, b: int) -> None:
    (d,) = compared(asked=GRAPH, a=[a], b=[b]).differences
    (other,) = compared(a=[a], b=[b]).differences
    assert d.estimate == pytest.approx(other.estimate, abs=1e-12)


def test_several_seeds_of_a_graph_are_judged_as_those_of_other_kinds() -> None:
    (d,) = compared(asked=GRAPH, a=[1, 2, 4], b=[11, 12, 19]).differences
    (other,) = compared(a=[1, 2, 4], b=[11, 12, 19]).differences
    assert d == other.model_copy(update={"two_networks": None})
