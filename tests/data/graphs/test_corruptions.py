from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from structbench.data.alterations import TRAINING
from structbench.data.conditions import CONDITIONS, parse_condition
from structbench.data.graphs.edges import joined
from structbench.data.graphs.examples import Graph, GraphExamples
from structbench.data.graphs.limits import require_room
from structbench.errors import ConfigError
from tests.data.graphs.graphs import graph_of, graphs, pairs_of, require_canonical

EXAMPLES = {
    "clean": "clean",
    "drop_edges": "drop_edges:0.3",
    "add_edges": "add_edges:0.3",
    "rewire_edges": "rewire_edges:0.5",
    "drop_features": "drop_features:0.4",
}


def altered(graph: Graph, text: str, seed: int = 0) -> Graph:
    examples = GraphExamples(graph, np.arange(len(graph)), seed)
    return examples.altered(parse_condition(text, "graph"), seed).graph


def ring(nodes: int = 40) -> Graph:
    return graph_of([(n, (n + 1) % nodes) for n in range(nodes)], nodes)


def entries(matrix: csr_array) -> list[list[float]]:
    return [part.tolist() for part in (matrix.indptr, matrix.indices, matrix.data)]


def test_every_condition_has_an_example_here() -> None:
    assert {*EXAMPLES, TRAINING} == CONDITIONS["graph"].keys()


@pytest.mark.parametrize("text", EXAMPLES.values())
def test_same_seed_same_graph_and_the_input_stays(text: str) -> None:
    graph = ring()
    before = entries(graph.edges), entries(graph.features)
    found, again, other = (altered(graph, text, seed) for seed in (0, 0, 1))
    require_canonical(found)
    assert (entries(graph.edges), entries(graph.features)) == before
    assert entries(found.edges) == entries(again.edges)
    assert entries(found.features) == entries(again.features)
    same = entries(found.edges) == entries(other.edges)
    same = same and entries(found.features) == entries(other.features)
    assert same == (text == "clean")


@given(graphs(), st.floats(0, 1), st.integers(0, 1000))
def test_just_this_share_of_the_edges_is_dropped(graph: Graph, share: float, seed: int) -> None:
    found = altered(graph, f"drop_edges:{share}", seed)
    require_canonical(found)
    assert pairs_of(found) <= pairs_of(graph)
    assert len(pairs_of(graph)) - len(pairs_of(found)) == round(share * len(pairs_of(graph)))


@given(graphs(), st.floats(0, 12), st.integers(0, 1000))
def test_so_many_edges_are_added_or_there_is_no_room(graph: Graph, share: float, seed: int) -> None:
    before, nodes = pairs_of(graph), len(graph)
    room = nodes * (nodes - 1) // 2 - len(before)
    asked = round(share * len(before))
    if asked > room:
        told = rf"add_edges:.* {asked} more edges are asked for, and .* has room for {room}$"
        with pytest.raises(ConfigError, match=told):
            altered(graph, f"add_edges:{share}", seed)
        return
    found = altered(graph, f"add_edges:{share}", seed)
    require_canonical(found)
    assert before <= pairs_of(found)
    assert len(pairs_of(found)) == len(before) + asked


@pytest.mark.parametrize("share", [0.25, 2])
def test_each_edge_that_is_not_there_is_as_likely_to_be_added(share: float) -> None:
    """Both where few of the possible edges are there, and where most are."""
    graph, times = ring(6), np.zeros((6, 6))
    for seed in range(400):
        for pair in pairs_of(altered(graph, f"add_edges:{share / 2}", seed)) - pairs_of(graph):
            times[pair] += 1
    (counts,) = [times[times > 0]]
    assert len(counts) == 9
    expected = 400 * round(6 * share / 2) / 9
    assert ((counts - expected) ** 2 / expected).sum() < 30


def test_exactly_this_share_of_the_features_is_dropped() -> None:
    graph = ring()
    assert graph.features.nnz == 79
    found = altered(graph, "drop_features:0.4")
    assert found.features.shape == (40, 2)
    assert found.features.nnz == 79 - round(0.4 * 79)
    dense = found.features.toarray()
    assert np.isin(dense, [0, *range(40)]).all()
    assert ((dense == graph.features.toarray()) | (dense == 0)).all()
    assert altered(graph, "drop_features:1").features.nnz == 0
    assert pairs_of(found) == pairs_of(graph)


def test_what_cannot_be_rewired_is_told() -> None:
    star = graph_of([(0, 1), (0, 2), (0, 3)], 4)
    with pytest.raises(ConfigError, match=r"'rewire_edges:0\.5': no two edges of this graph"):
        altered(star, "rewire_edges:0.5")
    assert pairs_of(altered(star, "rewire_edges:0")) == pairs_of(star)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop_edges:1.5", "SHARE is '1.5'"),
        ("add_edges:-1", "SHARE"),
        ("rewire_edges", "should be written rewire_edges:SHARE"),
        ("drop_words:0.5", "is for sequences, not for graphs"),
        ("drop_edge:0.5", "did you mean 'drop_edges'"),
    ],
)
def test_what_is_no_condition_of_graphs_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_condition(text, "graph")


def test_large_sparse_graphs_are_never_made_dense() -> None:
    """25,000 × 25,000 or × 5,000 numbers would not fit where 100 MB are allowed."""
    import tracemalloc

    rng = np.random.default_rng(0)
    ends = np.unique(np.sort(rng.integers(25_000, size=(200_000, 2)), axis=1), axis=0)
    ends = ends[ends[:, 0] != ends[:, 1]]
    features = csr_array(random_array((25_000, 5_000), density=0.002, format="csr", rng=0))
    features = features.astype(np.float32)
    features.sum_duplicates()
    graph = Graph(features, joined(ends, 25_000), np.arange(25_000) % 5)
    tracemalloc.start()
    for text in EXAMPLES.values():
        require_canonical(altered(graph, text))
    require_canonical(GraphExamples(graph, np.arange(3), 0).without_structure(1.0).graph)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6
    assert require_room(25_000, len(ends), 1.0) == len(ends)
