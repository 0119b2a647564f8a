from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from structbench.data.examples import PADDING
from structbench.data.grids import permute_positions
from structbench.data.spec import DataSpec, LoadedData
from structbench.streams import stream
from structbench.training.feed import SORTED_BATCHES, Feed, by_length
from structbench.training.recipe import Recipe
from tests import kinds


def test_signals_are_altered_before_their_places_are_permuted(tmp_path: Path) -> None:
    spec = DataSpec(name="mnist1d", train_size=200, structure_removed=1.0)
    data = spec.load(tmp_path, seed=0)
    recipe = Recipe(batch_size=200, augment=("invert", "translate:2", "contrast:3"))
    feed = Feed(data, recipe, 0, nn.Linear(1, 1))
    ((signals, labels),) = feed.epoch(0)
    assert signals.dtype == torch.float32
    (plain,) = data.train.inputs
    right = np.pad(plain, ((0, 0), (0, 0), (2, 0)))[..., :40]
    known = {
        permute_positions(altered)[i].tobytes(): (name, label)
        for name, altered in (("invert", -plain), ("translate", right), ("contrast", 3 * plain))
        for i, label in enumerate(data.train.labels)
    }
    found = [known[signal.tobytes()] for signal in signals.numpy()]
    assert [label for _, label in found] == labels.tolist()
    assert all(40 < [name for name, _ in found].count(name) < 95 for name in dict(found))


def sentences(count: int, longest: int = 30) -> LoadedData:
    """Each of its own first symbol, so that one can be told from another."""
    rng = np.random.default_rng(0)
    source = np.arange(3, 3 + count)[:, None] * np.ones(longest, np.int64)
    source[np.arange(longest) >= rng.integers(1, longest, count)[:, None]] = 0
    toys = kinds.echoes(source)
    return LoadedData(toys, toys.take(np.arange(0)), toys, 0.0)


def feed(data: LoadedData, whole: bool = False, **recipe: int | None) -> Feed:
    network = nn.Linear(1, 1)
    network.one_pass = whole  # type: ignore[assignment]
    return Feed(data, Recipe(**recipe), 0, network)  # type: ignore[arg-type]


def test_batches_have_sentences_of_like_length_and_each_one_once() -> None:
    data = sentences(645)
    cut, whole = (list(feed(data, whole, batch_size=20).epoch(1)) for whole in (False, True))
    known = dict(zip(data.train.inputs[0][:, 0].tolist(), range(645), strict=True))
    for short, long in zip(cut, whole, strict=True):
        rows = [known[symbol] for symbol in long[0][:, 0].tolist()]
        for array, of in zip(long, (*data.train.inputs, data.train.labels), strict=True):
            assert (array.numpy() == of[rows]).all()
        source, previous, labels = short
        assert source.is_contiguous()
        assert (source != 0).any(0).all()
        assert (labels != PADDING).any(0).all()
        assert source.tolist() == long[0][:, : source.shape[1]].tolist()
        assert previous.tolist() == long[1][:, : labels.shape[1]].tolist()
    assert sorted(known[int(row)] for batch in cut for row in batch[0][:, 0]) == list(range(645))
    assert [len(batch[0]) for batch in cut] == [20] * 32 + [5]
    # The places that nobody uses are few; in batches as they come they are nearly half.
    empty = [float((batch[0] == 0).float().mean()) for batch in cut[:-1]]
    assert np.mean(empty) < 0.15
    assert {tuple(sorted(b[0][:, 0].tolist())) for b in cut}.isdisjoint(
        tuple(sorted(b[0][:, 0].tolist())) for b in feed(data, batch_size=20).epoch(2)
    )


def test_the_order_by_length_is_drawn_from_the_same_stream() -> None:
    lengths = np.random.default_rng(0).integers(1, 9, (SORTED_BATCHES * 10 + 33, 3))
    rng = stream(0, "order", 0)
    order = rng.permutation(len(lengths))
    found = by_length(lengths[order], 10, rng)
    assert sorted(found.tolist()) == list(range(len(lengths)))
    batches = found[:230].reshape(23, 10)
    for batch in batches:
        assert len(set((batch // (SORTED_BATCHES * 10)).tolist())) == 1, "sorted within a run"
        keys = [tuple(row) for row in lengths[order][batch].tolist()]
        assert keys == sorted(keys)
    assert found[230:].tolist() == [230, 231, 232], "the partial batch is as it was drawn"
    first = lengths[order][batches[:, 0], 0].tolist()
    assert first != sorted(first), "the batches are in a drawn order"


def test_an_epochs_loss_weighs_each_label_the_same() -> None:
    data = sentences(100)
    batches = feed(data, batch_size=30).epoch(0)
    assert batches.labels.tolist() == [int((labels != PADDING).sum()) for *_, labels in batches]
    # Some labels are left out where the training ends within an epoch.
    assert len(feed(data, batch_size=30, steps=2).epoch(0).labels) == 2


def test_altered_sentences_are_put_beside_their_like_too() -> None:
    data = sentences(60)
    recipe = Recipe(batch_size=10, augment=("same", "dropped:0"))
    altered = Feed(data, recipe, 0, nn.Linear(1, 1)).epoch(0)
    ended = [labels.shape[1] for *_, labels in altered]
    assert sum(len(labels) for *_, labels in altered) == 60
    assert set(ended) <= {1, 2, 3}
    assert altered.labels.sum() < (data.train.labels != PADDING).sum()


def test_all_at_once_stay_in_one_order_and_are_copies_all_the_same(tmp_path: Path) -> None:
    data = DataSpec(name="mnist1d", train_size=50).load(tmp_path, seed=0)
    given = Feed(data, Recipe(batch_size=None), 0, nn.Linear(1, 1))
    for index in range(2):
        ((signals, labels),) = given.epoch(index)
        assert np.array_equal(signals, data.train.inputs[0])
        assert np.array_equal(labels, data.train.labels)
        signals.zero_()  # what a network does to its inputs is seen by nobody else
        assert given.epoch(index).labels.tolist() == [50]


def test_sentences_are_learned_from_all_at_once_too() -> None:
    data = sentences(60)
    ((source, _, labels),) = feed(data, batch_size=None).epoch(2)
    assert sorted(source[:, 0].tolist()) == sorted(data.train.inputs[0][:, 0].tolist())
    assert (labels != PADDING).sum() == (data.train.labels != PADDING).sum()
