"""Graphs made by hand, as networks take them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from structbench.data import DATASETS
from structbench.data.graphs.examples import GraphDataset
from structbench.evaluation import to_tensors
from structbench.models import ModelSpec
from structbench.models.build import build
from structbench.models.sparse_products import Matrix
from structbench.problem import Problem

CORA = Problem("graph", (1433,), 7, nodes=2708, edges=5278, values=49216)
NODES, FEATURES, CLASSES = 12, 30, 3

Graph = tuple[Tensor, Tensor]  # Features and edges, CSR.


def drawn(seed: int = 0, edges: float = 0.2, values: float = 0.08) -> Graph:
    """Features and edges of NODES nodes, of which the last has no neighbour."""
    rng = np.random.default_rng(seed)
    joined = np.triu(rng.random((NODES, NODES)) < edges, 1)
    joined[-1] = joined[:, -1] = False
    features = rng.normal(size=(NODES, FEATURES)) * (rng.random((NODES, FEATURES)) < values)
    return csr(features), csr(joined | joined.T)


def csr(matrix: Any) -> Tensor:
    """As a float32 CSR tensor."""
    return torch.as_tensor(np.asarray(matrix), dtype=torch.float32).to_sparse_csr()


def problem_of(graph: Graph) -> Problem:
    features, edges = graph
    nodes, width = features.shape
    return Problem(
        "graph", (width,), CLASSES, nodes=nodes, edges=edges._nnz() // 2, values=features._nnz()
    )


def karate() -> tuple[Graph, Problem]:
    from structbench.data.spec import default_data_folder

    dataset, folder = DATASETS["karate"], default_data_folder()
    assert isinstance(dataset, GraphDataset)
    graph = dataset.graph(folder, 0)
    features, edges = to_tensors((graph.features, graph.edges), torch.device("cpu"))
    return (features, edges), dataset.problem(folder)


def made(spec: ModelSpec, problem: Problem) -> Any:
    """A network whose biases are drawn too, as if it had learned; without dropout."""
    network = build(spec, problem, 0).eval()
    torch.manual_seed(1)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter)
    return network


def asked(network: Any, graph: Graph, nodes: Tensor | None = None) -> Tensor:
    """Its logits of these nodes, or of all."""
    nodes = torch.arange(graph[0].shape[0]) if nodes is None else nodes
    logits: Tensor = network(nodes, *network.ready(*graph))
    return logits


def geometric() -> Any:
    """The layers of torch_geometric, which only agrees with them here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses torch.jit, of which torch warns
        import torch_geometric.nn

    return torch_geometric.nn


def edge_index(edges: Tensor) -> Tensor:
    """int64 [2, entries], as torch_geometric has edges."""
    matrix = Matrix.of(edges)
    return torch.stack([matrix.rows, matrix.columns])
