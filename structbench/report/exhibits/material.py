"""What exhibits are made from: for each model the run of the first seed, and the examples.

Arrays only; everything is read from run folders, nothing is computed by a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from structbench.data.examples import Examples
from structbench.data.graphs.examples import Graph
from structbench.errors import DataError, RunFolderError
from structbench.experiment.run import Run
from structbench.outcome import Outcome
from structbench.results.comparison import Comparison
from structbench.store.runs import Store

# What the symbols of a sentence are, by how it was cut.
SYMBOLS = {"words": "word", "characters": "character", "bpe": "piece"}


class Vocabulary(Protocol):
    """The symbols of one language."""

    def __len__(self) -> int: ...

    def words(self, numbers: Sequence[int]) -> list[str]:
        """One text a symbol."""

    def decoded(self, numbers: Sequence[int]) -> str:
        """The text that they stand for."""


@dataclass(frozen=True)
class Material:
    """One run stands for each model: that of the first seed.

    first: model → its run and outcome; data_folder: where data sets are
    """

    first: Mapping[str, tuple[Run, Outcome]]
    store: Store
    data_folder: Path

    @classmethod
    def of(cls, comparison: Comparison, store: Store, data_folder: Path) -> Material:
        """Read the runs; RunFolderError where one of them is damaged."""
        first = {name: store.read(model.runs[0]) for name, model in comparison.models.items()}
        return cls(first, store, data_folder)

    @property
    def run(self) -> Run:
        """One of the runs: the data and the seed are the same in all of them."""
        return next(iter(self.first.values()))[0]

    def labels(self, condition: str) -> NDArray[np.int64]:
        """True answers: [examples]."""
        return next(iter(self.first.values()))[1].predictions[condition].labels

    def inputs(self, condition: str) -> NDArray[Any]:
        """The condition's examples as the networks saw them; DataError where they are others."""
        return self.seen_by(*next(iter(self.first.values())), [condition])[condition]

    def seen_by(
        self, run: Run, outcome: Outcome, conditions: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        """Condition → its examples as this run's network saw them: [n, …]; else DataError."""
        tested = self.tested_by(run, outcome, conditions)
        return {condition: examples.inputs[0] for condition, examples in tested.items()}

    def graph(self, condition: str) -> tuple[Graph, NDArray[np.int64]]:
        """The graph as the networks saw it, and which of its nodes were tested; else DataError."""
        return self.graph_of(*next(iter(self.first.values())), condition)

    def graph_of(
        self, run: Run, outcome: Outcome, condition: str
    ) -> tuple[Graph, NDArray[np.int64]]:
        """The graph as this run's network saw it, and which of its nodes were tested."""
        tested: Any = self.tested_by(run, outcome, [condition])[condition]
        return tested.graph, tested.nodes

    @property
    def learned(self) -> NDArray[np.int64]:
        """The nodes of a graph whose classes were learned from."""
        experiment = self.run.experiment
        rows: NDArray[np.int64] = experiment.data.load(self.data_folder, experiment.seed).train.rows
        return rows

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called; none where they are numbers."""
        return self.run.experiment.data.dataset.class_names

    def tested_by(
        self, run: Run, outcome: Outcome, conditions: Sequence[str]
    ) -> dict[str, Examples]:
        """Condition → its examples as this run's network saw them; else DataError."""
        experiment = run.experiment
        same = experiment.data.dataset.digest(self.data_folder) == run.data_digest
        data = experiment.data.load(self.data_folder, experiment.seed)
        seen = {}
        for condition in conditions:
            asked = data.tested(condition, experiment.seed)
            found = outcome.predictions[condition]
            if not (
                same
                and np.array_equal(asked.labels, found.labels)
                and np.array_equal(asked.rows, found.examples)
            ):
                raise DataError(
                    f"{experiment.data.called} in {self.data_folder} is not the data {run.id} was "
                    "trained on"
                )
            seen[condition] = asked
        return seen

    def by_seed(self, comparison: Comparison) -> Iterator[dict[str, tuple[Run, Outcome]]]:
        """For each seed: model → its run and outcome; RunFolderError where one is damaged."""
        for runs in zip(*(model.runs for model in comparison.models.values()), strict=True):
            yield dict(zip(comparison.models, map(self.store.read, runs), strict=True))

    @property
    def vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        """Of the sources and of the answers, where examples are sentences."""
        dataset: Any = self.run.experiment.data.dataset
        source, answer = dataset.vocabularies(self.data_folder)
        return source, answer

    @property
    def right_answers(self) -> Sequence[str]:
        """The right answers to sentences of one's own as they are written, by the examples'
        numbers."""
        dataset: Any = self.run.experiment.data.dataset
        _, answers = dataset.texts(self.data_folder)
        found: Sequence[str] = answers
        return found

    @property
    def symbol(self) -> str:
        """What a symbol of a sentence is called: a word, a character or a piece."""
        return SYMBOLS.get(getattr(self.run.experiment.data, "tokens", ""), "word")


def tensor(
    outcome: Outcome, name: str, kind: str, shape: Sequence[int | None]
) -> NDArray[Any] | None:
    """A further array of a run; None where it has none of this name.

    kind: its letter in numpy, f or i; shape: None for a length that may be any. RunFolderError
    where the array is another one
    """
    found = outcome.tensors.get(name)
    if found is None:
        return None
    fits = found.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, found.shape, strict=True)
    )
    if not fits or found.dtype.kind != kind:
        raise RunFolderError(
            f"{outcome.summary.run} is damaged: its array {name} is {found.dtype} "
            f"{list(found.shape)}"
        )
    return found
