"""What is tested of data that come without a test part: one split for every seed and model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from structbench.data.subsets import stratified_order
from structbench.errors import DataError
from structbench.streams import stream

# The same for every seed, so that runs stay paired by example.
SPLIT_SEED = 0


def groups_of(examples: NDArray[np.generic]) -> NDArray[np.int64]:
    """[n]: examples that are the same to the last bit have the same number, that of the first.

    examples: [n, …]
    """
    return same_as(digests_of(examples))


def same_as(digests: Sequence[bytes]) -> NDArray[np.int64]:
    """[n]: for each example the number of the first that has its digest."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(of, i) for i, of in enumerate(digests)], np.int64)


def digests_of(examples: NDArray[np.generic]) -> list[bytes]:
    """A digest of each example's values. examples: [n, …]"""
    return [hashlib.blake2b(example.tobytes(), digest_size=16).digest() for example in examples]


def tested_of(
    labels: NDArray[np.int64], groups: NDArray[np.int64], share: float
) -> NDArray[np.bool_]:
    """[n]: which examples are tested: so many of all, stratified, and each group on one side; a
    group that would make them more is learned from, so where there are such they may be fewer.

    labels: [n]; groups: [n], see `groups_of`

    DataError where that leaves none to test on or none to learn from.
    """
    asked = round(share * len(labels))
    heads = np.flatnonzero(groups == np.arange(len(groups)))
    order = heads[stratified_order(labels[heads], stream(SPLIT_SEED, "own split"))]
    sizes = np.bincount(groups, minlength=len(groups))[order]
    tested = order[_filling(sizes, asked)]
    if not 0 < len(tested) < len(order):
        different = f", {len(order):,} of them different," if len(order) < len(labels) else ""
        raise DataError(
            f"{len(labels):,} examples{different} are too few to test a share of {share:g} "
            "(data.test_share) and to learn from others"
        )
    return np.isin(groups, tested)


def _filling(sizes: NDArray[np.int64], room: int) -> NDArray[np.bool_]:
    """[n]: which of these groups are taken one after the other as long as there is room."""
    taken = np.zeros(len(sizes), bool)
    for i, size in enumerate(sizes.tolist()):
        if size <= room:
            taken[i] = True
            room -= size
        if not room:
            break
    return taken
