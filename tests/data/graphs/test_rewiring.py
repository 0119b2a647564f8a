from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.graphs.edges import ends_of
from structbench.data.graphs.examples import Graph, GraphExamples
from structbench.data.graphs.rewiring import can_be_rewired, rewired
from tests.data.graphs.graphs import (
    NOWHERE,
    Pair,
    dataset,
    graph_of,
    graphs,
    pairs_of,
    require_canonical,
)


def degrees(graph: Graph) -> list[int]:
    return [int(n) for n in np.diff(graph.edges.indptr)]


def read(name: str) -> Graph:
    return dataset(name).graph(NOWHERE, 0)


def within(graph: Graph) -> float:
    """The share of the edges that join nodes of one class."""
    one, other = graph.classes[ends_of(graph.edges)].T
    return float((one == other).mean())


def exchanges(graph: Graph) -> bool:
    """Whether two edges can exchange their ends, as one would look for them."""
    there = pairs_of(graph)
    both = there | {(b, a) for a, b in there}
    return any(
        len({a, b, c, d}) == 4 and (a, d) not in both and (c, b) not in both
        for a, b in both
        for c, d in both
    )


@given(graphs(), st.floats(0, 1), st.integers(0, 1000))
def test_every_node_keeps_its_degree_and_the_graph_stays_simple(
    graph: Graph, share: float, seed: int
) -> None:
    before = pairs_of(graph)
    found = rewired(graph, np.random.default_rng(seed), share)
    require_canonical(found)
    assert degrees(found) == degrees(graph)
    assert (found.features != graph.features).nnz == 0
    assert (found.classes == graph.classes).all()
    asked = round(share * len(before))
    assert len(before - pairs_of(found)) <= (max(asked, 2) if asked else 0)
    assert pairs_of(graph) == before, "the input was changed"
    again = rewired(graph, np.random.default_rng(seed), share)
    assert pairs_of(again) == pairs_of(found)


@given(graphs())
def test_it_is_known_where_no_other_graph_has_these_degrees(graph: Graph) -> None:
    assert can_be_rewired(np.diff(graph.edges.indptr)) == exchanges(graph)


@pytest.mark.parametrize(
    ("pairs", "nodes"),
    [
        ([(0, 1)], 2),
        ([(0, 1)], 5),
        ([(0, n) for n in range(1, 9)], 9),
        ([(a, b) for b in range(6) for a in range(b)], 6),
        ([(0, 1), (0, 2), (1, 2), (0, 3)], 6),
    ],
)
def test_a_star_or_a_complete_graph_stays(pairs: list[Pair], nodes: int) -> None:
    graph = graph_of(pairs, nodes)
    assert not can_be_rewired(np.diff(graph.edges.indptr))
    assert pairs_of(rewired(graph, np.random.default_rng(0), 1)) == set(pairs)


def test_two_edges_exchange_their_ends_in_both_ways() -> None:
    graph = graph_of([(0, 1), (2, 3)], 4)
    found = [rewired(graph, np.random.default_rng(seed), 1) for seed in range(60)]
    matchings = [{(0, 1), (2, 3)}, {(0, 2), (1, 3)}, {(0, 3), (1, 2)}]
    times = [sum(pairs_of(each) == matching for each in found) for matching in matchings]
    assert sum(times) == 60
    assert min(times) > 8, times


def test_one_edge_in_many_takes_another_to_exchange_with() -> None:
    graph = read("karate")
    found = (rewired(graph, np.random.default_rng(seed), 1 / 78) for seed in range(9))
    # Chance can also give two edges their own ends back.
    assert {len(pairs_of(graph) - pairs_of(each)) for each in found} == {0, 2}


def test_all_edges_rewired_are_what_chance_makes_of_the_degrees() -> None:
    """Of cora: hardly an edge is left, and classes are joined as their degrees say."""
    graph = read("cora")
    found = rewired(graph, np.random.default_rng(0), 1)
    ends = np.bincount(graph.classes, weights=degrees(graph))
    assert within(graph) == pytest.approx(0.81, abs=0.005)
    # The standard deviation of a share of 5,278 edges is 0.005.
    assert within(found) == pytest.approx(((ends / ends.sum()) ** 2).sum(), abs=0.02)
    left = len(pairs_of(graph) & pairs_of(found)) / 5278
    ends_joined = np.array(degrees(graph))[ends_of(graph.edges)].prod(axis=1)
    chance = np.minimum(ends_joined / (2 * 5278), 1).mean()
    assert left == pytest.approx(chance, abs=0.005)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_share_of_the_edges_goes_and_the_others_stay(share: float) -> None:
    graph = read("cora")
    found = rewired(graph, np.random.default_rng(0), share)
    gone = len(pairs_of(graph) - pairs_of(found)) / 5278
    assert share - 0.01 < gone <= round(share * 5278) / 5278


def test_all_graphs_of_the_same_degrees_are_as_likely() -> None:
    pairs = [(3, 0), (0, 1), (1, 2), (2, 4)]
    graph, every = graph_of(pairs, 5), combinations(combinations(range(5), 2), 4)
    possible = [set(each) for each in every if degrees(graph_of(list(each), 5)) == degrees(graph)]
    assert len(possible) == 7
    rng = np.random.default_rng(0)
    found = [pairs_of(rewired(graph, rng, 1)) for _ in range(140)]
    times = np.array([found.count(each) for each in possible])
    assert times.sum() == 140
    assert ((times - 20) ** 2 / 20).sum() < 22.5  # χ² with 6 degrees of freedom, 99.9 %


def test_training_and_test_nodes_see_the_same_graph_and_seeds_differ() -> None:
    graph = read("karate")
    some, others = (GraphExamples(graph, np.arange(n), seed=3) for n in (4, 9))
    one, other = some.without_structure(0.5), others.without_structure(0.5)
    assert pairs_of(one.graph) == pairs_of(other.graph) != pairs_of(graph)
    assert some.without_structure(0.0).graph is graph
    drawn = GraphExamples(graph, np.arange(4), seed=4).without_structure(0.5)
    assert pairs_of(drawn.graph) != pairs_of(one.graph)
