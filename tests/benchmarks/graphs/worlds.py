"""The graphs that networks are measured on: Cora, and made ones of any size."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from structbench.data.graphs.examples import Graph, GraphExamples
from structbench.data.spec import LoadedData
from structbench.data.specs import data_spec
from structbench.problem import Problem

CLASSES, LEARNED, TESTED = 7, 140, 1000


class World(NamedTuple):
    """A graph with its split, and its sizes."""

    data: LoadedData
    problem: Problem


def world(name: str) -> World:
    """`cora`, or `NODES,EDGES,FEATURES,VALUES`: a made graph whose nodes have so many words each.

    Its words and its edges are drawn evenly: nothing is to be learned there but how long it takes.
    """
    if name == "cora":
        asked = {"name": name, "train_size": LEARNED, "test_size": TESTED}
        spec = data_spec(asked)
        return World(spec.load(Path(), 0), spec.problem)
    nodes, edges, features, values = map(int, name.split(","))
    graph = made(nodes, edges, features, values)
    rows = np.random.default_rng(1).permutation(nodes)
    parts = (rows[:LEARNED], rows[:0], rows[LEARNED : LEARNED + TESTED])
    train, validation, test = (GraphExamples(graph, np.sort(part), 0) for part in parts)
    problem = Problem(
        "graph", (features,), CLASSES, nodes=nodes, edges=edges, values=graph.features.nnz
    )
    return World(LoadedData(train, validation, test, 0.0), problem)


def made(nodes: int, edges: int, features: int, values: int) -> Graph:
    """So many different edges, and `values` ones among the features of each node."""
    rng = np.random.default_rng(0)
    ends = rng.integers(nodes, size=(edges + edges // 10 + 100, 2))
    low, high = np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1).T
    different = rng.permutation(np.unique(low * nodes + high))[:edges]
    low, high = np.divmod(different, nodes)
    where = np.concatenate([low, high]), np.concatenate([high, low])
    matrix = csr_array(coo_array((np.ones(2 * edges, np.float32), where), shape=(nodes, nodes)))
    words = rng.integers(features, size=(nodes, values)).ravel()
    of = np.repeat(np.arange(nodes), values)
    ones = coo_array((np.ones(len(of), np.float32), (of, words)), shape=(nodes, features))
    bag = csr_array(ones)
    bag.data[:] = 1
    for each in (matrix, bag):
        each.sort_indices()
    return Graph(bag, matrix, rng.integers(CLASSES, size=nodes))
