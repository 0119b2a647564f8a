"""Graph networks agree with those of torch_geometric that have the same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from structbench.models.gat import GAT
from structbench.models.gcn import GCN
from structbench.models.graph_list import NeighbourList
from structbench.models.sage import SAGE
from structbench.problem import Problem
from tests.models.graphs import Graph, asked, drawn, edge_index, geometric, karate, made, problem_of

GRAPHS: dict[str, Callable[[], tuple[Graph, Problem]]] = {
    "karate": karate,
    "drawn": lambda: (drawn(), problem_of(drawn())),
    "dense features": lambda: (drawn(1, values=0.9), problem_of(drawn(1, values=0.9))),
}
SPECS = [
    GCN(hidden=5),
    GCN(depth=1),
    GCN(hidden=5, depth=4),
    SAGE(hidden=5),
    SAGE(hidden=5, depth=3),
    GAT(hidden=3, heads=4),
    GAT(hidden=3, heads=2, output_heads=5, depth=3),
]


def convolution(ours: Any, inputs: int, outputs: int) -> nn.Module:
    theirs = geometric().GCNConv(inputs, outputs)
    theirs.load_state_dict({"lin.weight": ours["weight"].T, "bias": ours["bias"]})
    return theirs  # type: ignore[no-any-return]


def mean(ours: Any, inputs: int, outputs: int) -> nn.Module:
    theirs = geometric().SAGEConv(inputs, outputs, aggr="mean")
    weights = {"lin_l.weight": ours["weight"].T, "lin_r.weight": ours["own"].T}
    theirs.load_state_dict({**weights, "lin_l.bias": ours["bias"]})
    return theirs  # type: ignore[no-any-return]


def attention(ours: Any, inputs: int, outputs: int) -> nn.Module:
    heads, width, _ = ours["asks"].shape
    joined = outputs != width or heads == 1
    theirs = geometric().GATConv(inputs, width, heads, concat=joined)
    scores = {"att_dst": ours["asks"].mT, "att_src": ours["answers"].mT}
    scores = {name: vectors.transpose(0, 1) for name, vectors in scores.items()}
    theirs.load_state_dict({**scores, "lin.weight": ours["weight"].T, "bias": ours["bias"]})
    return theirs  # type: ignore[no-any-return]


THEIRS = {"convolution": convolution, "mean": mean, "attention": attention}


def theirs(network: nn.Module, spec: NeighbourList, problem: Problem) -> list[nn.Module]:
    """Their layers, one for each of ours that reads neighbours, with its weights."""
    layers = []
    for row in spec.layer_table(problem).rows:
        if row.parameters.value:
            ours = network.get_submodule(row.name).state_dict()
            make = THEIRS[row.name.rstrip("0123456789")]
            width = row.input_shape[-1], row.output_shape[-1]
            layers.append(make(ours, *width).eval())
    return layers


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_networks_answer_as_torch_geometrics_do(spec: NeighbourList, graph: str) -> None:
    (features, edges), problem = GRAPHS[graph]()
    network = made(spec, problem)
    first, *others = theirs(network, spec, problem)
    activation = torch.nn.functional.elu if isinstance(spec, GAT) else torch.relu
    index = edge_index(edges)
    expected: Tensor = first(features.to_dense(), index)
    for layer in others:
        expected = layer(activation(expected), index)
    found = asked(network, (features, edges))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_attention_is_that_of_torch_geometrics_layer() -> None:
    graph = features, edges = drawn(2)
    spec, problem = GAT(depth=1, output_heads=3), problem_of(graph)
    network = made(spec, problem)
    (layer,) = theirs(network, spec, problem)
    _, (index, weights) = layer(
        features.to_dense(), edge_index(edges), return_attention_weights=True
    )
    expected = torch.zeros(3, *edges.shape)
    expected[:, index[1], index[0]] = weights.T
    found = network.attention(features, edges)
    rows, columns = (edges.to_dense() + torch.eye(edges.shape[0])).nonzero().T
    torch.testing.assert_close(found, expected[:, rows, columns])
    assert found.shape == (3, edges._nnz() + edges.shape[0])
