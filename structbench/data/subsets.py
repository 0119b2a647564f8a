"""Stratified subsets: each class keeps its share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from structbench.streams import stream

if TYPE_CHECKING:
    from structbench.data.examples import Examples

Some = TypeVar("Some", bound="Examples")

# The test subset is the same for every seed, so that runs stay paired by example.
TEST_SUBSET_SEED = 0

# Of the examples that were learned from so many are asked: enough to tell half a point.
MOST_SAMPLED = 2000


def stratified_order(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """An order of the examples in which every prefix and every suffix is stratified.

    In a prefix of any length each class has its share of examples, to within one. A
    longer prefix contains a shorter one, so growing a training set only adds to it.

    Answers of several symbols are all of one class here.

    labels: int64 [n], or [n, answer_length]; returns indices, int64 [n]
    """
    labels = labels if labels.ndim == 1 else np.zeros(len(labels), np.int64)
    shuffled = rng.permutation(len(labels))
    by_class = shuffled[_by_class(labels[shuffled])]
    return by_class[_sorted(_positions(np.bincount(labels)), rng.random(len(labels)))]


def _by_class(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of the labels of each class after the other, each in their order."""
    # 16 bits are sorted by counting, in a sixth of the time.
    small = np.uint16 if labels.max(initial=0) < 2**16 else np.int64
    return np.argsort(labels.astype(small), kind="stable")


def _ranks(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 … n − 1 for each class of n examples, one class after the other."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _positions(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where each example stands in a stratified order, one class after the other.

    The r-th of n examples of a class stands at (r + ½)/n of the way through.
    """
    positions: NDArray[np.float64] = (_ranks(counts) + 0.5) / np.repeat(counts, counts)
    return positions


def fewest_behind(counts: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """How many of each class there are at least behind the first ones of a stratified order.

    counts: [classes], examples of each class; first: how many, at least 1
    """
    positions, classes = _positions(counts), np.repeat(np.arange(len(counts)), counts)
    # Of those that stand at the same place, chance decides who is among the first.
    early = positions <= np.partition(positions, first - 1)[first - 1]
    return counts - np.bincount(classes[early], minlength=len(counts))


def _sorted(values: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """np.lexsort((chance, values)) of values in few rising runs: 60,000 take 4 ms, not 29."""
    order = np.argsort(values, kind="stable")
    same = values[order[1:]] == values[order[:-1]]
    tied = np.append(same, False) | np.append(False, same)
    among = order[tied]
    order[tied] = among[np.lexsort((chance[among], values[among]))]
    return order


def training_split(
    train: Some, train_size: int | None, validation_size: int, seed: int
) -> tuple[Some, Some]:
    """Training and validation examples, disjoint, both stratified.

    The training examples of a seed do not depend on `validation_size` as long as both
    fit; with `train_size` None they are all that validation leaves.
    """
    if train_size is None and validation_size == 0:
        return train, train.take(np.arange(0))
    order = stratified_order(train.labels, stream(seed, "subset"))
    kept = len(order) - validation_size
    return train.take(order[: train_size or kept]), train.take(order[kept:])


def class_split(train: Some, per_class: int, validation_size: int, seed: int) -> tuple[Some, Some]:
    """So many training examples of each class, and validation examples of the others.

    The training examples do not depend on `validation_size`, and are among those of a larger
    number; the validation examples are stratified as the others are.
    """
    order = stratified_order(train.labels, stream(seed, "subset"))
    labels = train.labels[order]
    first = np.zeros(len(order), bool)
    first[_by_class(labels)] = _ranks(np.bincount(labels)) < per_class
    rest = order[~first]
    return train.take(order[first]), train.take(rest[len(rest) - validation_size :])


def test_split(test: Some, test_size: int | None) -> Some:
    """The test examples, or a stratified subset of them in their original order."""
    if test_size is None or test_size == len(test):
        return test
    order = stratified_order(test.labels, stream(TEST_SUBSET_SEED, "test subset"))
    return test.take(np.sort(order[:test_size]))


def training_sample(train: Some) -> Some:
    """A fixed sample of the training examples (at most 2,000), as they are.

    Stratified, and the same wherever the same ones were learned from, in whichever order.
    """
    by_row = np.argsort(train.rows, kind="stable")
    order = stratified_order(train.labels[by_row], stream(TEST_SUBSET_SEED, "training sample"))
    return train.take(by_row[np.sort(order[:MOST_SAMPLED])])
