"""The data set `numbers`: numbers in words, and in the words of another language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.sequences.corpus import Corpus
from structbench.data.sequences.dataset import SequenceDataset
from structbench.data.sequences.examples import SequenceExamples
from structbench.data.sequences.pairs import (
    Pairs,
    Range,
    numbers_of_digits,
    other_numbers,
    read_pairs,
    sizes,
)
from structbench.data.sequences.tokens import TOKENS
from structbench.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Numbers(SequenceDataset):
    """Numbers of a range in two languages.

    What is learned from and what is tested on is drawn once for the range.

    asked: the range and the languages
    tokens: how texts become symbols, a row of TOKENS
    longest_source, longest_answer: places, in symbols; None: as many as the drawn pairs need
    """

    asked: Range
    tokens: str = "words"
    longest_source: int | None = None
    longest_answer: int | None = None

    def set_up(
        self, asked: Range, tokens: str, longest_source: int | None, longest_answer: int | None
    ) -> Numbers:
        """The same data set with other options; ConfigError where the range is too small."""
        train, test = sizes(asked.low, asked.high)
        return replace(
            self,
            asked=asked,
            tokens=tokens,
            longest_source=longest_source,
            longest_answer=longest_answer,
            train_examples=train,
            test_examples=test,
        )

    def corpus(self, folder: Path) -> Corpus:
        """Made once a process, whichever folder is asked first."""
        return _made(self, _Folder(folder)).corpus

    def digest(self, folder: Path) -> str:
        return _made(self, _Folder(folder)).digest

    def unused(self, folder: Path, learned: SequenceExamples) -> _Unused:
        return _Unused(self, folder, learned)

    def require_conditions(
        self, folder: Path, conditions: Iterable[Condition], tested: int
    ) -> None:
        for digits in (int(c.values[0]) for c in conditions if c.name == "digits"):
            _unused(digits, tested, self.drawn(folder))

    def drawn(self, folder: Path) -> NDArray[np.int64]:
        """The numbers that a seed may learn from or validate on."""
        return _pairs(self.asked, _Folder(folder)).numbers[: self.train_examples]


@dataclass(frozen=True, eq=False)
class _Unused:
    """Numbers that no seed learns from, as examples.

    learned: what this seed learns from
    """

    dataset: Numbers
    folder: Path
    learned: SequenceExamples

    def examples(self, digits: int, count: int) -> SequenceExamples:
        """So many of so many digits; ConfigError where there are fewer."""
        asked = self.dataset.asked
        numbers = _unused(digits, count, self.dataset.drawn(self.folder))
        pairs = Pairs.spelled(numbers, asked.source, asked.answer)
        return self.dataset.corpus(self.folder).examples(pairs).beside(self.learned)


def _unused(digits: int, count: int, drawn: NDArray[np.int64]) -> NDArray[np.int64]:
    """So many numbers of so many digits; ConfigError where fewer are not among those drawn."""
    found = other_numbers(digits, drawn)
    if len(found) < count:
        raise ConfigError(
            f"condition 'digits:{digits}': {len(found):,} of the {numbers_of_digits(digits):,} "
            "numbers of so many digits are not among those that seeds draw theirs from, and "
            f"{count:,} are to be tested on: set a smaller data.test_size"
        )
    return found[:count]


@dataclass(frozen=True)
class _Folder:
    """Where pairs may lie, which is no part of what they are: all folders are equal."""

    path: Path = field(compare=False)


class _Made(NamedTuple):
    """digest: of the pairs and their symbols"""

    corpus: Corpus
    digest: str


@lru_cache(maxsize=8)
def _made(dataset: Numbers, folder: _Folder) -> _Made:
    pairs = _pairs(dataset.asked, folder)

    def room(sources: NDArray[np.int64], answers: NDArray[np.int64]) -> tuple[int, int]:
        """As many as the longest needs, where nothing is said."""
        return (
            dataset.longest_source or int(sources.max()),
            dataset.longest_answer or int(answers.max()),
        )

    found = Corpus.of(pairs, dataset.train_examples, TOKENS[dataset.tokens], room)
    source, answer = found.vocabularies
    digest = hashlib.sha256(pairs.table + repr((source.symbols, answer.symbols)).encode())
    return _Made(found, digest.hexdigest())


@lru_cache(maxsize=4)
def _pairs(asked: Range, folder: _Folder) -> Pairs:
    return read_pairs(asked, folder.path)
