"""Data sets of the other kinds, made by hand: what a next kind has to bring, at its smallest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn

from structbench import TorchModel
from structbench.data import DATASETS
from structbench.data.alterations import Alteration, Argument, Condition
from structbench.data.conditions import CONDITIONS
from structbench.data.examples import PADDING, Dataset, Examples
from structbench.errors import ConfigError
from structbench.models.fnn import SoftmaxRegression
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import _families
from structbench.problem import EMPTY, END, UNKNOWN, Kind, Problem

CLASSES = 4
WORDS = ("a", "b", "c")


@dataclass(frozen=True)
class Toys:
    """Examples of whichever kind."""

    inputs: tuple[NDArray[Any], ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    shared: tuple[NDArray[Any] | csr_array, ...] = ()
    notices: tuple[str, ...] = ()
    side: ClassVar[None] = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """Of sequences: of source, previous symbols and labels."""
        if self.labels.ndim == 1:
            return None
        answered = (self.labels != PADDING).sum(axis=1)
        return np.stack([(self.inputs[0] != EMPTY).sum(axis=1), answered, answered], axis=1)

    def take(self, places: NDArray[np.int64]) -> Toys:
        inputs = tuple(array[places] for array in self.inputs)
        return replace(self, inputs=inputs, labels=self.labels[places], rows=self.rows[places])

    def altered(self, condition: Condition, seed: int) -> Toys:
        return TOY_CONDITIONS[condition.name].alter(self, *condition.values)  # type: ignore[no-any-return]

    def without_structure(self, share: float) -> Toys:
        return self


def same(toys: Toys) -> Toys:
    """As they are."""
    return toys


def dropped(toys: Toys, count: int) -> Toys:
    """The first examples are left out, and all others have the answer 0, which is END."""
    rest = toys.take(np.arange(count, len(toys)))
    labels = np.zeros_like(rest.labels)
    if labels.ndim == 2:
        labels[:, 1:] = PADDING
        rest = replace(rest, notices=(f"{count} sentences are left out",))
    return replace(rest, labels=labels)


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
    """The answer to 3 to 6 words of a, b, c is the first one, twice if there are at most 4."""

    kind: ClassVar[Kind] = "sequence"

    def problem(self, folder: Path) -> Problem:
        return Problem("sequence", (6,), CLASSES, vocabulary=3 + len(WORDS), answer_length=3)

    def toys(self, answers: NDArray[np.int64], rng: np.random.Generator) -> Toys:
        source = rng.integers(3, 3 + len(WORDS), (100, 6))
        source[:, 0] = 3 + answers % len(WORDS)
        lengths = rng.integers(3, 7, 100)
        source[np.arange(6) >= lengths[:, None]] = EMPTY
        return echoes(source)

    def vocabularies(self, folder: Path) -> tuple[Words, Words]:
        return Words(3), Words(1)

    def encode_sources(self, folder: Path, texts: Sequence[str]) -> Toys:
        source = np.full((len(texts), 6), EMPTY)
        for row, text in zip(source, texts, strict=True):
            numbers = self.vocabularies(folder)[0].encoded(text)
            if not 1 <= len(numbers) <= 6:
                raise ConfigError(f"{text!r} has {len(numbers)} words, and the places are 6")
            row[: len(numbers)] = numbers
        return echoes(source)


def echoes(source: NDArray[np.int64]) -> Toys:
    """With the answers to these sources."""
    said = np.stack([source[:, 0] - 2] * 2 + [np.full(len(source), PADDING)], axis=1)
    places = 1 + ((source != EMPTY).sum(axis=1) <= 4)
    said[np.arange(len(said)), places] = END
    labels = np.where(np.arange(3) <= places[:, None], said, PADDING)
    previous = np.concatenate([np.full((len(said), 1), END), labels.clip(END)[:, :2]], axis=1)
    return Toys((source, previous), labels, np.arange(len(said)))


@dataclass(frozen=True)
class Words:
    """WORDS, counted from `first`."""

    first: int

    def __len__(self) -> int:
        return self.first + len(WORDS)

    def pieces(self, text: str) -> list[str]:
        return text.split()

    def encoded(self, text: str) -> list[int]:
        return [self.first + WORDS.index(p) if p in WORDS else UNKNOWN for p in text.split()]

    def words(self, numbers: Sequence[int]) -> list[str]:
        return [WORDS[n - self.first] if n >= self.first else "" for n in numbers]

    def decoded(self, numbers: Sequence[int]) -> str:
        return " ".join(filter(None, self.words(numbers)))

    def unknown(self, text: str) -> list[str]:
        return [piece for piece in text.split() if piece not in WORDS]


class Nodes(ToyDataset):
    """Nodes of one ring; the seed draws which of them are tested."""

    kind: ClassVar[Kind] = "graph"

    def problem(self, folder: Path) -> Problem:
        return Problem("graph", (CLASSES,), CLASSES, nodes=100, edges=100, values=100)

    def toys(self, answers: NDArray[np.int64], rng: np.random.Generator) -> Toys:
        nodes = np.arange(100)
        features = csr_array(np.eye(CLASSES, dtype=np.float32)[answers])
        ring = np.eye(100, k=1, dtype=np.float32) + np.eye(100, k=99, dtype=np.float32)
        return Toys((nodes,), answers, nodes, (features, csr_array(ring + ring.T)))

    def split(
        self, folder: Path, train_size: int | None, validation_size: int,
        test_size: int | None, seed: int,
    ) -> tuple[Examples, Examples, Examples]:  # fmt: skip
        rng = np.random.default_rng(0)
        toys = self.toys(rng.integers(0, CLASSES, 100), rng)
        order = np.random.default_rng(seed).permutation(100)
        return toys.take(order[:60]), toys.take(order[60:80]), toys.take(order[80:])


class Reader(TorchModel):
    """Answers at each place by the first word, how many there are, and what it answered before.

    how: whether it keeps what it has read and said, is called anew for each symbol, or once
    """

    takes: ClassVar = frozenset({"sequence"})
    family: Literal["reader"] = "reader"
    how: Literal["steps", "anew", "at once"] = "steps"

    def network(self, problem: Problem) -> nn.Module:
        return {"steps": Stepping, "anew": Reading, "at once": AtOnce}[self.how](problem)


class Reading(nn.Module):
    """Called anew for each symbol; it attends to the first word alone."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(problem.vocabulary, 8)
        self.before = nn.Embedding(problem.classes, 8)
        self.places = nn.Embedding(problem.answer_length, 8)
        self.hidden = nn.Linear(25, 32)
        self.answer = nn.Linear(32, problem.classes)

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        places = torch.arange(previous.shape[1], device=source.device)
        return self.said(self.read(source), self.before(previous), self.places(places))

    def read(self, source: Tensor) -> Tensor:
        length = (source != EMPTY).sum(dim=1, keepdim=True) - 4.5
        words = self.source_embedding(source) * (source != EMPTY)[..., None]
        return torch.cat([words[:, 0], length], dim=1)

    def said(self, read: Tensor, before: Tensor, places: Tensor) -> Tensor:
        parts = [read[:, None].expand(-1, before.shape[1], -1), before, places.expand_as(before)]
        return self.answer(self.hidden(torch.cat(parts, dim=2)).relu())  # type: ignore[no-any-return]

    def attention(self, source: Tensor, previous: Tensor) -> Tensor:
        weights = torch.zeros(len(source), 1, previous.shape[1], source.shape[1])
        weights[..., 0] = 1
        return weights.to(source.device)


class Stepping(Reading):
    """Keeps what it has read, and which place is the next."""

    def start(self, source: Tensor) -> tuple[Tensor, int]:
        return self.read(source), 0

    def step(self, state: tuple[Tensor, int], symbol: Tensor) -> tuple[Tensor, tuple[Tensor, int]]:
        read, place = state
        given = self.said(read, self.before(symbol)[:, None], self.places.weight[place])
        return given[:, 0], (read, place + 1)


class AtOnce(Reading):
    """Answers all places by the source alone, and attends to nothing."""

    one_pass = True
    attention = None  # type: ignore[assignment]

    def forward(self, source: Tensor, previous: Tensor) -> Tensor:
        return super().forward(source, torch.zeros_like(previous))


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

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        own = features.to_dense()
        with torch.autocast(own.device.type, enabled=False):  # sparse products are in float32
            both = torch.cat([own, edges @ own / 2], dim=1)
        return self.answer(both[nodes])  # type: ignore[no-any-return]


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make them known: one line in each table."""
    for made in (Sequences(name="echo"), Nodes(name="ring")):
        monkeypatch.setitem(DATASETS, made.name, made)
        known = {**CONDITIONS.get(made.kind, {}), **TOY_CONDITIONS}
        monkeypatch.setitem(CONDITIONS, made.kind, known)
    for family in (Reader, Neighbours):
        monkeypatch.setitem(_families, family.model_fields["family"].default, family)
