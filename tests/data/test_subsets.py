from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.examples import Examples
from structbench.data.images.examples import ImageExamples
from structbench.data.subsets import stratified_order, training_split
from structbench.data.subsets import test_split as split_test

labels_of = st.lists(st.integers(0, 4), min_size=1, max_size=200).map(
    lambda values: np.array(values, dtype=np.int64)
)


def examples(labels: np.ndarray) -> Examples:
    """Examples whose only pixel is their place, modulo 256."""
    pixels = (np.arange(len(labels)) % 256).astype(np.uint8)
    return ImageExamples.numbered(pixels[:, None, None, None], labels)


@given(labels_of, st.integers(0, 2**32 - 1), st.data())
def test_every_prefix_and_suffix_is_stratified(
    labels: np.ndarray, seed: int, data: st.DataObject
) -> None:
    order = stratified_order(labels, np.random.default_rng(seed))
    assert sorted(order.tolist()) == list(range(len(labels)))
    size = data.draw(st.integers(0, len(labels)))
    for part in (order[:size], order[len(labels) - size :]):
        share = np.bincount(labels) * size / len(labels)
        assert (np.abs(np.bincount(labels[part], minlength=len(share)) - share) <= 1).all()


@given(labels_of, st.integers(0, 2**32 - 1))
def test_ties_are_broken_by_chance(labels: np.ndarray, seed: int) -> None:
    order = stratified_order(labels, np.random.default_rng(seed))
    # The same, as one would write it: the r-th of n of a class at (r + ½)/n, then at random.
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    by_class = np.concatenate([shuffled[labels[shuffled] == c] for c in range(labels.max() + 1)])
    places = [(r + 0.5) / n for n in np.bincount(labels) for r in range(n)]
    assert order.tolist() == by_class[np.lexsort((rng.random(len(labels)), places))].tolist()


@given(labels_of, st.integers(0, 1000), st.data())
def test_training_and_validation_are_disjoint_and_of_the_sizes_asked(
    labels: np.ndarray, seed: int, data: st.DataObject
) -> None:
    train_size = data.draw(st.integers(1, len(labels)))
    validation_size = data.draw(st.integers(0, len(labels) - train_size))
    train, validation = training_split(examples(labels), train_size, validation_size, seed)
    assert (len(train), len(validation)) == (train_size, validation_size)
    together = np.concatenate([train.inputs[0].ravel(), validation.inputs[0].ravel()])
    assert len(set(together.tolist())) == len(together)
    alone, _ = training_split(examples(labels), train_size, 0, seed)
    assert (alone.inputs[0] == train.inputs[0]).all()


def test_a_larger_subset_contains_the_smaller_and_seeds_differ() -> None:
    source = examples(np.arange(200) % 10)
    small, _ = training_split(source, 50, 0, seed=1)
    large, _ = training_split(source, 100, 0, seed=1)
    other, _ = training_split(source, 50, 0, seed=2)
    assert set(small.inputs[0].ravel().tolist()) < set(large.inputs[0].ravel().tolist())
    assert set(small.inputs[0].ravel().tolist()) != set(other.inputs[0].ravel().tolist())


def test_all_examples_keep_their_order_and_the_test_subset_is_sorted() -> None:
    source = examples(np.arange(100) % 10)
    train, validation = training_split(source, None, 0, seed=3)
    assert (train.inputs[0] == source.inputs[0]).all()
    assert len(validation) == 0
    test = split_test(source, 30)
    places = test.inputs[0].ravel()
    assert len(places) == 30
    assert (test.rows == places).all(), "examples keep their numbers"
    assert (np.diff(places.astype(int)) > 0).all()
