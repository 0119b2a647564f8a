"""The batches that a network learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from structbench.data.alterations import read_condition
from structbench.data.examples import Examples
from structbench.data.spec import LoadedData
from structbench.evaluation import (
    cut_to,
    entering,
    is_one_pass,
    require_unaltered,
    shared_of,
    to_tensors,
    versions,
)
from structbench.streams import stream, stream_seed
from structbench.training.recipe import Recipe

# Examples of so many batches are sorted by length among themselves: enough that a batch has few
# empty places, and few enough that it is another one in each epoch.
SORTED_BATCHES = 20


@dataclass(frozen=True)
class Batches:
    """The batches (inputs…, labels) of an epoch.

    arrays: of all its examples, in its order
    lengths: [n, arrays], used places of each example, see Examples; each batch is cut to its
        longest. None: batches are whole
    labels: [steps], how many each batch has
    side: to which the images of a batch are resized, see Examples
    """

    arrays: tuple[Tensor, ...]
    size: int
    labels: NDArray[np.int64]
    lengths: NDArray[np.int64] | None = None
    side: int | None = None

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        for step in range(len(self.labels)):
            batch = slice(step * self.size, (step + 1) * self.size)
            own = tuple(array[batch] for array in self.arrays)
            if self.lengths is not None:
                own = cut_to(self.lengths[batch], own)
            *inputs, labels = own
            yield (*(entering(each, self.side) for each in inputs), labels)


class Feed:
    """The training examples of each epoch, on the device, in that epoch's order.

    Without augmentation the arrays stay on the device as they are and an epoch is one gather
    there: 47 MB of bytes for MNIST, a quarter of what float32 would take.

    network: what they are for: it decides what is shared, and how examples that have lengths come
    shared: what it takes besides each batch
    """

    def __init__(
        self,
        data: LoadedData,
        recipe: Recipe,
        seed: int,
        network: nn.Module,
    ):
        self.data, self.recipe, self.seed = data, recipe, seed
        self.device = next(network.parameters()).device
        self.whole = is_one_pass(network)
        seen = data.train if recipe.augment else data.prepared(data.train)
        self.lengths = seen.lengths
        self.shared = shared_of(network, seen, self.device)
        self.versions = versions(self.shared)
        if not recipe.augment:
            self.arrays = to_tensors((*seen.inputs, seen.labels), self.device)

    def __len__(self) -> int:
        return len(self.data.train)

    def require_unaltered(self) -> None:
        """ConfigError where the network has altered what all batches share."""
        require_unaltered(self.versions)

    def epoch(self, index: int) -> Batches:
        """Of the epoch of this index, counted from 0.

        The order is drawn; examples that have lengths are then put beside others of like length.
        """
        size, steps = self.recipe.batch(len(self)), self.recipe.steps_in_epoch(index, len(self))
        if self.lengths is None:
            arrays, _ = self._in_order(index, self._order(index))
            labels = np.full(steps, size)
            labels[-1] = min(size, len(self) - (steps - 1) * size)
            return Batches(arrays, size, labels, side=self.data.train.side)
        rng = stream(self.seed, "order", index)
        arrays, lengths = self._in_order(index, rng.permutation(len(self)))
        assert lengths is not None
        place = by_length(lengths, size, rng)
        lengths = lengths[place]
        labels = np.add.reduceat(lengths[:, -1], range(0, len(lengths), size))[:steps]
        return Batches(_taken(arrays, place), size, labels, None if self.whole else lengths)

    def _order(self, index: int) -> NDArray[np.int64]:
        """Drawn, but where all examples are one batch: its loss, a mean, knows no order."""
        if self.recipe.batch_size is None:
            return np.arange(len(self))
        return stream(self.seed, "order", index).permutation(len(self))

    def _in_order(
        self, index: int, order: NDArray[np.int64]
    ) -> tuple[tuple[Tensor, ...], NDArray[np.int64] | None]:
        """Arrays of all examples, on the device, and their lengths."""
        if self.recipe.augment:
            arrays, lengths = self._augmented(index, order)
            return to_tensors(arrays, self.device), lengths
        lengths = None if self.lengths is None else self.lengths[order]
        return _taken(self.arrays, order), lengths

    def _augmented(
        self, index: int, order: NDArray[np.int64]
    ) -> tuple[tuple[NDArray[Any], ...], NDArray[np.int64] | None]:
        """Each example altered by one of the conditions, drawn evenly; in this order."""
        conditions = [read_condition(text) for text in self.recipe.augment]
        choice = stream(self.seed, "augment", index).integers(len(conditions), size=len(order))
        seed, place = stream_seed(self.seed, "augmentation", index), order.argsort()
        arrays: tuple[NDArray[Any], ...] = ()
        for i, condition in enumerate(conditions):
            chosen = np.flatnonzero(choice == i)
            altered = self.data.prepared(self.data.train.take(chosen).altered(condition, seed))
            parts = _arrays(altered)
            arrays = arrays or tuple(np.empty((len(order), *p.shape[1:]), p.dtype) for p in parts)
            for array, part in zip(arrays, parts, strict=True):
                array[place[chosen]] = part
        return (arrays, None) if self.lengths is None else (arrays[:-1], arrays[-1])


def by_length(lengths: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """An order of the examples in which each whole batch has ones of like length.

    They are sorted within runs of SORTED_BATCHES, and the batches then drawn. The partial batch is
    the last, of whichever examples stand last: else it would always have the longest ones.

    lengths: [n, arrays]
    """
    whole = len(lengths) - len(lengths) % size
    sorted_runs = [
        start + np.lexsort(lengths[start : min(start + SORTED_BATCHES * size, whole)].T[::-1])
        for start in range(0, whole, SORTED_BATCHES * size)
    ]
    batches = np.concatenate([*sorted_runs, np.arange(0)]).reshape(-1, size)
    drawn = batches[rng.permutation(len(batches))].ravel()
    return np.concatenate([drawn, np.arange(whole, len(lengths))])


def _arrays(examples: Examples) -> tuple[NDArray[Any], ...]:
    """What is learned from, with the lengths where there are any."""
    lengths = () if examples.lengths is None else (examples.lengths,)
    return (*examples.inputs, examples.labels, *lengths)


def _taken(arrays: tuple[Tensor, ...], order: NDArray[np.int64]) -> tuple[Tensor, ...]:
    place = torch.from_numpy(order).to(arrays[0].device)
    return tuple(array.index_select(0, place) for array in arrays)
