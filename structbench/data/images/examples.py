"""Labelled images, and what all data sets of images have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import Dataset
from structbench.data.grids import permute_positions
from structbench.data.images.conditions import IMAGE_CONDITIONS
from structbench.data.images.pixels import unit_range
from structbench.problem import Kind, Problem
from structbench.streams import stream


@dataclass(frozen=True)
class ImageExamples:
    """Labelled images; see Examples.

    images: uint8 [n, channels, height, width], or float32 in [0, 1] once they are altered
    labels: int64 [n], each in [0, classes)
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]

    shared: ClassVar[tuple[NDArray[Any], ...]] = ()

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the network takes."""
        return (self.images,)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: NDArray[np.int64]) -> ImageExamples:
        """The examples at these places."""
        return ImageExamples(self.images[places], self.labels[places], self.rows[places])

    def altered(self, condition: Condition, seed: int) -> ImageExamples:
        """As float32 in [0, 1]; the same for the same seed, whatever the model."""
        rng = stream(seed, "corruption", str(condition))
        alter = IMAGE_CONDITIONS[condition.name].alter
        return replace(self, images=alter(unit_range(self.images), rng, *condition.values))

    def without_structure(self, share: float) -> ImageExamples:
        """A share of the pixels permuted among themselves."""
        return replace(self, images=permute_positions(self.images, share)) if share else self


def numbered(images: NDArray[Any], labels: NDArray[np.int64]) -> ImageExamples:
    """The examples of a file, in its order."""
    return ImageExamples(images, labels, np.arange(len(labels)))


@dataclass(frozen=True, kw_only=True)
class ImageDataset(Dataset):
    """A data set of images, all of one size: (channels, height, width)."""

    kind: ClassVar[Kind] = "image"
    conditions: tuple[str, ...] = ("clean", "translate:2,2")
    smoke_sizes: tuple[int, int] = (2000, 1000)

    input_shape: tuple[int, int, int]
    classes: int

    def problem(self, folder: Path) -> Problem:
        """Known without a look at the files."""
        return Problem(self.kind, self.input_shape, self.classes)
