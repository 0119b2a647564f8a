"""Numbers of a range, in two languages: drawn once for all, spelled once, kept as a text file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.data.sequences.speller import RULES, RULES_OF, spelled, speller_version
from structbench.errors import ConfigError, RunFolderError
from structbench.machine.files import LARGEST_TEXT, read_bytes, write_bytes
from structbench.streams import stream

MOST_LEARNED, MOST_TESTED = 20_000, 5_000
# So many numbers a range must have: one is then tested on.
FEWEST = 5

# The same numbers for every seed: which of them are learned from is the seed's to draw.
DRAW_SEED = 0
# Of digits:N: as many as could be learned and tested on, and some that come twice.
_CANDIDATES = 4 * (MOST_LEARNED + MOST_TESTED)


def sizes(low: int, high: int) -> tuple[int, int]:
    """How many numbers from low to high are there to learn and validate from, and to test on.

    ConfigError where there are too few.
    """
    there = high - low + 1
    if there < FEWEST:
        held = f"{there} number{'s' * (there != 1)}" if there > 0 else "no number"
        raise ConfigError(f"[{low}, {high}] holds {held}; {FEWEST} are the fewest")
    tested = min(MOST_TESTED, there // 5)
    return min(MOST_LEARNED, there - tested), tested


@dataclass(frozen=True)
class Range:
    """Which numbers, both ends among them, and in which languages they are spelled."""

    source: str
    answer: str
    low: int
    high: int

    def drawn(self) -> NDArray[np.int64]:
        """Different numbers of the range, those to learn from first."""
        rng = stream(DRAW_SEED, "numbers", self.low, self.high)
        there, count = self.high - self.low + 1, sum(sizes(self.low, self.high))
        return self.low + rng.choice(there, count, replace=False).astype(np.int64)

    @property
    def file(self) -> str:
        """The name of the file that keeps them, which says all that its content depends on."""
        rules = (RULES_OF.get(language, RULES) for language in (self.source, self.answer))
        what = (speller_version(), *rules, DRAW_SEED, MOST_LEARNED, MOST_TESTED)
        digest = hashlib.sha256("/".join(map(str, what)).encode()).hexdigest()[:12]
        return f"{self.source}-{self.answer}-{self.low}-{self.high}-{digest}.tsv"


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sentences and their translations.

    numbers: int64 [n], those to learn from first
    sources, answers: n texts
    """

    numbers: NDArray[np.int64]
    sources: tuple[str, ...]
    answers: tuple[str, ...]

    @classmethod
    def spelled(cls, numbers: NDArray[np.int64], source: str, answer: str) -> Pairs:
        """These numbers in two languages; 50 µs or more a number and language."""
        sources, answers = (
            tuple(spelled(n, language) for n in numbers.tolist()) for language in (source, answer)
        )
        return cls(numbers, sources, answers)

    @property
    def table(self) -> bytes:
        """Number, source and answer, with tabs between them."""
        rows = zip(self.numbers.tolist(), self.sources, self.answers, strict=True)
        return "".join(f"{n}\t{source}\t{answer}\n" for n, source, answer in rows).encode()


def read_pairs(asked: Range, folder: Path) -> Pairs:
    """The pairs of a range, from their file below the folder of data sets.

    Where there is no file, or a damaged one, they are spelled, and kept if that is possible.
    """
    numbers, path = asked.drawn(), folder / "numbers" / asked.file
    with suppress(RunFolderError, ValueError):
        return _kept(read_bytes(path, LARGEST_TEXT), numbers)
    pairs = Pairs.spelled(numbers, asked.source, asked.answer)
    with suppress(RunFolderError):
        write_bytes(path, _sealed(pairs.table), durable=False)
    return pairs


def _sealed(table: bytes) -> bytes:
    """With the SHA-256 of what follows in its first line."""
    return f"# sha256 {hashlib.sha256(table).hexdigest()}\n".encode() + table


def _kept(content: bytes, numbers: NDArray[np.int64]) -> Pairs:
    """What a file holds; ValueError where it is not what was written of these numbers."""
    table = content.partition(b"\n")[2]
    if content != _sealed(table):
        raise ValueError("damaged")
    rows = [line.split("\t") for line in table.decode().split("\n")[:-1]]
    found, sources, answers = zip(*rows, strict=True)
    if list(map(int, found)) != numbers.tolist():
        raise ValueError("other numbers")
    return Pairs(numbers, sources, answers)


def numbers_of_digits(digits: int) -> int:
    """How many there are; 0 has one digit."""
    return 10 if digits == 1 else 9 * 10 ** (digits - 1)


def other_numbers(digits: int, known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of so many digits that are none of these, in an order that depends on nothing else.

    All of them where there are few; else more than could be known and asked for.
    """
    low, count = (0 if digits == 1 else 10 ** (digits - 1)), numbers_of_digits(digits)
    rng = stream(DRAW_SEED, "digits", digits)
    if count <= 10 * _CANDIDATES:
        order = rng.permutation(count)
    else:
        order = _first_of_each(rng.integers(count, size=_CANDIDATES))
    found = low + order.astype(np.int64)
    return found[~np.isin(found, known)]


def _first_of_each(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Different values, each where it came first."""
    _, first = np.unique(values, return_index=True)
    return values[np.sort(first)]
