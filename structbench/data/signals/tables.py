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
from structbench.data.own.folders import ALSO_LEARNED, LEARNED, TESTED, VALIDATING
from structbench.data.own.labels import numbered, whole
from structbench.data.own.read import OwnGrids
from structbench.data.own.text import first_rows, rows_of
from structbench.data.own.watched import watched
from structbench.data.signals.columns import columns_of, is_number, label_is_last
from structbench.data.signals.lengths import even
from structbench.errors import DataError

ENDINGS = (".csv", ".tsv")
UNNAMED = (
    "it is not clear whether the first or the last column has the labels: call the columns by name "
    "in a first line, that of the labels `label`"
)
NUMBERED = "a column that numbers the rows is not read"


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
    *_, cells = first_rows(files, name, 2) or [[]]
    numbers = sum(map(is_number, cells))
    return numbers > 1 and len(cells) > 2 and len(cells) - numbers <= 2


class _Table(NamedTuple):
    """What the rows of a table hold, one entry for each.

    places: file and line; tested: whether it is in a part to test on; None where nothing says so
    told: what is to be known of them
    """

    places: list[tuple[Path, int]]
    labels: list[str]
    values: list[NDArray[np.float32]]
    tested: list[bool | None]
    told: tuple[str, ...]


def read_table(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """A row is a signal of one channel; empty cells at its end are no values.

    The label is in the column that the first line calls `label`, `class`, `target` or `y`; else in
    the first column or the last, the one that has texts, or whole numbers. A column `split` says
    `train` or `test`. options: `length`, to which signals are cut or filled up
    """
    names = _tables(files)
    parts = [None] if len(names) == 1 else [False, True]
    tables = [_read(files, name, part) for name, part in zip(names, parts, strict=True)]
    places, labels, values, tested, told = (
        list(chain.from_iterable(column)) for column in zip(*tables, strict=True)
    )

    def place(i: int) -> str:
        path, line = places[i]
        return f"{path}:{line}"

    numbers, classes = numbered(_as_written(labels, place, files.path), files.path)
    found = even((v[None] for v in values), len(values), options.get("length"), place)
    parted = None if None in tested else np.array(tested, bool)
    said = tuple(dict.fromkeys([*told, *found.told]))
    return OwnGrids(found.signals, numbers, classes, parted, said, found.changed)


def _read(files: Files, name: str, part: bool | None) -> _Table:
    """part: whether all of it is tested; None: as its rows say."""
    path = files.place(name)
    rows = watched(rows_of(files, name), _lines(path), "reading signals")
    head = list(islice(rows, 2))
    if len(head) < 2:
        raise DataError(f"{path} has no more than one row")
    columns = columns_of(head[0][1], head[1][1])
    places, ends, values, tested, validating = [], [], [], list[bool | None](), False
    for line, cells in chain(head[columns.header :], rows):
        where = f"{path}:{line}"
        if columns.header and len(cells) > len(head[0][1]):
            raise DataError(f"{where}: more cells than the first line names")
        if columns.no_values and len(cells) <= columns.no_values[0]:
            raise DataError(f"{where}: too few cells")
        said = "" if columns.split is None else cells[columns.split].casefold()
        validating = validating or said in VALIDATING
        tested.append(part if columns.split is None else _is_tested(said, where))
        label = None if columns.label is None else cells[columns.label]
        for column in columns.no_values:
            del cells[column]
        first, middle, last = _apart(cells, label, where)
        places.append((path, line))
        ends.append((first, last))
        values.append(_numbers(middle, where))
    firsts, lasts = ([end[i] for end in ends] for i in (0, 1))
    told = (NUMBERED,) * bool(columns.passed_over) + (ALSO_LEARNED,) * validating
    if columns.label is not None:
        return _Table(places, firsts, values, tested, told)
    is_last = label_is_last(firsts, lasts)
    if is_last is None:
        raise DataError(f"{path}: {UNNAMED}")
    for i, value in enumerate(firsts if is_last else lasts):
        if is_last or value:
            one = _numbers([value], "{}:{}".format(*places[i]))
            values[i] = np.concatenate([one, values[i]] if is_last else [values[i], one])
    return _Table(places, lasts if is_last else firsts, values, tested, told)


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(partial(file.read, 2**20), b""))


def _is_tested(said: str, where: str) -> bool:
    if said not in LEARNED | TESTED:
        raise DataError(f"{where}: split is {said!r}, neither train nor test")
    return said in TESTED


def _apart(cells: list[str], label: str | None, where: str) -> tuple[str, list[str], str]:
    """What may be labels, and between them values: the label and nothing, or the first cell and
    the last one, which is nothing where the row ended before."""
    whole_row = bool(cells) and bool(cells[-1])
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) < 1 + 2 * (label is None):
        raise DataError(f"{where}: no values")
    if label is not None:
        return label, cells, ""
    return (cells[0], cells[1:-1], cells[-1]) if whole_row else (cells[0], cells[1:], "")


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
