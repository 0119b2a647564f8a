"""A graph of a user's own, of what its files say: checked, and told what was done to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.edges import Ints, joined
from structbench.data.graphs.examples import NO_CLASS, Graph
from structbench.data.graphs.limits import MOST_EDGES, MOST_FEATURES, MOST_NODES, MOST_VALUES
from structbench.data.own.labels import numbered
from structbench.data.own.read import OwnGraph
from structbench.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A label as people write that there is none, whatever the case of its letters.
NO_LABEL = frozenset({"", "na", "n/a", "<na>", "nan", "null"})
# Weights begin as if features were about 1; of larger ones than this it is told.
LARGE = 100


def gathered(
    where: object,
    labels: Sequence[str],
    ends: Ints,
    features: csr_array | None,
    told: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> OwnGraph:
    """The graph, without direction, self-loops and doubles; each node has a feature of its own
    where there are no others.

    where: the data lie; labels: of each node, one of NO_LABEL where there is none
    ends: int64 [edges, 2], numbers of nodes
    told: what else is to be known
    ids: what nodes are called; none where they are numbered from 0

    DataError where it is too large, has no edge, or fewer than two classes.
    """
    nodes = len(labels)
    require_at_most(where, nodes, MOST_NODES, "nodes")
    require_at_most(where, len(ends), MOST_EDGES, "edges")
    classes, names = _classes(labels, where)
    kept = _once(ends, nodes)
    if not len(kept):
        raise DataError(f"{where}: no edge joins two nodes")
    edges = joined(kept, nodes)
    matrix = _own_feature(nodes) if features is None else _canonical(features, where)
    notices = (
        *told,
        *_of_features(features, matrix),
        *_of_labels(classes),
        *_of_edges(ends, len(kept)),
        *_of_components(edges),
    )
    return OwnGraph(Graph(matrix, edges, classes, tuple(ids)), names, notices)


def require_at_most(where: object, count: int, most: int, what: str) -> None:
    """DataError where there are more."""
    if count > most:
        raise DataError(f"{where} has more than {most:,} {what}")


def _classes(labels: Sequence[str], where: object) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """[nodes], and what they are called."""
    known = [i for i, label in enumerate(labels) if label.casefold() not in NO_LABEL]
    if not known:
        raise DataError(f"{where}: no node has a class")
    classes = np.full(len(labels), NO_CLASS)
    classes[known], names = numbered(_whole([labels[i] for i in known], where), where)
    return classes, names


def _whole(labels: list[str], where: object) -> list[str]:
    """Without the .0 that whole numbers get where some are missing; DataError where numbers are not
    whole, as what is measured is."""
    try:
        numbers = {label: float(label) for label in set(labels)}
    except ValueError:
        return labels
    if measured := next((text for text, value in numbers.items() if not value.is_integer()), None):
        raise DataError(
            f"{where}: classes should be whole numbers or texts, and {measured} is measured"
        )
    return [label.removesuffix(".0") for label in labels]


def _once(ends: Ints, nodes: int) -> Ints:
    """[edges, 2]: each pair of different nodes once, the smaller first, rising."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    keys = np.sort((low * nodes + high)[low != high])
    keys = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    return np.stack([keys // nodes, keys % nodes], axis=1)


def _own_feature(nodes: int) -> csr_array:
    """One number in so many is 1: it says only which node it is."""
    from scipy.sparse import eye_array

    return eye_array(nodes, dtype=np.float32, format="csr")


def _canonical(features: csr_array, where: object) -> csr_array:
    """float32, columns sorted, none twice, nothing that is 0; DataError where it is too large."""
    require_at_most(where, features.shape[1], MOST_FEATURES, "features of a node")
    require_at_most(where, features.nnz, MOST_VALUES, "features other than 0")
    with np.errstate(over="ignore"):
        matrix = features.astype(np.float32)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    if not np.isfinite(matrix.data).all():
        raise DataError(f"{where}: features have to be finite numbers")
    return matrix


def _of_features(given: csr_array | None, features: csr_array) -> Iterator[str]:
    if given is None:
        yield "the nodes come without features: each gets one of its own, which says only who it is"
    if without := int((np.diff(features.indptr) == 0).sum()):
        yield f"nodes without a feature other than 0: {without:,} of {features.shape[0]:,}"
    if (largest := np.abs(features.data).max(initial=0)) > LARGE:
        yield (
            f"features are taken as they are, and reach {largest:,.6g}: networks learn badly from "
            "large numbers"
        )


def _of_labels(classes: NDArray[np.int64]) -> Iterator[str]:
    if without := int((classes == NO_CLASS).sum()):
        yield (
            f"nodes without a class: {without:,} of {len(classes):,}; they are there as "
            "neighbours, and neither learned from nor tested"
        )


def _of_edges(ends: Ints, kept: int) -> Iterator[str]:
    loops = int((ends[:, 0] == ends[:, 1]).sum())
    doubles = len(ends) - loops - kept
    left_out = (
        f"{loops:,} that join a node with itself" * bool(loops),
        f"{doubles:,} that are there already, in this direction or the other" * bool(doubles),
    )
    if loops or doubles:
        yield f"of {len(ends):,} edges left out: {', '.join(filter(None, left_out))}"


def _of_components(edges: csr_array) -> Iterator[str]:
    from scipy.sparse.csgraph import connected_components

    count, of = connected_components(edges, directed=False)
    if count > 1:
        alone = int((np.diff(edges.indptr) == 0).sum())
        yield (
            f"the graph has {count:,} components, the largest of {np.bincount(of).max():,} nodes"
            + f"; nodes without an edge: {alone:,}" * bool(alone)
        )
