from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm

from structbench.data import DATASETS
from structbench.data.graphs.edges import ends_of
from structbench.data.graphs.examples import Graph
from structbench.data.graphs.social import MadeNetwork
from structbench.data.graphs.spec import MadeGraphSpec
from structbench.errors import ConfigError
from tests.data.graphs.graphs import NOWHERE, dataset, pairs_of, require_canonical

SMALL = {"nodes": 40, "groups": 3, "degree": 4.0, "homophily": 0.7, "telling": 2.0, "features": 5}


def made(**options: Any) -> MadeNetwork:
    return MadeGraphSpec(**{**SMALL, **options}).dataset


def within(graph: Graph) -> int:
    one, other = graph.classes[ends_of(graph.edges)].T
    return int((one == other).sum())


def test_what_is_listed_is_what_is_made_by_default() -> None:
    assert MadeGraphSpec().dataset == DATASETS["social"]
    assert MadeGraphSpec().dataset.drawn


@given(
    st.integers(4, 30), st.integers(2, 6), st.floats(0.3, 12), st.floats(0, 1), st.integers(0, 99)
)
def test_sizes_are_exact_for_every_seed(
    nodes: int, groups: int, degree: float, homophily: float, seed: int
) -> None:
    data = dataset("social")
    assert isinstance(data, MadeNetwork)
    with suppress(ConfigError):
        data = data.set_up(nodes, groups, degree, homophily, 1.0, 7)
    assume(data.nodes == nodes)
    graph = data.graph(NOWHERE, seed)
    require_canonical(graph)
    problem = data.problem(NOWHERE)
    assert (problem.nodes, problem.edges) == (nodes, round(nodes * degree / 2))
    assert len(pairs_of(graph)) == problem.edges
    assert within(graph) == data.within == round(problem.edges * homophily)
    assert graph.features.nnz == problem.values == 7 * nodes
    sizes = np.bincount(graph.classes, minlength=groups)
    assert sizes.tolist() == data.class_sizes(NOWHERE).tolist()
    assert sizes.max() - sizes.min() <= 1


def test_where_all_pairs_are_asked_for_all_are_there() -> None:
    graph = made(nodes=10, groups=2, degree=9.0, homophily=20 / 45).graph(NOWHERE, 0)
    assert len(pairs_of(graph)) == 45
    graph = made(nodes=10, groups=2, degree=4.0, homophily=1.0).graph(NOWHERE, 0)
    assert within(graph) == 20


def test_a_seed_draws_groups_edges_and_features_and_nothing_else_does() -> None:
    first, again, other = (made().graph(NOWHERE, seed) for seed in (0, 0, 1))
    assert pairs_of(first) == pairs_of(again) != pairs_of(other)
    assert (first.features != again.features).nnz == 0
    assert (first.features != other.features).nnz > 0
    assert (first.classes != other.classes).any()
    # Other edges: the same nodes.
    mixed = made(homophily=0.3).graph(NOWHERE, 0)
    assert (mixed.classes == first.classes).all()
    assert (mixed.features != first.features).nnz == 0


def test_each_pair_within_a_group_is_as_likely_as_another() -> None:
    data = made(nodes=9, groups=3, degree=2.0, homophily=5 / 9)
    times = np.zeros((9, 9))
    for seed in range(500):
        graph = data.graph(NOWHERE, seed)
        order = np.argsort(graph.classes, kind="stable").argsort()
        for a, b in pairs_of(graph):
            times[min(order[a], order[b]), max(order[a], order[b])] += 1
    same = (np.arange(9) // 3)[:, None] == np.arange(9) // 3
    rising = np.triu(np.ones((9, 9), bool), 1)
    for pairs, edges in ((same & rising, 5), (~same & rising, 4)):
        expected = 500 * edges / pairs.sum()
        assert ((times[pairs] - expected) ** 2 / expected).sum() < 55


@pytest.mark.parametrize(("groups", "features"), [(2, 1), (2, 8), (5, 4), (5, 9)])
def test_any_two_groups_are_so_far_from_each_other(groups: int, features: int) -> None:
    options = {"nodes": 20_000, "groups": groups, "features": features, "degree": 0.1}
    graph = made(**options, telling=3.0).graph(NOWHERE, 0)
    values, classes = graph.features.toarray(), graph.classes
    means = np.stack([values[classes == group].mean(axis=0) for group in range(groups)])
    distances = np.linalg.norm(means[:, None] - means, axis=2)[np.triu_indices(groups, 1)]
    assert distances == pytest.approx(3.0, abs=0.06)
    assert (values - means[classes]).std(axis=0) == pytest.approx(1, abs=0.03)


def test_two_groups_are_told_apart_by_features_as_well_as_is_said() -> None:
    graph = made(nodes=20_000, groups=2, degree=0.1, telling=1.0).graph(NOWHERE, 0)
    values, classes = graph.features.toarray(), graph.classes
    means = np.stack([values[classes == group].mean(axis=0) for group in (0, 1)])
    nearest = np.linalg.norm(values[:, None] - means, axis=2).argmin(axis=1)
    assert (nearest != classes).mean() == pytest.approx(norm.cdf(-0.5), abs=0.015)


def test_the_digest_names_all_that_a_graph_follows_from() -> None:
    others: list[dict[str, Any]] = [
        {},
        {"nodes": 41},
        {"groups": 4},
        {"degree": 5.0},
        {"homophily": 0.6},
        {"telling": 1.5},
        {"features": 6},
    ]
    assert len({made(**other).digest(NOWHERE) for other in others}) == len(others)
    assert made().digest(NOWHERE) == made().digest(NOWHERE)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"groups": 41, "features": 99}, "groups 41 are more than the nodes, 40"),
        ({"degree": 0.01}, "degree is too small: there is no edge"),
        ({"degree": 40.0}, "degree: 800 edges are asked for, and there is room for 780"),
        (
            {"nodes": 12, "degree": 6.0, "homophily": 1.0},
            "homophily: 36 edges within groups are asked for, and there is room for 18",
        ),
        (
            {"nodes": 12, "degree": 10.0, "homophily": 0.0},
            "homophily: 60 edges between groups are asked for, and there is room for 48",
        ),
        ({"groups": 7}, "features 5 are too few for 7 groups .*: 6 are the fewest"),
        ({"nodes": 10**6, "degree": 1000.0}, r"= 500,000,000 edges are more than 20,000,000"),
        ({"nodes": 10**6, "features": 10_000}, r"nodes · features = 10,000,000,000 numbers"),
    ],
)
def test_what_no_network_can_be_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        made(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"nodes": 1_000_001},
        {"nodes": 3},
        {"groups": 1},
        {"homophily": 1.1},
        {"telling": -1.0},
        {"degree": 0.0},
        {"features": 0},
    ],
)
def test_what_is_out_of_range_is_told(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        made(**options)
