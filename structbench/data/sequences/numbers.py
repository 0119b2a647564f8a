"""The data set `numbers`: numbers in words, and in the words of another language."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import UNANSWERABLE
from structbench.data.sequences.examples import SequenceDataset, SequenceExamples
from structbench.data.sequences.pairs import (
    Pairs,
    Range,
    numbers_of_digits,
    other_numbers,
    read_pairs,
    sizes,
)
from structbench.data.sequences.tokens import TOKENS
from structbench.data.sequences.vocabulary import Vocabulary
from structbench.data.subsets import test_split, training_split
from structbench.errors import ConfigError
from structbench.problem import Problem

# Training, validation and test examples that are asked for; see DataSpec.
Sizes = tuple[int | None, int, int | None]


@dataclass(frozen=True, kw_only=True)
class Numbers(SequenceDataset):
    """Numbers of a range in two languages.

    What is learned from and what is tested on is drawn once for the range; the symbols are those
    of all that can be learned from, so they depend on neither seed nor size.

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

    def problem(self, folder: Path) -> Problem:
        """Its sizes; the pairs are read, or spelled, for them."""
        corpus = _corpus(self, folder)
        source, answers = corpus.vocabularies
        longest_source, answer_length = corpus.places
        return Problem("sequence", (longest_source,), len(answers), len(source), answer_length)

    def digest(self, folder: Path) -> str:
        return _corpus(self, folder).digest

    def vocabularies(self, folder: Path) -> tuple[Vocabulary, Vocabulary]:
        return _corpus(self, folder).vocabularies

    def read(self, folder: Path) -> tuple[SequenceExamples, SequenceExamples]:
        """Examples to learn from, those that fit the places, and all examples to test on."""
        corpus = _corpus(self, folder)
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
        self._require_enough(len(every), (train_size or 1) + validation_size)
        kept, validation = training_split(every, train_size, validation_size, seed)
        unused = _Unused(self, folder, kept)
        test = replace(test_split(tests, test_size), unused=unused)
        return kept, validation, test.beside(kept)

    def _require_enough(self, fitting: int, asked: int) -> None:
        if asked > fitting:
            raise ConfigError(
                f"train_size + validation_size {asked:,} is more than the pairs that have room "
                f"within longest_source and longest_answer: {fitting:,}"
            )

    def require(self, folder: Path, asked: Sizes, conditions: Iterable[Condition]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""
        train_size, validation_size, test_size = asked
        every, tests = self.read(folder)
        self._require_enough(len(every), (train_size or 1) + validation_size)
        for digits in (int(c.values[0]) for c in conditions if c.name == "digits"):
            _unused(digits, test_size or len(tests), _corpus(self, folder).drawn)

    def encode_sources(self, folder: Path, texts: Sequence[str]) -> SequenceExamples:
        corpus = _corpus(self, folder)
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
        asked, corpus = self.dataset.asked, _corpus(self.dataset, self.folder)
        numbers = _unused(digits, count, corpus.drawn)
        pairs = Pairs.spelled(numbers, asked.source, asked.answer)
        return corpus.examples(pairs).beside(self.learned)


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


@dataclass(frozen=True, eq=False)
class _Corpus:
    """The pairs of a data set as symbols.

    drawn: int64 [n], the numbers that a seed may learn from or validate on
    places: of the longest source, and of the longest answer with its END
    """

    drawn: NDArray[np.int64]
    vocabularies: tuple[Vocabulary, Vocabulary]
    places: tuple[int, int]
    train: SequenceExamples
    test: SequenceExamples
    digest: str

    def examples(self, pairs: Pairs) -> SequenceExamples:
        """Other pairs in the same symbols, at the same places."""
        source, answers = self.vocabularies
        return SequenceExamples.placed(
            [source.encoded(text) for text in pairs.sources],
            [answers.encoded(text) for text in pairs.answers],
            pairs.numbers,
            self.places,
        )


@dataclass(frozen=True)
class _Folder:
    """Where pairs may lie, which is no part of what they are: all folders are equal."""

    path: Path = field(compare=False)


def _corpus(dataset: Numbers, folder: Path) -> _Corpus:
    """Made once a process, whichever folder is asked first."""
    return _made(dataset, _Folder(folder))


@lru_cache(maxsize=8)
def _made(dataset: Numbers, folder: _Folder) -> _Corpus:
    pairs, learned = _pairs(dataset.asked, folder), dataset.train_examples
    sources, source = _symbols(pairs.sources, learned, dataset.tokens, Vocabulary.of_source)
    answers, answer = _symbols(pairs.answers, learned, dataset.tokens, Vocabulary.of_answers)
    places = (
        dataset.longest_source or max(map(len, sources)),
        (dataset.longest_answer or max(map(len, answers))) + 1,
    )
    every = SequenceExamples.placed(sources, answers, pairs.numbers, places)
    fits = np.flatnonzero(~every.cut[:learned])
    if not len(fits):
        raise ConfigError(_nothing_fits(dataset, min(map(len, sources)), min(map(len, answers))))
    digest = hashlib.sha256(pairs.table + repr((source.symbols, answer.symbols)).encode())
    return _Corpus(
        pairs.numbers[:learned],
        (source, answer),
        places,
        every.take(fits),
        every.take(np.arange(learned, len(every))),
        digest.hexdigest(),
    )


@lru_cache(maxsize=4)
def _pairs(asked: Range, folder: _Folder) -> Pairs:
    return read_pairs(asked, folder.path)


def _symbols(
    texts: Sequence[str], learned: int, tokens: str, vocabulary: Callable[..., Vocabulary]
) -> tuple[list[list[int]], Vocabulary]:
    """Texts as symbols, with the symbols that the first of them have."""
    split = TOKENS[tokens](texts[:learned])
    pieces = [split.pieces(text) for text in texts]
    found = vocabulary(split, pieces[:learned])
    if len(found.symbols) < 2:
        raise ConfigError("every sentence has the same word and no other: there is nothing to tell")
    return [found.numbers(each) for each in pieces], found


def _nothing_fits(dataset: Numbers, source: int, answer: int) -> str:
    """source, answer: symbols of the shortest ones"""
    asked = (("longest_source", dataset.longest_source), ("longest_answer", dataset.longest_answer))
    places = " and ".join(f"{key} {most}" for key, most in asked if most)
    return (
        f"no pair has room within {places}: the shortest sentence has {source} symbol"
        f"{'s' * (source != 1)}, the shortest answer {answer}"
    )
