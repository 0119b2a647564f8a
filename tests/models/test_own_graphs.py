"""Networks of graphs of a user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from structbench import load_experiment
from structbench.errors import ConfigError
from structbench.models.build import build, zeros
from structbench.models.gcn import GCN
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import named_model
from structbench.problem import Problem
from tests.models.graphs import CORA, geometric
from tests.own import outcome, written

# As people have it: of torch_geometric's layers, which take an edge index.
GEOMETRIC = """
from torch_geometric.nn import GCNConv
class Net(nn.Module):
    takes = ("graph",)
    widths = ("hidden",)
    def __init__(self, in_channels, num_classes, hidden=64):
        super().__init__()
        self.first, self.second = GCNConv(in_channels, hidden), GCNConv(hidden, num_classes)
    def forward(self, nodes, features, edges):
        edge_index = edges.to_sparse_coo().indices()
        h = self.first(features, edge_index).relu()
        return self.second(h, edge_index)[nodes]
"""
# By torch alone; what all batches share is made ready once.
READY = """
class Net(TorchModel):
    takes = frozenset({"graph"})
    family: Literal["Net"] = "Net"
    def network(self, problem):
        return Around(problem)
class Around(nn.Module):
    def __init__(self, problem):
        super().__init__()
        self.fc = nn.LazyLinear(problem.classes)
    def ready(self, features, edges):
        return (edges @ (edges @ features.to_dense()),)
    def forward(self, nodes, around):
        return self.fc(around[nodes])MORE
"""
KARATE = load_experiment("gcn", ["data.name=karate"]).data.problem


def table(folder: Path, body: str, problem: Problem = KARATE) -> LayerTable:
    return named_model(f"{written(folder, body)}:Net")().layer_table(problem)


@pytest.mark.filterwarnings("ignore")
def test_a_network_of_torch_geometrics_layers_counts_as_the_same_one_of_ours(
    tmp_path: Path,
) -> None:
    geometric()
    found, ours = table(tmp_path, GEOMETRIC, CORA), GCN().layer_table(CORA)
    assert (found.parameters, found.macs) == (ours.parameters, ours.macs)
    assert found.notices == []
    assert found.of_graph


@pytest.mark.filterwarnings("ignore")
def test_a_network_of_torch_geometrics_layers_is_trained(tmp_path: Path) -> None:
    geometric()
    asked = ["data={name: karate}", "training.epochs=20", "model.hidden=8"]
    found = outcome(tmp_path, GEOMETRIC, *asked)
    assert found.summary.parameters == 34 * 8 + 8 + 8 * 2 + 2
    # That library writes code as it runs, which is no part of the user's.
    (notice,) = found.summary.notices
    assert notice.startswith("no two nodes have a feature in common")


def test_what_it_makes_ready_is_what_it_is_called_with(tmp_path: Path) -> None:
    # A layer that waits for its input's size sees it, too.
    found = table(tmp_path, READY.replace("MORE", ""))
    assert (found.parameters, found.macs) == (34 * 2 + 2, 34 * 2)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            ".sum(0)",
            "gives (2,) for one example; it should give of each node that is asked for one logit "
            "for each of the 2 classes: (1, 2)",
        ),
        (
            " @ around",
            "fails for one example, with a graph of 34 nodes with 34 features each, 78 edges and 2 "
            "classes: Around, is given 1, 34×34: RuntimeError",
        ),
    ],
)
def test_what_fails_is_told_of_the_graph(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        table(tmp_path, READY.replace("MORE", more))
    assert told in str(caught.value)


def test_all_nodes_are_not_the_ones_that_are_asked_for(tmp_path: Path) -> None:
    body = READY.replace("MORE", "").replace("around[nodes]", "around")
    with pytest.raises(ConfigError, match=r"gives \(34, 2\) for one example; .* \(1, 2\)$"):
        table(tmp_path, body)


def test_what_is_made_ready_is_a_tuple(tmp_path: Path) -> None:
    body = READY.replace("MORE", "").replace("features.to_dense()),)", "features.to_dense()))")
    with pytest.raises(ConfigError, match="model Net gives a Tensor by `ready`; it should"):
        table(tmp_path, body)


@settings(max_examples=30)
@given(nodes=st.integers(1, 12), data=st.data())
def test_a_network_is_tried_on_a_graph_of_the_same_sizes(nodes: int, data: st.DataObject) -> None:
    edges = data.draw(st.integers(0, nodes * (nodes - 1) // 2))
    features = data.draw(st.integers(1, 5))
    values = data.draw(st.integers(0, nodes * features))
    problem = Problem("graph", (features,), 3, nodes=nodes, edges=edges, values=values)
    asked, given, joined = zeros(problem)
    assert asked.tolist() == [0]
    assert (given.shape, given._nnz()) == ((nodes, features), values)
    assert (joined.shape, joined._nnz()) == ((nodes, nodes), 2 * edges)
    for matrix in (given, joined):
        # Each entry once, and columns rise within a row.
        torch.sparse_csr_tensor(
            matrix.crow_indices(),
            matrix.col_indices(),
            matrix.values(),
            matrix.shape,
            check_invariants=True,
        )
        full = matrix.to_dense()
        assert full.sum() == (full == 1).sum() == matrix._nnz()
        assert (matrix.crow_indices().dtype, matrix.values().dtype) == (torch.int64, torch.float32)
    full = joined.to_dense()
    assert torch.equal(full, full.T)
    assert not full.diagonal().any()


def test_a_graph_of_many_edges_is_tried_too() -> None:
    large = replace(CORA, nodes=50_000, edges=300_000, values=200_000)
    network: Any = build(GCN(hidden=2, depth=1), large, 0)
    nodes, *shared = zeros(large)
    assert network(nodes, *network.ready(*shared)).shape == (1, 7)
