"""Columns of numbers in a table that has others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.limits import MOST_VALUES
from structbench.errors import DataError

# So many columns are told by name.
MOST_TOLD = 8


class Numbers:
    """The numbers of some columns, row by row; a column without any is passed over.

    where: the table; columns: place → what it is called
    """

    def __init__(self, where: Path, columns: Mapping[int, str]):
        self.where, self.columns = where, columns
        self.rows: list[NDArray[np.float32]] = []
        self.lines: list[int] = []
        # Column → how many of its cells are no number, and the first of them with its line.
        self.texts: dict[int, tuple[int, int, str]] = {}

    def add(self, line: int, cells: list[str]) -> None:
        """A row of the table."""
        if (len(self.rows) + 1) * len(self.columns) > MOST_VALUES:
            raise DataError(f"{self.where}: more than {MOST_VALUES:,} numbers")
        try:
            values = [float(cells[i]) for i in self.columns]
        except ValueError:
            values = [self._number(line, i, cells[i]) for i in self.columns]
        with np.errstate(over="ignore"):  # what float32 cannot hold is refused with its line
            self.rows.append(np.array(values, np.float32))
        self.lines.append(line)

    def _number(self, line: int, column: int, cell: str) -> float:
        try:
            return float(cell)
        except ValueError:
            count, *first = self.texts.get(column, (0, line, cell))
            self.texts[column] = (count + 1, *first)  # type: ignore[assignment]
            return 0.0

    def found(self) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """[rows, columns], and what is to be known; DataError, which names the line, where a column
        has numbers and others, or what is not finite."""
        passed = [
            i
            for i, name in self.columns.items()
            if not name or self.texts.get(i, (0,))[0] == len(self.rows)
        ]
        kept = [place for place, i in enumerate(self.columns) if i not in passed]
        for i, (_, line, cell) in self.texts.items():
            if i not in passed:
                said = f"{cell!r} is no number" if cell else "there is no number"
                raise DataError(
                    f"{self.where}:{line}: {said} in {self.columns[i]!r}, which has numbers in "
                    "other lines"
                )
        values = np.array(self.rows, np.float32).reshape(len(self.rows), -1)[:, kept]
        for row, column in np.argwhere(~np.isfinite(values))[:1].tolist():
            name = self.columns[list(self.columns)[kept[column]]]
            raise DataError(f"{self.where}:{self.lines[row]}: {name!r} is not a finite number")
        return values, tuple(self._told(passed))

    def _told(self, passed: list[int]) -> Iterator[str]:
        where = self.where.name
        kept = [name for i, name in self.columns.items() if i not in passed]
        named = [self.columns[i] for i in passed if self.columns[i]]
        over = f"no numbers, and passed over: {listed(named)}"
        if kept:
            yield f"a node's features are {listed(kept)} of {where}" + f"; {over}" * bool(named)
        elif named:
            yield f"{over} of {where}"


def listed(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - MOST_TOLD
    return ", ".join(names[:MOST_TOLD]) + (f" and {more:,} more" if more > 0 else "")
