"""The made graphs are what they are called, and both loops go over them; nothing is timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structbench.data.graphs.examples import GraphExamples
from tests.benchmarks import coverage
from tests.benchmarks.graphs import __main__ as benchmark
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


def test_the_benchmark_sets_both_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(network: str, name: str, who: str, passes: int) -> benchmark.Turn:
        milliseconds = {benchmark.OURS: 2.0, benchmark.THEIRS: 5.0}[who]
        return benchmark.Turn((network, name, who), milliseconds, 300.0)

    monkeypatch.setattr(benchmark, "turn", turn)
    benchmark.main(quick=True, rounds=1, passes=1, output=tmp_path / "found.json")
    rows = json.loads((tmp_path / "found.json").read_text())["passes"]
    assert [row["network"] for row in rows] == ["gcn", "gat"]
    assert {row["ratio"]["median"] for row in rows} == {2.5}


@pytest.mark.parametrize("cora", [False, True])
def test_coverage_is_measured_of_trained_networks(cora: bool, tmp_path: Path) -> None:
    coverage.main(quick=True, seeds=10, cora=cora, output=tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["paired t over 10 seeds"] == {"coverage": 1.0, "n": 1}
    assert found["Newcombe's over the nodes of one seed"]["n"] == 10
