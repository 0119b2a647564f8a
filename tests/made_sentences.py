"""Networks that translate, made by hand: their answers, their attention and their gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from structbench.data.examples import PADDING
from structbench.experiment.run import Run
from structbench.outcome import Outcome, Predictions
from structbench.problem import END
from structbench.report.exhibits.material import Material
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison
from structbench.store.runs import Store
from tests.made import compared, outcome_of

FRENCH = ("", "⁇", "_", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
ENGLISH = ("(end)", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PLACES = 12
DISTANCES = 8


class Words:
    """The vocabulary of a language whose symbols are words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def words(self, numbers: Sequence[int]) -> list[str]:
        return [self.texts[number] for number in numbers]

    def decoded(self, numbers: Sequence[int]) -> str:
        return " ".join(self.words(numbers))


@dataclass(frozen=True)
class Sentences:
    """Digits in French, to be answered in English. sources, labels: int64 [n, PLACES]"""

    sources: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def drawn(cls, lengths: Sequence[int], seed: int = 0) -> Sentences:
        """Sentences of these lengths."""
        rng = np.random.default_rng(seed)
        sources = np.zeros((len(lengths), PLACES), np.int64)
        labels = np.full((len(lengths), PLACES), PADDING)
        for i, length in enumerate(lengths):
            digits = rng.integers(1, 10, length)
            sources[i, :length] = digits + 2
            labels[i, : length + 1] = [*digits, END]
        return cls(sources, labels)

    def answered(self, wrong: NDArray[np.bool_]) -> Predictions:
        """With another last word where the answer is to be wrong."""
        predicted, lengths = self.labels.copy(), (self.sources != 0).sum(axis=1)
        at = np.flatnonzero(wrong)
        predicted[at, lengths[at] - 1] = predicted[at, lengths[at] - 1] % 9 + 1
        sure = np.linspace(0.5, 1, len(wrong), dtype=np.float32)
        return Predictions(predicted, sure, self.labels, np.arange(len(wrong)))


@dataclass(frozen=True)
class MadeMaterial(Material):
    """What would be read from run folders and from the data."""

    sources: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def seen_by(
        self, run: Run, outcome: Outcome, conditions: Sequence[str]
    ) -> dict[str, NDArray[Any]]:
        return {condition: self.sources[condition] for condition in conditions}

    @property
    def vocabularies(self) -> tuple[Words, Words]:
        return Words(FRENCH), Words(ENGLISH)

    @property
    def symbol(self) -> str:
        return "word"


class MadeStore:
    """Outcomes by the names of their runs."""

    def __init__(self, outcomes: Mapping[str, Outcome]) -> None:
        self.outcomes = outcomes

    def read(self, name: str) -> tuple[Run, Outcome]:
        return cast(Run, None), self.outcomes[name]


Made = tuple[Comparison, MadeMaterial]


def made_translations(
    outcomes: Mapping[str, Sequence[Outcome]],
    sentences: Mapping[str, Sentences],
    baseline: str | None = None,
) -> Made:
    """A comparison of these models' outcomes, one a seed."""
    asked = Asked("sequence", "numbers", tuple(sentences), baseline, 0.005, "structbench compare")
    every = {o.summary.run: o for group in outcomes.values() for o in group}
    return compared(outcomes, asked), MadeMaterial(
        {name: (cast(Run, None), group[0]) for name, group in outcomes.items()},
        cast(Store, MadeStore(every)),
        Path(),
        {condition: of.sources for condition, of in sentences.items()},
    )


def translator(
    model: str,
    seed: int,
    sentences: Mapping[str, Sentences],
    wrong: Mapping[str, NDArray[np.bool_]],
    **tensors: NDArray[Any],
) -> Outcome:
    """The outcome of a network that errs on just these sentences."""
    bare = outcome_of(model, seed, wrong)
    answers = {condition: sentences[condition].answered(errs) for condition, errs in wrong.items()}
    return replace(bare, tensors=tensors, predictions={}).with_predictions(answers, 0.0)


def attended(sentences: Sentences, places: Sequence[int], heads: int) -> dict[str, NDArray[Any]]:
    """Each word at its own place of the source, the more the higher the head."""
    weights = np.zeros((len(places), heads, PLACES, PLACES), np.float32)
    for i, place in enumerate(places):
        length = int((sentences.sources[place] != 0).sum())
        for head in range(heads):
            share = (head + 1) / (heads + 1)
            weights[i, head, :length, :length] = (1 - share) / length + share * np.eye(length)
    return {"aligned": np.array(places, np.int64), "alignments": weights}


def decaying(new: float, trained: float) -> dict[str, NDArray[Any]]:
    """Norms that fall by these factors from each word to the one before it."""
    distances = np.arange(DISTANCES)
    return {
        "gradient_new": np.float32(new) ** distances,
        "gradient_trained": np.float32(trained) ** distances,
        "gradient_count": np.full(DISTANCES, 100) - 11 * distances,
    }
