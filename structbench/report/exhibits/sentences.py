"""Sentences as numbers and as text: how long they are, and which of their words are wrong."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from structbench.data.examples import PADDING, UNANSWERABLE
from structbench.problem import BLANK, EMPTY, END
from structbench.report.exhibits.material import Vocabulary

Part = tuple[str, bool]
"""A piece of an answer, and whether it is wrong."""
# What stands for an answer, or a symbol of it, that is none; for one that is missing; for the end.
NO_NUMBER, MISSING, ITS_END = "no number", "…", "(end)"


def source_lengths(sources: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many symbols each source has: [n, places] → [n]."""
    lengths: NDArray[np.int64] = ((sources != EMPTY) & (sources != BLANK)).sum(axis=1)
    return lengths


def answer_lengths(answers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many symbols each answer has before it ends: [n, places] → [n]."""
    ended = np.pad((answers == END) | (answers == PADDING), ((0, 0), (0, 1)), constant_values=True)
    lengths: NDArray[np.int64] = ended.argmax(axis=1)
    return lengths


def answerable(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which right answers are known: those that fit, and are of symbols that were learned."""
    known: NDArray[np.bool_] = labels[:, 0] != UNANSWERABLE
    return known


def read_words(vocabulary: Vocabulary, source: NDArray[np.int64]) -> list[str]:
    """One text for each place of a source that is read, BLANK ones too: [places]."""
    return _words(vocabulary, source[source != EMPTY])


def source_text(vocabulary: Vocabulary, source: NDArray[np.int64]) -> str:
    """A source as a text: [places]."""
    return _text(vocabulary, source[(source != EMPTY) & (source != BLANK)])


def answer_words(
    vocabulary: Vocabulary, answer: NDArray[np.int64], with_end: bool = False
) -> list[str]:
    """One text a symbol of an answer, up to its end, which may be among them: [places]."""
    length = answer_lengths(answer[None])[0]
    ends = with_end and END in answer[length : length + 1]
    return _words(vocabulary, answer[:length]) + [ITS_END] * ends


def _words(vocabulary: Vocabulary, symbols: NDArray[np.int64]) -> list[str]:
    """What is read from disk may be a number that the vocabulary does not have."""
    known = range(len(vocabulary))
    return [vocabulary.words([x])[0] if x in known else NO_NUMBER for x in symbols.tolist()]


def answer_text(vocabulary: Vocabulary, answer: NDArray[np.int64], none: str = NO_NUMBER) -> str:
    """An answer as a text, up to its end: [places]. none: of what is no answer"""
    return _text(vocabulary, answer[: answer_lengths(answer[None])[0]], none)


def _text(vocabulary: Vocabulary, symbols: NDArray[np.int64], none: str = NO_NUMBER) -> str:
    known, numbers = range(len(vocabulary)), symbols.tolist()
    return vocabulary.decoded(numbers) if all(x in known for x in numbers) else none


def marked(given: Sequence[str], right: Sequence[str]) -> Iterator[Part]:
    """The words given, and where some are missing a mark; wrong is what the right ones lack."""
    matcher = SequenceMatcher(None, right, given, autojunk=False)
    for tag, _, _, start, end in matcher.get_opcodes():
        for word in given[start:end]:
            yield word, tag != "equal"
        if tag == "delete":
            yield MISSING, True
