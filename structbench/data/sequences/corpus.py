"""Pairs of sentences as symbols: what every data set of sentences is made into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.watched import watched
from structbench.data.sequences.examples import SequenceExamples
from structbench.data.sequences.pairs import Pairs
from structbench.data.sequences.tokens import Tokens
from structbench.data.sequences.vocabulary import Vocabulary
from structbench.errors import ConfigError

# What takes texts apart, once it knows some.
Learn = Callable[[Sequence[str]], Tokens]
# Symbols of each sentence and of each answer [n] → places for a sentence and for an answer, whose
# end is not counted.
Room = Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Corpus:
    """The pairs of a data set as symbols.

    places: of the longest source, and of the longest answer with its END
    train: those to learn from that fit the places; test: all to test on
    """

    vocabularies: tuple[Vocabulary, Vocabulary]
    places: tuple[int, int]
    train: SequenceExamples
    test: SequenceExamples

    @classmethod
    def of(cls, pairs: Pairs, learned: int, learn: Learn, room: Room) -> Corpus:
        """In the symbols that the first pairs have, which are those to learn from.

        learned: how many these are; ConfigError where all words are the same, or nothing fits
        """
        sources, source = symbols_of(pairs.sources, learned, learn, Vocabulary.of_source)
        answers, answer = symbols_of(pairs.answers, learned, learn, Vocabulary.of_answers)
        asked, answered = (_lengths(each) for each in (sources, answers))
        longest, longest_answer = room(asked, answered)
        places = (longest, longest_answer + 1)
        every = SequenceExamples.placed(sources, answers, pairs.numbers, places)
        fits = np.flatnonzero(~every.cut[:learned])
        if not len(fits):
            raise ConfigError(_nothing_fits(places, int(asked.min()), int(answered.min())))
        test = every.take(np.arange(learned, len(every)))
        return cls((source, answer), places, every.take(fits), test)

    def examples(self, pairs: Pairs) -> SequenceExamples:
        """Other pairs in the same symbols, at the same places."""
        source, answers = self.vocabularies
        return SequenceExamples.placed(
            [source.encoded(text) for text in pairs.sources],
            [answers.encoded(text) for text in pairs.answers],
            pairs.numbers,
            self.places,
        )


def symbols_of(
    texts: Sequence[str], learned: int, learn: Learn, vocabulary: Callable[..., Vocabulary]
) -> tuple[list[list[int]], Vocabulary]:
    """Texts as symbols, with the symbols that the first of them have."""
    tokens = learn(texts[:learned])
    # Each piece is kept once: of a million sentences there are 20 million.
    known: dict[str, str] = {}
    pieces = [
        [known.setdefault(piece, piece) for piece in tokens.pieces(text)]
        for text in watched(texts, len(texts), "taking sentences apart")
    ]
    found = vocabulary(tokens, pieces[:learned])
    if len(found.symbols) < 2:
        raise ConfigError("every sentence has the same word and no other: there is nothing to tell")
    return [found.numbers(each) for each in pieces], found


def _lengths(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return np.array([len(row) for row in rows], np.int64)


def _nothing_fits(places: tuple[int, int], source: int, answer: int) -> str:
    """source, answer: symbols of the shortest ones"""
    asked = (("longest_source", places[0], source), ("longest_answer", places[1] - 1, answer))
    short = [each for each in asked if each[1] < each[2]]
    within = " and ".join(f"{key} {most}" for key, most, _ in short or asked)
    return (
        f"no pair has room within {within}: the shortest sentence has {source} symbol"
        f"{'s' * (source != 1)}, the shortest answer {answer}"
    )
