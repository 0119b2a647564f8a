"""How graphs can be altered: the functions behind the test conditions.

Each takes a graph and a generator, and gives a graph of the same nodes and classes, as sparse as it
was; matrices are in canonical format. A network that has learned in one graph is tested in another.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from structbench.data.graphs import rewiring
from structbench.data.graphs.edges import (
    drawn_numbers,
    ends_of,
    every_pair,
    joined,
    nth_pairs,
    pair_numbers,
)
from structbench.data.graphs.examples import Graph
from structbench.data.graphs.limits import require_exchange, require_room

Generator = np.random.Generator


def clean(graph: Graph, rng: Generator) -> Graph:
    """Unaltered."""
    return graph


def drop_edges(graph: Graph, rng: Generator, share: float) -> Graph:
    """This share of the edges is left out."""
    ends = ends_of(graph.edges)
    kept = rng.permutation(len(ends))[round(share * len(ends)) :]
    return replace(graph, edges=joined(ends[kept], len(graph)))


def add_edges(graph: Graph, rng: Generator, share: float) -> Graph:
    """Edges are added where there is none, as many as this share of those there are."""
    ends, nodes = ends_of(graph.edges), len(graph)
    count = require_room(nodes, len(ends), share)
    pairs = nodes * (nodes - 1) // 2
    new = drawn_numbers(rng, pairs, count, np.sort(pair_numbers(ends, nodes)))
    more = nth_pairs(new, *every_pair(nodes))
    return replace(graph, edges=joined(np.concatenate([ends, more]), nodes))


def rewire_edges(graph: Graph, rng: Generator, share: float) -> Graph:
    """This share of the edges exchange their ends; each node keeps its number of edges."""
    require_exchange(graph, share, f"condition 'rewire_edges:{share:.12g}'")
    return rewiring.rewired(graph, rng, share)


def drop_features(graph: Graph, rng: Generator, share: float) -> Graph:
    """This share of the features other than 0, of all nodes together, becomes 0."""
    features = graph.features.copy()
    features.data[rng.permutation(features.nnz)[: round(share * features.nnz)]] = 0
    features.eliminate_zeros()
    return replace(graph, features=features)
