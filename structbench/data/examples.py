"""Labelled images, and what every data set says of itself before it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Labelled images.

    images: uint8 [examples, channels, height, width]
    labels: int64 [examples], each in [0, classes)
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.int64]) -> Examples:
        """The examples at these places."""
        return Examples(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class Dataset(ABC):
    """What is known of a data set without reading it; reading it is `read`.

    input_shape is (channels, height, width).
    """

    name: str
    input_shape: tuple[int, int, int]
    classes: int
    train_examples: int
    test_examples: int

    @abstractmethod
    def digest(self, folder: Path) -> str:
        """A SHA-256 that names the content of the data set."""

    @abstractmethod
    def read(self, folder: Path) -> tuple[Examples, Examples]:
        """Training and test examples, in the order of their files."""
