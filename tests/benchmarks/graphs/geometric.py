"""The two networks as one writes them with torch_geometric, and the loop around them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, elu

from structbench.data.spec import LoadedData
from tests.benchmarks.graphs.asked import DROPOUT, LEARNING_RATE, WEIGHT_DECAY


class GCN(nn.Module):
    """Two layers of GCNConv; the normalised edges are kept after the first pass."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        from torch_geometric.nn import GCNConv

        self.first = GCNConv(features, 64, cached=True)
        self.second = GCNConv(64, classes, cached=True)

    def forward(self, x: Tensor, edges: Tensor) -> Any:
        x = dropout(x, DROPOUT["gcn"], self.training)
        x = self.first(x, edges).relu()
        return self.second(dropout(x, DROPOUT["gcn"], self.training), edges)


class GAT(nn.Module):
    """Two layers of GATConv, 8 heads of 8 and one of all classes."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        from torch_geometric.nn import GATConv

        rate = DROPOUT["gat"]
        self.first = GATConv(features, 8, heads=8, dropout=rate)
        self.second = GATConv(64, classes, heads=1, concat=False, dropout=rate)

    def forward(self, x: Tensor, edges: Tensor) -> Any:
        x = dropout(x, DROPOUT["gat"], self.training)
        x = elu(self.first(x, edges))
        return self.second(dropout(x, DROPOUT["gat"], self.training), edges)


NETWORKS = {"gcn": GCN, "gat": GAT}


def passes(network: str, data: LoadedData, classes: int, count: int) -> Iterator[float]:
    """Seconds of each pass. Features are dense, as torch_geometric's data sets have them."""
    graph = data.train.graph  # type: ignore[attr-defined]
    x = torch.from_numpy(graph.features.toarray())
    rows, columns = graph.edges.nonzero()
    edges = torch.stack([torch.from_numpy(each).long() for each in (rows, columns)])
    nodes = torch.from_numpy(data.train.inputs[0])
    labels = torch.from_numpy(data.train.labels)
    torch.manual_seed(0)
    module = NETWORKS[network](x.shape[1], classes)
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    module.train()
    for _ in range(count):
        started = time.perf_counter()
        optimizer.zero_grad()
        cross_entropy(module(x, edges)[nodes], labels).backward()
        optimizer.step()
        yield time.perf_counter() - started
