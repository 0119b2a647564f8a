"""What examples of every kind are, and what every data set says of itself before it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.subsets import test_split, training_split
from structbench.problem import Kind, Problem

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A label that is none: after the end of an answer. torch's cross_entropy leaves it out.
PADDING = -100
# A label that no answer is like: what should be answered here cannot be. Only tests have it.
UNANSWERABLE = -2


class Examples(Protocol):
    """Labelled examples, as arrays of numpy; one class a kind."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """[n], or [n, answer_length] padded with PADDING."""

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the network takes of each example, [n, …]; bytes reach it as [0, 1]."""

    @property
    def shared(self) -> tuple[NDArray[Any] | csr_array, ...]:
        """What it takes besides, the same for all examples: arrays, and matrices of scipy, which
        reach it as sparse CSR tensors."""

    @property
    def side(self) -> int | None:
        """Images reach the network with sides of so many pixels; None: as they are, like all that
        is no image."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """[n]: which ones of the data set they are, by their numbers there."""

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """[n, arrays]: how many places along the second axis are in use, in each of (*inputs,
        labels); None where all are. Examples of like length are learned from together."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be known of these examples beside their numbers."""

    def __len__(self) -> int: ...

    def take(self, places: NDArray[np.int64]) -> Self:
        """The examples at these places."""

    def altered(self, condition: Condition, seed: int) -> Self:
        """Under a condition of their kind, which may give other labels too."""

    def without_structure(self, share: float) -> Self:
        """With this share of their structure taken out, always the same way; 0: as they are."""


@dataclass(frozen=True, kw_only=True)
class Dataset(ABC):
    """What is known of a data set without reading it; reading it is `read`.

    source: who made it, where and when it was published
    conditions: what a network is tested under where nothing else is asked for
    smoke_sizes: training and test examples of a trial with --smoke
    class_names: what the classes are called; none where they are numbers, or symbols
    """

    kind: ClassVar[Kind]
    name: str
    train_examples: int
    test_examples: int
    licence: str
    source: str
    conditions: tuple[str, ...]
    smoke_sizes: tuple[int, int]
    class_names: tuple[str, ...] = ()

    @abstractmethod
    def problem(self, folder: Path) -> Problem:
        """Its sizes, which depend on neither the seed nor the number of training examples."""

    @abstractmethod
    def digest(self, folder: Path) -> str:
        """A SHA-256 that names the content of the data set."""

    @abstractmethod
    def read(self, folder: Path) -> tuple[Examples, Examples]:
        """Training and test examples, in the order of their files."""

    def split(
        self,
        folder: Path,
        train_size: int | None,
        validation_size: int,
        test_size: int | None,
        seed: int,
    ) -> tuple[Examples, Examples, Examples]:
        """Training, validation and test examples of a seed; see DataSpec for the sizes."""
        train, test = self.read(folder)
        kept, validation = training_split(train, train_size, validation_size, seed)
        return kept, validation, test_split(test, test_size)
