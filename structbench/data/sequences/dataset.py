"""What all data sets of sentences and their translations have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from structbench.data.alterations import Condition
from structbench.data.examples import UNANSWERABLE, Dataset
from structbench.data.sequences.corpus import Corpus
from structbench.data.sequences.examples import SequenceExamples, Unused
from structbench.data.sequences.vocabulary import Vocabulary
from structbench.data.subsets import test_split, training_split
from structbench.errors import ConfigError
from structbench.problem import Kind, Problem

# Training, validation and test examples that are asked for; see DataSpec.
Sizes = tuple[int | None, int, int | None]


@dataclass(frozen=True, kw_only=True)
class SequenceDataset(Dataset):
    """A data set of sentences and their translations.

    The symbols are those of all pairs that can be learned from, so they depend on neither seed nor
    size.
    """

    kind: ClassVar[Kind] = "sequence"
    conditions: tuple[str, ...] = ("clean",)
    smoke_sizes: tuple[int, int] = (500, 200)

    @abstractmethod
    def corpus(self, folder: Path) -> Corpus:
        """Its pairs as symbols; made once a process."""

    @abstractmethod
    def unused(self, folder: Path, learned: SequenceExamples) -> Unused:
        """Other examples to test on than those of `test`. learned: what the seed learns from"""

    @abstractmethod
    def require_conditions(
        self, folder: Path, conditions: Iterable[Condition], tested: int
    ) -> None:
        """ConfigError where a condition cannot be. tested: examples to test on"""

    def problem(self, folder: Path) -> Problem:
        """Its sizes; the pairs are read, or spelled, for them."""
        corpus = self.corpus(folder)
        source, answers = corpus.vocabularies
        longest_source, answer_length = corpus.places
        return Problem("sequence", (longest_source,), len(answers), len(source), answer_length)

    def vocabularies(self, folder: Path) -> tuple[Vocabulary, Vocabulary]:
        """The symbols of the sources and of the answers, of all pairs that are never tested on."""
        return self.corpus(folder).vocabularies

    def read(self, folder: Path) -> tuple[SequenceExamples, SequenceExamples]:
        """Examples to learn from, those that fit the places, and all examples to test on."""
        corpus = self.corpus(folder)
        return corpus.train, corpus.test

    def split(
        self,
        folder: Path,
        train_size: int | None,
        validation_size: int,
        test_size: int | None,
        seed: int,
    ) -> tuple[SequenceExamples, SequenceExamples, SequenceExamples]:
        """Of a seed, which draws what is learned from; the test examples know what that was."""
        every, tests = self.read(folder)
        _require_enough(len(every), (train_size or 1) + validation_size)
        kept, validation = training_split(every, train_size, validation_size, seed)
        test = replace(test_split(tests, test_size), unused=self.unused(folder, kept))
        return kept, validation, test.beside(kept)

    def require(self, folder: Path, asked: Sizes, conditions: Iterable[Condition]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""
        train_size, validation_size, test_size = asked
        every, tests = self.read(folder)
        _require_enough(len(every), (train_size or 1) + validation_size)
        self.require_conditions(folder, conditions, test_size or len(tests))

    def encode_sources(self, folder: Path, texts: Sequence[str]) -> SequenceExamples:
        """Sentences of a user's own, whose right answers nobody knows.

        ConfigError where one is empty or longer than the places.
        """
        corpus = self.corpus(folder)
        sources = [corpus.vocabularies[0].encoded(text) for text in texts]
        for text, symbols in zip(texts, sources, strict=True):
            if not symbols:
                raise ConfigError(f"{text!r} is an empty sentence")
            if len(symbols) > (places := corpus.places[0]):
                raise ConfigError(
                    f"{text!r} has {len(symbols):,} symbols, and the places are {places:,}"
                )
        rows = np.arange(len(texts))
        found = SequenceExamples.placed(sources, [[]] * len(texts), rows, corpus.places)
        found.labels[:, 0] = UNANSWERABLE
        return found


def _require_enough(fitting: int, asked: int) -> None:
    if asked > fitting:
        raise ConfigError(
            f"train_size + validation_size {asked:,} is more than the pairs that have room "
            f"within longest_source and longest_answer: {fitting:,}"
        )
