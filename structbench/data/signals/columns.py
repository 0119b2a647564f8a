"""Which columns of a table are what: the label, the part, the values of a signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from structbench.data.own.labels import LABEL_COLUMNS, whole
from structbench.data.own.parts import SPLIT_COLUMNS
from structbench.data.own.text import is_number

# Columns that number the rows, as tables often have one.
NUMBERING = frozenset({"", "id", "index", "unnamed: 0"})


class Columns(NamedTuple):
    """header: whether the first line names them; width: how many it names, or 0; label, split:
    which column, from 0, or None; passed_over: those that number the rows; counted: whether the
    first line may have been a signal, but counts the columns"""

    header: bool
    width: int = 0
    label: int | None = None
    split: int | None = None
    passed_over: tuple[int, ...] = ()
    counted: bool = False

    @property
    def no_values(self) -> list[int]:
        """All of these, the last first."""
        named = {i for i in (self.label, self.split) if i is not None}
        return sorted(named.union(self.passed_over), reverse=True)


def columns_of(first: Sequence[str], second: Sequence[str]) -> Columns:
    """What the first two rows say."""
    if not _is_header(first, second):
        return Columns(False)
    names = [name.casefold() for name in first]
    label = next((names.index(name) for name in LABEL_COLUMNS if name in names), None)
    numbering = tuple(i for i, name in enumerate(names) if name in NUMBERING)
    split = next((names.index(name) for name in SPLIT_COLUMNS if name in names), None)
    return Columns(True, len(names), label, split, numbering, label is None and _counts(first))


def _is_header(first: Sequence[str], second: Sequence[str]) -> bool:
    """A row with a name for the label, with more texts than the next, or that counts columns."""
    # A class may be called y; hardly one is called as the other names.
    named = any(name.casefold() in LABEL_COLUMNS and len(name) > 1 for name in first)
    texts, texts_below = (sum(not is_number(cell) for cell in row) for row in (first, second))
    return named or _counts(first) or (texts > 1 and texts > texts_below)


def _counts(row: Sequence[str]) -> bool:
    """0, 1, 2, … or 1, 2, 3, …, beside texts."""
    numbers = [cell for cell in row if is_number(cell)]
    counted = [[str(i) for i in range(start, start + len(numbers))] for start in (0, 1)]
    return len(numbers) > 2 and numbers in counted


def label_is_last(first: Sequence[str], last: Sequence[str]) -> bool | None:
    """Of rows whose columns have no names: whether the last holds the labels, or the first; None
    where neither does or both could. first, last: the cells of these columns"""
    likely = [_likely(first), _likely(last)]
    return None if likely[0] == likely[1] else likely[1] > likely[0]


def _likely(cells: Sequence[str]) -> int:
    """How likely these are labels: texts, then whole numbers of several classes; 0: they are not"""
    different = set(cells)
    if "" in different or len(different) < 2:
        return 0
    if not all(map(is_number, different)):
        return 2
    return int(whole(list(different)) is not None)
