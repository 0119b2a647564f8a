"""Deeper networks against the shallowest that is like them, on outcomes made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import ttest_rel

from structbench.results.comparison import Comparison
from tests.made import interval_of
from tests.made_depths import CONDITIONS, made_depth_sweep, made_depths

COUNTS = {
    "plain_20": [80, 95, 84], "resnet_20": [40, 51, 44], "plain_56": [310, 395, 320],
    "resnet_56": [55, 49, 61], "plain_32": [90, 120, 101],
}  # fmt: skip


@pytest.fixture
def found() -> Comparison:
    return made_depths(COUNTS, baseline="resnet_20")


def test_each_deeper_one_is_compared_with_the_shallowest_of_its_chain() -> None:
    in_order = dict(sorted(COUNTS.items(), key=lambda item: int(item[0].split("_")[1])))
    found = made_depths(in_order)
    assert found.chains == (("plain_20", "plain_32", "plain_56"), ("resnet_20", "resnet_56"))
    pairs = [("plain_32", "plain_20"), ("plain_56", "plain_20"), ("resnet_56", "resnet_20")]
    assert [(d.model, d.baseline) for d in found.deeper] == pairs * 2
    assert [d.condition for d in found.deeper] == [c for c in CONDITIONS for _ in pairs]


def test_those_of_a_condition_are_read_together(found: Comparison) -> None:
    assert len(found.deeper) == 2 * 3
    for d in found.deeper:
        scale = 1000 if d.condition == "clean" else 500
        deep, shallow = (np.array(COUNTS[name]) / scale for name in (d.model, d.baseline))
        test = ttest_rel(deep, shallow)
        low, high = test.confidence_interval(1 - 0.05 / 3)
        interval = interval_of(d)
        assert (interval.low, interval.high) == pytest.approx((low, high))
        assert d.p_value == pytest.approx(min(1, 3 * test.pvalue))
        assert interval.label.endswith("over 3 seeds, simultaneous over 3 differences")
    # The leads over the baseline are read by themselves.
    assert {interval_of(d).comparisons for d in found.differences} == {4}


def test_one_seed_compares_two_networks() -> None:
    (clean, _) = made_depths({"plain_20": [80], "plain_56": [100]}).deeper
    assert clean.tests is None
    assert clean.two_networks
    assert clean.two_networks.mcnemar.only_a == 20
    assert clean.interval == clean.two_networks.difference


def test_nodes_of_one_graph_have_nothing_with_one_seed() -> None:
    (clean,) = made_depths(
        {"gcn_2": [80], "gcn_4": [100]}, conditions=("clean",), kind="graph", draws="split"
    ).deeper
    assert clean.interval is None
    assert clean.two_networks is None
    assert clean.estimate == pytest.approx(0.02)


def test_it_survives_the_way_through_json(found: Comparison) -> None:
    assert Comparison.model_validate_json(found.model_dump_json()) == found


def test_a_comparison_without_depths_says_nothing_of_them(found: Comparison) -> None:
    older = found.model_dump(mode="json", exclude={"chains", "deeper"})
    for model in older["models"].values():
        del model["options"], model["steps"]
    assert Comparison.model_validate_json(json.dumps(older)).deeper == ()


def test_along_an_axis_of_depth_the_models_changes_are_read_together() -> None:
    sweep = made_depth_sweep(
        {"resnet": {8: [50, 55], 56: [60, 58]}, "plain": {8: [9, 8], 56: [90, 95]}}
    )
    own = [change for change in sweep.changes if change.baseline is None]
    assert {change.change.comparisons for change in own} == {2}
    assert {change.change.comparisons for change in sweep.changes if change.baseline} == {1}
