"""The symbols of a language: pieces of text, each with a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from structbench.data.examples import UNANSWERABLE
from structbench.data.sequences.tokens import JOINED, Tokens
from structbench.problem import UNKNOWN

# What stands before the pieces: EMPTY, UNKNOWN and BLANK of a source, END of an answer. Their texts
# are those on the axis of a picture.
SOURCE_SIGNS = ("", "(unknown)", "")
ANSWER_SIGNS = ("(end)",)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Pieces and their numbers, which count on from the reserved symbols.

    symbols: the pieces, in the order of their numbers
    signs: the texts of the reserved symbols
    unknown_number: of a piece that is none of the symbols: UNKNOWN in a source; no answer can have
        one, so there it is UNANSWERABLE
    """

    tokens: Tokens
    symbols: tuple[str, ...]
    signs: tuple[str, ...]
    unknown_number: int

    @classmethod
    def of_source(cls, tokens: Tokens, pieces: Iterable[Sequence[str]]) -> Vocabulary:
        """The symbols that sources have. pieces: those of each text"""
        return cls(tokens, _different(pieces), SOURCE_SIGNS, UNKNOWN)

    @classmethod
    def of_answers(cls, tokens: Tokens, pieces: Iterable[Sequence[str]]) -> Vocabulary:
        """The symbols that answers have. pieces: those of each text"""
        return cls(tokens, _different(pieces), ANSWER_SIGNS, UNANSWERABLE)

    def __len__(self) -> int:
        """All symbols, the reserved ones too."""
        return len(self._texts)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return (*self.signs, *self.symbols)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {piece: number for number, piece in enumerate(self.symbols, len(self.signs))}

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text, known or not."""
        return self.tokens.pieces(text)

    def encoded(self, text: str) -> list[int]:
        """The number of each piece of a text."""
        return self.numbers(self.pieces(text))

    def numbers(self, pieces: Iterable[str]) -> list[int]:
        """The number of each piece."""
        return [self._numbers.get(piece, self.unknown_number) for piece in pieces]

    def unknown(self, text: str) -> list[str]:
        """The different pieces of a text that are no symbols, in their order."""
        strange = (piece for piece in self.pieces(text) if piece not in self._numbers)
        return list(dict.fromkeys(piece.replace(JOINED, "") for piece in strange))

    def words(self, numbers: Iterable[int]) -> list[str]:
        """A text for each number, e.g. for an axis; of what is no symbol it is empty."""
        return [_shown(self._texts[n]) if n >= 0 else "" for n in numbers]

    def decoded(self, numbers: Iterable[int]) -> str:
        """The text of these symbols, up to the first that is EMPTY, END or none."""
        texts = (self._texts[n] for n in takewhile(lambda number: number > 0, numbers))
        return self.tokens.text([text for text in texts if text])


def _shown(piece: str) -> str:
    return piece.replace(" ", "␣").replace(JOINED, "")


def _different(pieces: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted({piece for each in pieces for piece in each}))
