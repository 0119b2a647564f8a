"""Signals of one's own as rows of a table: a label, and the values of a signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.files import Files
from structbench.data.own.labels import numbered, whole
from structbench.data.own.parts import Part, part_of, tested_part
from structbench.data.own.read import OwnGrids
from structbench.data.own.text import first_rows, is_number, rows_of
from structbench.data.own.watched import watched
from structbench.data.signals.columns import Columns, columns_of, label_is_last
from structbench.data.signals.lengths import even
from structbench.errors import DataError

ENDINGS = (".csv", ".tsv")
# Rows that show what a table holds.
LOOKED_AT = 10
UNNAMED = (
    "it is not clear whether the first or the last column has the labels: call the columns by name "
    "in a first line, that of the labels `label`"
)
NUMBERED = "a column that numbers the rows is not read"
COUNTED = "the first line, which counts the columns, is not read as a signal"


def sees_table(files: Files) -> bool:
    """A CSV or TSV, or two whose names end in `train` and `test`, with rows of numbers and no more
    than two texts, which may be the label and the part."""
    names = _tables(files)
    return bool(names) and all(_has_signals(files, name) for name in names)


def _tables(files: Files) -> list[str]:
    """The one to learn from first."""
    found = [name for name in files.names if name.lower().endswith(ENDINGS)]
    if files.only or len(found) != 2:
        return found if files.only else []
    ends = {PurePosixPath(name).stem.casefold()[-4:]: name for name in found}
    return [ends["rain"], ends["test"]] if ends.keys() == {"rain", "test"} else []


def _has_signals(files: Files, name: str) -> bool:
    return any(map(_is_signal, first_rows(files, name, LOOKED_AT)))


def _is_signal(row: Sequence[str]) -> bool:
    """Whether there are more numbers than texts: pairs of sentences may be numbered, too."""
    cells = list(filter(None, row))
    numbers = sum(map(is_number, cells))
    texts = len(cells) - numbers
    return numbers > texts and len(cells) > 2 and texts <= 2


class _Table(NamedTuple):
    """What the rows of a table hold, one entry for each.

    places: file and line; parts: None where nothing says so; told: what is to be known of them
    """

    places: list[tuple[Path, int]]
    labels: list[str]
    values: list[NDArray[np.float32]]
    parts: list[Part | None]
    told: tuple[str, ...]


def read_table(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """A row is a signal of one channel; empty cells at its end are no values.

    The label is in the column that the first line calls `label`, `class`, `target` or `y`; else in
    the first column or the last, the one that has texts, or whole numbers. A column `split` says
    `train` or `test`. options: `length`, to which signals are cut or filled up
    """
    names = _tables(files)
    called: tuple[Part | None, ...] = (None,) if len(names) == 1 else ("train", "test")
    tables = [_read(files, name, part) for name, part in zip(names, called, strict=True)]
    places, labels, values, parts, told = (
        list(chain.from_iterable(column)) for column in zip(*tables, strict=True)
    )
    part, said = tested_part(set(parts))

    def place(i: int) -> str:
        path, line = places[i]
        return f"{path}:{line}"

    numbers, classes = numbered(_as_written(labels, place, files.path), files.path)
    found = even((v[None] for v in values), len(values), options.get("length"), place)
    tested = np.array([of == part for of in parts]) if part else None
    every = tuple(dict.fromkeys([*told, *said, *found.told]))
    return OwnGrids(found.signals, numbers, classes, tested, every, found.changed)


class _Row(NamedTuple):
    """first: the label, or what may be one; values; last: what may be a label, or a value; empty
    where there is none"""

    first: str
    values: NDArray[np.float32]
    last: str
    part: Part | None


def _read(files: Files, name: str, part: Part | None) -> _Table:
    """part: of all its rows; None: as they say."""
    path = files.place(name)
    lines = watched(rows_of(files, name), _lines(path), "reading signals")
    head = list(islice(lines, 2))
    if len(head) < 2:
        raise DataError(f"{path} has no more than one row")
    columns = columns_of(head[0][1], head[1][1])
    places, rows = [], []
    for line, cells in chain(head[columns.header :], lines):
        places.append((path, line))
        rows.append(_row(cells, columns, f"{path}:{line}"))
    parts = [part if columns.split is None else row.part for row in rows]
    told = (NUMBERED,) * bool(columns.passed_over) + (COUNTED,) * columns.counted
    labels, values = [row.first for row in rows], [row.values for row in rows]
    if columns.label is not None:
        return _Table(places, labels, values, parts, told)
    is_last = label_is_last(labels, [row.last for row in rows])
    if is_last is None:
        raise DataError(f"{path}: {UNNAMED}")
    for i, row in enumerate(rows):
        where = f"{path}:{places[i][1]}"
        if is_last:
            labels[i], values[i] = row.last, np.append(_numbers([row.first], where), row.values)
        elif row.last:
            values[i] = np.append(row.values, _numbers([row.last], where))
    return _Table(places, labels, values, parts, told)


def _row(cells: list[str], columns: Columns, where: str) -> _Row:
    """DataError, which names the line, where it is none of a signal."""
    if columns.width and len(cells) > columns.width:
        raise DataError(f"{where}: more cells than the first line names")
    if columns.no_values and len(cells) <= columns.no_values[0]:
        raise DataError(f"{where}: too few cells")
    part = None if columns.split is None else _part(cells[columns.split], where)
    label = None if columns.label is None else cells[columns.label]
    for column in columns.no_values:
        del cells[column]
    is_whole = bool(cells) and bool(cells[-1])
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) < 1 + (columns.label is None):
        raise DataError(f"{where}: too few values")
    if label is not None:
        return _Row(label, _numbers(cells, where), "", part)
    if not is_whole:
        return _Row(cells[0], _numbers(cells[1:], where), "", part)
    return _Row(cells[0], _numbers(cells[1:-1], where), cells[-1], part)


def _lines(path: Path) -> int:
    """How many there are; 0 where that cannot be known."""
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(partial(file.read, 2**20), b""))
    except OSError:  # told by what reads it
        return 0


def _part(said: str, where: str) -> Part:
    if (part := part_of(said)) is None:
        raise DataError(f"{where}: split is {said[:20]!r}: it should be train or test")
    return part


def _numbers(cells: Sequence[str], where: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # infinite from here on, and refused later
            return np.fromiter(map(float, cells), np.float64, len(cells)).astype(np.float32)
    except ValueError:
        wrong = next(cell for cell in cells if not is_number(cell))
        told = f"{wrong[:20]!r} is no number" if wrong else "a value is missing"
        raise DataError(f"{where}: {told}") from None


def _as_written(labels: Sequence[str], place: Callable[[int], str], where: Path) -> Sequence[str]:
    """Labels as texts; whole numbers one way."""
    for missing in ("", "nan", "NaN"):
        if missing in labels:
            raise DataError(f"{place(labels.index(missing))}: its label is missing")
    if (numbers := whole(labels)) is not None:
        return numbers
    if all(map(is_number, set(labels))):
        raise DataError(f"{where}: labels should be whole numbers or texts: they are measured")
    return labels
