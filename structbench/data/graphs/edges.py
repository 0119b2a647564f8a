"""Edges as pairs of nodes, where they are drawn or altered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]


def ends_of(edges: csr_array) -> Ints:
    """[edges, 2]: the ends of each edge of a symmetric matrix, the smaller first, rising."""
    rows = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
    columns = edges.indices.astype(np.int64)
    once = rows < columns
    return np.stack([rows[once], columns[once]], axis=1)


def joined(ends: NDArray[Any], nodes: int) -> csr_array:
    """The symmetric matrix of edges, none of which is there twice: canonical, float32 ones."""
    from scipy.sparse import csr_array

    both = np.concatenate([ends, ends[:, ::-1]]).astype(np.int32)
    ones = np.ones(len(both), np.float32)
    matrix = csr_array((ones, (both[:, 0], both[:, 1])), shape=(nodes, nodes))
    matrix.sum_duplicates()
    return matrix


def nth_pairs(numbers: Ints, first: Ints, count: Ints) -> Ints:
    """[n, 2]: the pairs of these numbers, if all are counted node by node.

    first, count: [nodes], each node is the left one of so many pairs, with the nodes from `first`
    """
    behind = np.cumsum(count)
    left = np.searchsorted(behind, numbers, side="right")
    return np.stack([left, first[left] + numbers - (behind - count)[left]], axis=1)


def every_pair(nodes: int) -> tuple[Ints, Ints]:
    """Each node with all of larger numbers, for `nth_pairs`: nodes · (nodes − 1) / 2 pairs."""
    first = np.arange(nodes) + 1
    return first, nodes - first


def pair_numbers(ends: Ints, nodes: int) -> Ints:
    """[n]: the numbers of pairs among `every_pair`."""
    left, right = ends.T
    _, count = every_pair(nodes)
    numbers: Ints = (np.cumsum(count) - count)[left] + right - left - 1
    return numbers


def drawn_numbers(rng: np.random.Generator, below: int, count: int, known: Ints) -> Ints:
    """[count]: different whole numbers below a limit that are not known, all sets equally likely.

    known: different ones, rising
    """
    if 2 * (len(known) + count) > below:  # few are left: to wait until chance meets them is long
        left = np.setdiff1d(np.arange(below), known, assume_unique=True)
        return left[rng.permutation(len(left))[:count]]
    found = known
    while lacking := len(known) + count - len(found):
        rising = np.sort(np.append(found, rng.integers(below, size=lacking)))
        found = rising[np.append(True, rising[1:] != rising[:-1])]
    return np.setdiff1d(found, known, assume_unique=True)
