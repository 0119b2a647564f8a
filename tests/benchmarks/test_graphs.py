"""The made graphs are what they are called, and both loops go over them; nothing is timed."""

from __future__ import annotations

import pytest

from structbench.data.graphs.examples import GraphExamples
from tests.benchmarks.graphs import geometric
from tests.benchmarks.graphs.passes import structbench
from tests.benchmarks.graphs.worlds import world

SMALL = "300,900,40,5"


def test_a_made_graph_has_the_sizes_of_its_name() -> None:
    data, problem = world(SMALL)
    assert isinstance(data.train, GraphExamples)
    graph = data.train.graph
    assert (len(graph), graph.edges.nnz, graph.features.shape[1]) == (300, 2 * 900, 40)
    assert (problem.nodes, problem.edges, problem.values) == (300, 900, graph.features.nnz)
    assert (graph.edges != graph.edges.T).nnz == 0
    assert graph.edges.diagonal().sum() == 0
    assert set(graph.edges.data) == set(graph.features.data) == {1.0}


@pytest.mark.filterwarnings("ignore")  # torch_geometric uses what torch has deprecated
@pytest.mark.parametrize("network", geometric.NETWORKS)
def test_both_loops_go_over_a_graph(network: str) -> None:
    found = world(SMALL)
    assert len([*structbench(network, found, 2)]) == 2
    assert len([*geometric.passes(network, found.data, found.problem.classes, 2)]) == 2
