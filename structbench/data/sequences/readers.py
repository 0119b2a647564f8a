"""What reads sentences of a user's own and their translations: tables of two columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from structbench.data.own.files import Files
from structbench.data.own.read import OwnPairs
from structbench.data.own.text import lines_of
from structbench.data.own.watched import watched
from structbench.data.sequences.apart import sentence
from structbench.errors import DataError

_ENDINGS = (".tsv", ".tab", ".txt")
# What is looked at to see whether a file is such a table.
_HEAD_BYTES, _HEAD_LINES = 2**16, 20
# Two sentences, and what is told of them: a licence, a source. With more it is another table.
_MOST_COLUMNS = 4
MOST_PAIRS = 2_000_000
# What a first line says that is no pair, in small letters.
_HEADER = {"source", "src", "input", "sentence", "target", "tgt", "trg", "output", "translation"}
_HEADER |= {"answer"}
# The files of a folder, by their names without endings.
TRAIN, TEST, VALIDATION = "train", "test", ("valid", "validation", "val", "dev")


class _Table(NamedTuple):
    """Of a file. told: what is to be known of it"""

    sources: list[str]
    answers: list[str]
    told: list[str]


def sees_pairs(files: Files) -> bool:
    """A file of lines with a tab; or a folder of two such, train.tsv and test.tsv."""
    tables = _tables(files)
    if not files.only and TRAIN in tables:
        return TEST in tables and all(_is_table(files, tables[name]) for name in (TRAIN, TEST))
    return len(files.names) == len(tables) == 1 and _is_table(files, files.names[0])


def read_pairs(files: Files, options: Mapping[str, Any]) -> OwnPairs:
    """A line a pair: a sentence, a tab, and its translation."""
    tables = _tables(files)
    if files.only or TRAIN not in tables:
        sources, answers, told = _table(files, files.names[0])
        return OwnPairs(tuple(sources), tuple(answers), None, tuple(told))
    parts = [_table(files, tables[name]) for name in (TRAIN, TEST)]
    told = [text for part in parts for text in part.told]
    for name in sorted(set(tables) - {TRAIN, TEST}):
        told.append(
            f"{tables[name]} is not read"
            + ": validation examples are taken from those to learn from" * (name in VALIDATION)
        )
    return OwnPairs(
        tuple(text for part in parts for text in part.sources),
        tuple(text for part in parts for text in part.answers),
        np.repeat([False, True], [len(part.sources) for part in parts]),
        tuple(told),
    )


def _tables(files: Files) -> dict[str, str]:
    """Name without its ending → name, of the files that may be such tables."""
    paths = ((PurePosixPath(name), name) for name in files.names)
    return {
        path.stem.lower(): name
        for path, name in paths
        if path.suffix.lower() in _ENDINGS and len(path.parts) == 1
    }


def _is_table(files: Files, name: str) -> bool:
    """Whether most of its first lines have a tab or some, and not numbers alone between them."""
    try:
        with files.place(name).open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    lines = [line for line in head.replace(b"\0", b"").splitlines() if line.strip()][:_HEAD_LINES]
    rows = [line.split(b"\t") for line in lines]
    pairs = [row for row in rows if 2 <= len(row) <= _MOST_COLUMNS and not _is_of_numbers(row)]
    return 2 * len(pairs) > len(rows)


def _is_of_numbers(row: Sequence[bytes]) -> bool:
    """Whether all cells are numbers, or all but one of several, which may be a label."""
    texts = sum(not _is_number(cell) for cell in row)
    return texts == 0 or (texts == 1 and len(row) > 2)


def _is_number(cell: bytes | str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _table(files: Files, name: str) -> _Table:
    """DataError, which names the line, where one is no pair."""
    where, lines = files.place(name), lines_of(files, name)
    while lines and not lines[-1].strip():
        lines.pop()  # what ends a file
    if len(lines) > MOST_PAIRS:
        raise DataError(f"{where} has {len(lines):,} lines, more than {MOST_PAIRS:,}")
    rows = [line.split("\t") for line in lines]
    # A file's own name is no part of what it is.
    called = "the file" if files.only else name
    told = list[str]()
    header = bool(rows) and _is_header(rows[0])
    if header:
        cells = " and ".join(cell.strip() for cell in rows.pop(0)[:2])
        told.append(f"the first line of {called} is a header, no pair: {cells}")
    if not rows:
        raise DataError(f"{where} has no pair of a sentence and its translation")
    columns = _columns(rows)
    if columns > 2:
        told.append(f"{called} has {columns} columns; the first two are read")
    pairs = _pairs(rows, columns, where, 1 + header)
    return _Table([source for source, _ in pairs], [answer for _, answer in pairs], told)


def _columns(rows: Sequence[Sequence[str]]) -> int:
    """How many most rows have, at least two."""
    ((usual, _),) = Counter(map(len, rows)).most_common(1)
    return max(2, usual)


def _pairs(
    rows: Sequence[Sequence[str]], columns: int, where: object, first: int
) -> list[tuple[str, str]]:
    """The first two cells of each row. first: the number of the first line"""
    pairs = [
        (sentence(row[0]), sentence(row[1])) if len(row) == columns else ("", "")
        for row in watched(rows, len(rows), "reading sentences")
    ]
    if columns > 2 and all(_is_number(source) for source, _ in pairs):
        raise DataError(f"{where}: its first column has numbers and no sentences: leave it out")
    wrong = [i for i, pair in enumerate(pairs) if not all(pair)]
    if wrong:
        told = _wrong(rows[wrong[0]], columns)
        more = f" ({len(wrong):,} lines are no pairs)" if len(wrong) > 1 else ""
        line = "a line is a sentence, a tab and its translation"
        raise DataError(f"{where}:{wrong[0] + first}: {told}{more}; {line}")
    return pairs


def _is_header(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(cell.strip().lower() in _HEADER for cell in row[:2])


def _wrong(row: Sequence[str], columns: int) -> str:
    """What is wrong with a line."""
    if not any(cell.strip() for cell in row):
        return "an empty line"
    if len(row) == 1:
        return "no tab"
    if len(row) != columns:
        return f"{len(row)} columns where most lines have {columns}"
    return f"no {'translation' if sentence(row[0]) else 'sentence'}"
