"""The batches that a network learns from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from structbench.data.alterations import read_condition
from structbench.data.spec import LoadedData
from structbench.evaluation import require_unaltered, to_tensors, unit_range, versions
from structbench.streams import stream, stream_seed
from structbench.training.recipe import Recipe


class Feed:
    """The training examples of each epoch, on the device, in that epoch's order.

    Without augmentation the arrays stay on the device as they are and an epoch is one gather
    there: 47 MB of bytes for MNIST, a quarter of what float32 would take.

    shared: what the network takes besides each batch
    """

    def __init__(self, data: LoadedData, recipe: Recipe, seed: int, device: torch.device):
        self.data, self.recipe, self.seed, self.device = data, recipe, seed, device
        seen = data.train if recipe.augment else data.prepared(data.train)
        self.shared = to_tensors(seen.shared, device)
        self.version = versions(self.shared)
        if not recipe.augment:
            self.arrays = to_tensors((*seen.inputs, seen.labels), device)

    def __len__(self) -> int:
        return len(self.data.train)

    def require_unaltered(self) -> None:
        """ConfigError where the network has altered what all batches share."""
        require_unaltered(self.shared, self.version)

    def epoch(self, index: int) -> Iterator[tuple[Tensor, ...]]:
        """Batches (inputs…, labels) of the epoch of this index, counted from 0."""
        order = stream(self.seed, "order", index).permutation(len(self))
        if self.recipe.augment:
            arrays = to_tensors(self._augmented(index, order), self.device)
        else:
            place = torch.from_numpy(order).to(self.device)
            arrays = tuple(array.index_select(0, place) for array in self.arrays)
        size = self.recipe.batch_size
        for step in range(self.recipe.steps_in_epoch(index, len(self))):
            batch = slice(step * size, (step + 1) * size)
            yield tuple(unit_range(array[batch]) for array in arrays)

    def _augmented(self, index: int, order: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
        """Each example altered by one of the conditions, drawn evenly; in this order."""
        conditions = [read_condition(text) for text in self.recipe.augment]
        choice = stream(self.seed, "augment", index).integers(len(conditions), size=len(order))
        seed, place = stream_seed(self.seed, "augmentation", index), order.argsort()
        arrays: tuple[NDArray[Any], ...] = ()
        for i, condition in enumerate(conditions):
            chosen = np.flatnonzero(choice == i)
            altered = self.data.prepared(self.data.train.take(chosen).altered(condition, seed))
            parts = (*altered.inputs, altered.labels)
            arrays = arrays or tuple(np.empty((len(order), *p.shape[1:]), p.dtype) for p in parts)
            for array, part in zip(arrays, parts, strict=True):
                array[place[chosen]] = part
        return arrays
