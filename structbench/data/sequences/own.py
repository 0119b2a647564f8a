"""Sentences of a user's own and their translations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.own import limits
from structbench.data.own.content import SequenceContent
from structbench.data.own.dataset import OwnDataset, require_as_found
from structbench.data.own.doubts import Uses, numbers_of, pair_doubts
from structbench.data.own.places import files_of
from structbench.data.own.read import OwnPairs
from structbench.data.own.reading import read_own
from structbench.data.own.split import tested_of
from structbench.data.sequences.apart import Apart
from structbench.data.sequences.corpus import Corpus, Learn
from structbench.data.sequences.dataset import SequenceDataset
from structbench.data.sequences.examples import SequenceExamples
from structbench.data.sequences.pairs import Pairs
from structbench.data.sequences.tokens import BytePairs, Characters
from structbench.errors import ConfigError, DataError
from structbench.problem import Problem

Way = Literal["words", "characters", "bpe"]


@dataclass(frozen=True)
class Symbols:
    """How texts become symbols, and how many of them there may be.

    pieces: of bpe, of each language; longest_source, longest_answer: pairs with more symbols are
    neither learned from nor answered rightly
    """

    tokens: Way
    pieces: int | None
    longest_source: int
    longest_answer: int

    @property
    def learn(self) -> Learn:
        """What takes texts apart, once it knows some."""
        if self.tokens == "bpe":
            assert self.pieces  # the spec fills it in
            return partial(BytePairs.of, most=self.pieces, apart=True)
        return Apart if self.tokens == "words" else Characters

    def room(self, sources: NDArray[np.int64], answers: NDArray[np.int64]) -> tuple[int, int]:
        """As many places as the longest pair needs that is not too long; ConfigError where those of
        all pairs take too much memory."""
        fits = (sources <= self.longest_source) & (answers <= self.longest_answer)
        if not fits.any():
            return self.longest_source, self.longest_answer
        places = int(sources[fits].max()), int(answers[fits].max())
        if (size := 8 * len(fits) * sum(places)) > limits.MOST_BYTES:
            raise ConfigError(
                f"{len(fits):,} sentences of up to {places[0]} symbols and translations of up to "
                f"{places[1]} take {limits.bytes_text(size)}, more than "
                f"{limits.bytes_text(limits.MOST_BYTES)}: set smaller data.longest_source and "
                "data.longest_answer"
            )
        return places


class Split(NamedTuple):
    """tested: bool [n]; notices: what is to be known of the pairs"""

    pairs: OwnPairs
    tested: NDArray[np.bool_]
    notices: tuple[str, ...]


@lru_cache(maxsize=2)
def split_pairs(sha256: str, share: float) -> Split:
    """What is tested; the same for every seed and model. share: where there is no test part

    A sentence, in capitals or not, is on one side.
    """
    pairs: OwnPairs = read_own(sha256, "sequence", OwnPairs, ())
    groups = numbers_of(source.casefold() for source in pairs.sources)
    tested = pairs.tested
    if tested is None:
        try:
            tested = tested_of(np.zeros(len(groups), np.int64), groups, share)
        except DataError as error:
            raise DataError(f"{files_of(sha256).path}: {error}") from None
    doubts = (doubt.told for doubt in pair_doubts(pairs, Uses(~tested, tested)))
    return Split(pairs, tested, (*pairs.told, *doubts))


class OwnCorpus(NamedTuple):
    """sources, answers: the texts, by the rows of the examples"""

    corpus: Corpus
    sources: Sequence[str]
    answers: Sequence[str]


@lru_cache(maxsize=4)
def own_corpus(sha256: str, symbols: Symbols, share: float) -> OwnCorpus:
    """Pairs as symbols, which are those of the ones to learn from; their rows count as the lines
    do. DataError where they cannot be read"""
    found, tested, notices = split_pairs(sha256, share)
    order = np.argsort(tested, kind="stable")
    sources, answers = ([texts[i] for i in order] for texts in (found.sources, found.answers))
    learned = int((~tested).sum())
    pairs = Pairs(order, tuple(sources), tuple(answers))
    made = Corpus.of(pairs, learned, symbols.learn, symbols.room)
    if left := learned - len(made.train):
        long = f"{symbols.longest_source} symbols, or their translations {symbols.longest_answer}"
        notices = (
            *notices,
            f"{left:,} of {learned:,} sentences to learn from are left out: they have more than "
            f"{long} (data.longest_source, data.longest_answer)",
        )
    train, test = (replace(part, told=notices) for part in (made.train, made.test))
    return OwnCorpus(replace(made, train=train, test=test), found.sources, found.answers)


@lru_cache(maxsize=16)
def sequence_content(sha256: str, symbols: Symbols, share: float) -> SequenceContent:
    """What is said of it in a config."""
    corpus = own_corpus(sha256, symbols, share).corpus
    source, answers = corpus.vocabularies
    return SequenceContent(
        kind="sequence",
        sha256=sha256,
        train_examples=len(corpus.train),
        test_examples=len(corpus.test),
        test_part=split_pairs(sha256, share).pairs.tested is not None,
        source_places=corpus.places[0],
        answer_places=corpus.places[1],
        source_symbols=len(source),
        answer_symbols=len(answers),
        symbols=hashlib.sha256(repr((source.symbols, answers.symbols)).encode()).hexdigest(),
    )


@dataclass(frozen=True, kw_only=True)
class OwnSequences(SequenceDataset, OwnDataset):
    """Sentences that were named on the command line."""

    content: SequenceContent
    symbols: Symbols

    def corpus(self, folder: Path) -> Corpus:
        return self._made().corpus

    def texts(self, folder: Path) -> tuple[Sequence[str], Sequence[str]]:
        """Sentences and their translations as they are written, by the rows of the examples."""
        made = self._made()
        return made.sources, made.answers

    def _made(self) -> OwnCorpus:
        asked = self.content.sha256, self.symbols, self.test_share
        made = own_corpus(*asked)
        require_as_found(self.content, sequence_content(*asked))
        return made

    def problem(self, folder: Path) -> Problem:
        """Its sizes, for which nothing is read."""
        found = self.content
        return Problem(
            "sequence", (found.source_places,), found.answer_symbols, found.source_symbols,
            found.answer_places,
        )  # fmt: skip

    def unused(self, folder: Path, learned: SequenceExamples) -> _None:
        return _None()

    def require_conditions(
        self, folder: Path, conditions: Iterable[Condition], tested: int
    ) -> None:
        for condition in conditions:
            if condition.name == "digits":
                raise ConfigError(_no_digits(str(condition)))


class _None:
    """Of one's own sentences none are unused."""

    def examples(self, digits: int, count: int) -> SequenceExamples:
        raise ConfigError(_no_digits(f"digits:{digits}"))


def _no_digits(condition: str) -> str:
    return (
        f"condition {condition!r} is of the data set numbers alone: no others are known than the "
        "sentences of your own"
    )
