"""Images beside a table of their names and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from structbench.data.images.decoding import is_picture
from structbench.data.images.pictures import pictures_of
from structbench.data.own.class_folders import passed_over
from structbench.data.own.files import Files, called
from structbench.data.own.labels import LABEL_COLUMNS, numbered
from structbench.data.own.parts import PARTS, SPLIT_COLUMNS, Part, part_of, tested_part
from structbench.data.own.read import OwnGrids
from structbench.data.own.text import rows_of
from structbench.errors import DataError

TABLES = (".csv", ".tsv")
# Rows by which a table is known: a picture may be missing.
LOOKED_AT = 20

Row = tuple[int, list[str]]


class _Pictures:
    """The pictures of a folder, by what tables call them: the path, or its last part, and either
    without its ending."""

    def __init__(self, names: Iterable[str]):
        self._names: dict[str, list[str]] = {}
        for name in names:
            if is_picture(name):
                path = PurePosixPath(called(name))
                keys = {str(path), path.name, str(path.with_suffix("")), path.stem}
                for key in keys:
                    self._names.setdefault(key, []).append(name)

    def named(self, text: str) -> list[str]:
        """Those that are called so: more than one where it is not clear which is meant."""
        path = PurePosixPath(called(text).replace("\\", "/"))
        if not path.name:
            return []
        found = self._names.get(str(path), [])
        exact = [name for name in found if called(name) == str(path)]
        # A path from elsewhere: /home/somebody/images/1.png.
        return exact or found or self._names.get(path.name, [])


@dataclass(frozen=True)
class _Columns:
    """Where in a row what is: from 0."""

    file: int
    label: int
    split: int | None
    header: bool


def sees_table(files: Files) -> bool:
    """A table at the top whose first rows name pictures that are there."""
    tables = _tables(files) if files.only is None else []
    pictures = _Pictures(files.names if tables else [])
    return any(_names_some(files, table, pictures) for table in tables)


def read_table(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """A CSV or TSV with a column of files and one of labels; or two, called as parts are, as
    train.csv and test.csv; or one with a column `split`.

    options: side, see `pictures_of`
    """
    pictures = _Pictures(files.names)
    tables = [table for table in _tables(files) if _names_some(files, table, pictures)]
    parts = [part_of(PurePosixPath(table).stem) for table in tables]
    if len(tables) > 1 and (None in parts or len(set(parts)) < len(parts)):
        raise DataError(
            f"{files.path} has several tables of images, {tables[0]} and {tables[1]}: leave one, "
            "or call them train.csv and test.csv"
        )
    found: dict[str, tuple[str, Part | None]] = {}
    for table, part in zip(tables, parts, strict=True):
        _add_rows(files, table, part if len(tables) > 1 else None, pictures, found)
    names = list(found)
    labels, classes = numbered([label for label, _ in found.values()], files.path)
    every = [part for _, part in found.values()]
    tested, told = tested_part(set(every))
    left = [name for name in files.names if name not in found and name not in tables]
    read = pictures_of(files, names, options.get("side"))
    return OwnGrids(
        read.values,
        labels,
        classes,
        np.array([part == tested for part in every]) if tested else None,
        (*told, *passed_over(left), *read.told),
        read.resized,
    )


def _tables(files: Files) -> list[str]:
    return [name for name in files.names if "/" not in name and name.lower().endswith(TABLES)]


def _names_some(files: Files, table: str, pictures: _Pictures) -> bool:
    try:
        first = [row for _, row in islice(rows_of(files, table), LOOKED_AT)]
    except DataError:
        # Where there are no folders of classes it is what should be read: that says what is wrong.
        folders = {name.partition("/")[0] for name in files.names if is_picture(name)}
        return len(folders) == 1
    return any(pictures.named(cell) for row in first for cell in row)


def _add_rows(
    files: Files,
    table: str,
    part: Part | None,
    pictures: _Pictures,
    found: dict[str, tuple[str, Part | None]],
) -> None:
    """The pictures that a table names → label and part, among those of other tables."""
    where = files.place(table)
    rows = list(rows_of(files, table))
    columns = _columns(rows, pictures, where)
    for line, row in rows[columns.header :]:
        place = f"{where}:{line}"
        if len(row) <= max(columns.file, columns.label, columns.split or 0):
            raise DataError(f"{place}: fewer cells than the first row has")
        text, label = row[columns.file], row[columns.label]
        if not label:
            raise DataError(f"{place}: no label")
        named = pictures.named(text) if text else []
        if len(named) != 1:
            told = f"several images are called {text}" if named else f"there is no image {text!r}"
            raise DataError(f"{place}: {told}")
        if named[0] in found:
            raise DataError(f"{place}: {text} has a label already: leave one row for each image")
        of = part
        if columns.split is not None and (of := part_of(row[columns.split])) is None:
            raise DataError(f"{place}: no part of the data is called {row[columns.split]!r}; "
                            f"there are {', '.join(PARTS)}")  # fmt: skip
        found[named[0]] = called(label), of


def _columns(rows: Sequence[Row], pictures: _Pictures, where: object) -> _Columns:
    """DataError where it cannot be told which column has the labels."""
    first = rows[0][1]
    names = [cell.lower() for cell in first]
    file = _file_column([row for _, row in rows[:LOOKED_AT]], pictures, names)
    if is_picture(first[file]) or pictures.named(first[file]):
        if len(first) != 2:
            raise DataError(f"{where}: name the columns in a first row, e.g. file,label")
        return _Columns(file, 1 - file, None, header=False)
    labels = [i for i, name in enumerate(names) if name in LABEL_COLUMNS and i != file]
    splits = [i for i, name in enumerate(names) if name in SPLIT_COLUMNS and i != file]
    if not labels and len(first) == 2:
        labels = [1 - file]
    if len(labels) != 1 or len(splits) > 1:
        raise DataError(
            f"{where}: call one column `label` (and one `split`, if there are parts), or take the "
            f"table away; there are {', '.join(first)}"
        )
    return _Columns(file, labels[0], splits[0] if splits else None, header=True)


def _file_column(rows: Sequence[list[str]], pictures: _Pictures, names: Sequence[str]) -> int:
    """The column that names most pictures; a label 1 may be called as 1.png is, too."""

    def found(column: int) -> tuple[int, int]:
        cells = [row[column] for row in rows if len(row) > column]
        named = sum(bool(pictures.named(cell)) for cell in cells)
        return sum(map(is_picture, cells)), named * (names[column] not in LABEL_COLUMNS)

    return max(range(len(names)), key=found)
