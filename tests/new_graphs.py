"""New graphs, two classifiers of their nodes, and how often an interval covers what they differ by.

The truth is the mean over many seeds, each of which draws a graph, the nodes that are learned from
and those that are tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.data.graphs.examples import GraphExamples
from structbench.data.spec import LoadedData
from structbench.data.specs import data_spec

Errors = NDArray[np.bool_]  # [test nodes]


def drawn(seed: int, **options: Any) -> LoadedData:
    """A network of a seed, with its nodes. options: of the data set `social`"""
    return data_spec({"name": "social", **options}).load(Path(), seed)


def nearest_mean(data: LoadedData, neighbours: bool) -> Errors:
    """Whose group's mean, over the labelled nodes, is another one's than the nearest.

    neighbours: whether a node is the mean of its own features and its neighbours', or its own alone
    """
    train, test = data.train, data.test
    assert isinstance(train, GraphExamples)
    assert isinstance(test, GraphExamples)
    x, edges = train.graph.features.toarray(), train.graph.edges
    if neighbours:
        x = (x + edges @ x) / (1 + np.diff(edges.indptr)[:, None])
    means = [x[train.nodes[train.labels == group]].mean(axis=0) for group in (0, 1)]
    distances = [((x[test.nodes] - mean) ** 2).sum(axis=1) for mean in means]
    wrong: Errors = np.argmin(distances, axis=0) != test.labels
    return wrong


def over_seeds(a: Sequence[float], b: Sequence[float], seeds: int) -> float:
    """How often paired t intervals over so many seeds cover the mean difference over all.

    a, b: the models' shares of errors, once for each seed
    """
    truth = float(np.mean(a) - np.mean(b))
    starts = range(0, len(a) - seeds + 1, seeds)
    found = (st.paired_t(a[i : i + seeds], b[i : i + seeds]).interval for i in starts)
    return float(np.mean([truth in interval for interval in found]))


def over_nodes(a: Sequence[Errors], b: Sequence[Errors]) -> float:
    """How often Newcombe's interval over the nodes of one seed covers it."""
    truth = float(np.mean([one.mean() for one in a]) - np.mean([one.mean() for one in b]))
    return float(np.mean([truth in st.newcombe(*pair) for pair in zip(a, b, strict=True)]))


def at_its_level(coverage: float, intervals: int, level: float = 0.95) -> bool:
    """Whether so many intervals of this level cover as often, but for chance of 1 in 1,000."""
    from scipy.stats import binom

    low, high = binom.interval(0.999, intervals, level)
    return bool(low <= round(coverage * intervals) <= high)
