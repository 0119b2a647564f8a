"""Data sets of the other kinds, made by hand: what a next kind has to bring, at its smallest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from structbench import TorchModel
from structbench.data import DATASETS
from structbench.data.alterations import Alteration, Argument, Condition
from structbench.data.conditions import CONDITIONS
from structbench.data.examples import PADDING, Dataset, Examples
from structbench.models.fnn import SoftmaxRegression
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import _families
from structbench.problem import Kind, Problem

CLASSES = 4


@dataclass(frozen=True)
class Toys:
    """Examples of whichever kind."""

    inputs: tuple[NDArray[Any], ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    shared: tuple[NDArray[Any], ...] = ()
    lengths: ClassVar[None] = None
    notices: ClassVar[tuple[str, ...]] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: NDArray[np.int64]) -> Toys:
        inputs = tuple(array[places] for array in self.inputs)
        return Toys(inputs, self.labels[places], self.rows[places], self.shared)

    def altered(self, condition: Condition, seed: int) -> Toys:
        return TOY_CONDITIONS[condition.name].alter(self, *condition.values)  # type: ignore[no-any-return]

    def without_structure(self, share: float) -> Toys:
        return self


def same(toys: Toys) -> Toys:
    """As they are."""
    return toys


def dropped(toys: Toys, count: int) -> Toys:
    """The first examples are left out, and all others have the answer 0."""
    rest = toys.take(np.arange(count, len(toys)))
    return replace(rest, labels=np.where(rest.labels == PADDING, PADDING, 0))


TOY_CONDITIONS = {
    "same": Alteration(same),
    "dropped": Alteration(dropped, (Argument("N", 0, 10, whole=True),)),
}


@dataclass(frozen=True, kw_only=True)
class ToyDataset(Dataset):
    """80 training and 20 test examples; the answer is the first number of an example."""

    train_examples: int = 80
    test_examples: int = 20
    licence: str = "none"
    source: str = "made by hand"
    conditions: tuple[str, ...] = ("same", "dropped:5")
    smoke_sizes: tuple[int, int] = (40, 10)

    def digest(self, folder: Path) -> str:
        return self.name

    def read(self, folder: Path) -> tuple[Examples, Examples]:
        rng = np.random.default_rng(0)
        answers = rng.integers(0, CLASSES, 100)
        toys = self.toys(answers, rng)
        return toys.take(np.arange(80)), toys.take(np.arange(80, 100))

    @abstractmethod
    def toys(self, answers: NDArray[np.int64], rng: np.random.Generator) -> Toys:
        """Examples with these answers."""


class Sequences(ToyDataset):
    """The answer to a source of 6 symbols is its first one, once or twice, then padding."""

    kind: ClassVar[Kind] = "sequence"

    def problem(self, folder: Path) -> Problem:
        return Problem("sequence", (6,), CLASSES, vocabulary=CLASSES, answer_length=3)

    def toys(self, answers: NDArray[np.int64], rng: np.random.Generator) -> Toys:
        source = rng.integers(0, CLASSES, (100, 6))
        source[:, 0] = answers
        labels = np.repeat(answers[:, None], 3, axis=1)
        labels[:, 2] = PADDING
        labels[::2, 1] = PADDING
        return Toys((source, np.maximum(labels, 0)), labels, np.arange(100))


class Nodes(ToyDataset):
    """Nodes of one ring; the seed draws which of them are tested."""

    kind: ClassVar[Kind] = "graph"

    def problem(self, folder: Path) -> Problem:
        return Problem("graph", (CLASSES,), CLASSES, nodes=100, edges=200)

    def toys(self, answers: NDArray[np.int64], rng: np.random.Generator) -> Toys:
        nodes = np.arange(100)
        features = np.eye(CLASSES, dtype=np.float32)[answers]
        starts, ends = np.arange(0, 202, 2), np.stack([nodes - 1, nodes + 1], 1).ravel() % 100
        return Toys((nodes,), answers, nodes, (features, starts, ends))

    def split(
        self, folder: Path, train_size: int | None, validation_size: int,
        test_size: int | None, seed: int,
    ) -> tuple[Examples, Examples, Examples]:  # fmt: skip
        rng = np.random.default_rng(0)
        toys = self.toys(rng.integers(0, CLASSES, 100), rng)
        order = np.random.default_rng(seed).permutation(100)
        return toys.take(order[:60]), toys.take(order[60:80]), toys.take(order[80:])


class Reader(TorchModel):
    """Answers at each place by what it reads of the source and of the answer so far."""

    takes: ClassVar = frozenset({"sequence"})
    family: Literal["reader"] = "reader"

    def network(self, problem: Problem) -> nn.Module:
        return _Read(problem)


class _Read(nn.Module):
    def __init__(self, problem: Problem):
        super().__init__()
        self.source = nn.Embedding(problem.vocabulary, 8)
        self.before = nn.Embedding(problem.classes, 8)
        self.answer = nn.Linear(problem.input_shape[0] * 8 + 8, problem.classes)

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        read = self.source(source).flatten(1)[:, None].expand(-1, before.shape[1], -1)
        return self.answer(torch.cat([read, self.before(before)], dim=2))  # type: ignore[no-any-return]


class Neighbours(TorchModel):
    """Answers by a node's own features and the mean of its two neighbours'."""

    takes: ClassVar = frozenset({"graph"})
    family: Literal["neighbours"] = "neighbours"

    def network(self, problem: Problem) -> nn.Module:
        return _Gather(problem)

    def layer_table(self, problem: Problem) -> LayerTable:
        return SoftmaxRegression().layer_table(replace(problem, input_shape=(2 * CLASSES,)))


class _Gather(nn.Module):
    def __init__(self, problem: Problem):
        super().__init__()
        self.answer = nn.Linear(2 * problem.input_shape[0], problem.classes)

    def forward(self, nodes: Tensor, features: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
        around = torch.stack([ends[starts[nodes]], ends[starts[nodes] + 1]], dim=1)
        both = torch.cat([features[nodes], features[around].mean(dim=1)], dim=1)
        return self.answer(both)  # type: ignore[no-any-return]


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make them known: one line in each table."""
    for made in (Sequences(name="echo"), Nodes(name="ring")):
        monkeypatch.setitem(DATASETS, made.name, made)
        known = {**CONDITIONS.get(made.kind, {}), **TOY_CONDITIONS}
        monkeypatch.setitem(CONDITIONS, made.kind, known)
    for family in (Reader, Neighbours):
        monkeypatch.setitem(_families, family.model_fields["family"].default, family)
