"""Graphs made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from structbench.data import DATASETS
from structbench.data.graphs.edges import ends_of, joined
from structbench.data.graphs.examples import Graph, GraphDataset

NOWHERE = Path("no data folder is needed")

Pair = tuple[int, int]


def dataset(name: str) -> GraphDataset:
    """The row of a graph."""
    row = DATASETS[name]
    assert isinstance(row, GraphDataset)
    return row


def graph_of(pairs: list[Pair], nodes: int) -> Graph:
    """Edges by their ends, and two features of each node, of which the first is 0 in node 0."""
    features = csr_array(np.stack([np.arange(nodes), np.ones(nodes)], 1).astype(np.float32))
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    return Graph(features, joined(ends, nodes), np.arange(nodes) % 2)


def pairs_of(graph: Graph) -> set[Pair]:
    """Its edges, the smaller node first."""
    return {(int(a), int(b)) for a, b in ends_of(graph.edges)}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Of 2 to 12 nodes, with any edges but at least one."""
    nodes = draw(st.integers(2, 12))
    every = [(a, b) for b in range(nodes) for a in range(b)]
    return graph_of(draw(st.lists(st.sampled_from(every), min_size=1, unique=True)), nodes)


def require_canonical(graph: Graph) -> None:
    """Both matrices as networks are promised to get them."""
    for matrix in (graph.edges, graph.features):
        parts = (matrix.data.copy(), matrix.indices.copy(), matrix.indptr.copy())
        again = csr_array(parts, shape=matrix.shape)  # which looks at them anew
        assert again.has_canonical_format
        assert matrix.dtype == np.float32
        assert (matrix.data != 0).all()
    edges = graph.edges
    assert edges.shape == (len(graph), len(graph))
    assert (edges.data == 1).all()
    assert (edges != edges.T).nnz == 0
    assert not edges.diagonal().any()
