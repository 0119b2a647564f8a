"""What reads sentences of a user's own and their translations: tables of two columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from structbench.data.own.files import Files
from structbench.data.own.parts import PARTS, Part, part_of, tested_part
from structbench.data.own.read import OwnPairs
from structbench.data.own.text import is_number, lines_of
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


class _Table(NamedTuple):
    """Of a file. told: what is to be known of it"""

    sources: list[str]
    answers: list[str]
    told: list[str]


def sees_pairs(files: Files) -> bool:
    """A file of lines with a tab; or a folder of several, one to learn from and one to test on,
    called as parts are (see PARTS)."""
    tables, parts = _tables(files), _parts(files)
    if "train" in parts and tested_part(parts)[0]:
        return all(_is_table(files, name) for names in parts.values() for name in names)
    return len(files.names) == len(tables) == 1 and _is_table(files, files.names[0])


def read_pairs(files: Files, options: Mapping[str, Any]) -> OwnPairs:
    """A line a pair: a sentence, a tab, and its translation."""
    parts = _parts(files)
    tested, told = tested_part(parts) if "train" in parts else (None, ())
    if not tested:
        sources, answers, told_of = _table(files, files.names[0])
        return OwnPairs(tuple(sources), tuple(answers), None, tuple(told_of))
    for part, names in parts.items():
        if len(names) > 1:
            raise DataError(f"{files.path}: both {names[0]} and {names[1]} are the {part} part")
    read = {part: _table(files, names[0]) for part, names in parts.items()}
    others = set(_tables(files)) - {name for names in parts.values() for name in names}
    return OwnPairs(
        tuple(text for table in read.values() for text in table.sources),
        tuple(text for table in read.values() for text in table.answers),
        np.repeat([part == tested for part in read], [len(of.sources) for of in read.values()]),
        (
            *told,
            *(text for table in read.values() for text in table.told),
            *(f"{name} is not read" for name in sorted(others)),
        ),
    )


def _tables(files: Files) -> list[str]:
    """The files that may be such tables."""
    top = (name for name in files.names if "/" not in name)
    return [name for name in top if PurePosixPath(name).suffix.lower() in _ENDINGS]


def _parts(files: Files) -> dict[Part, list[str]]:
    """Of a folder: part → the tables that are called so, those to learn from first."""
    tables = [] if files.only else _tables(files)
    known = {name: part_of(PurePosixPath(name).stem) for name in tables}
    there = [part for part in dict.fromkeys(PARTS.values()) if part in known.values()]
    return {part: [name for name in tables if known[name] == part] for part in there}


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
    texts = sum(not is_number(cell) for cell in row)
    return texts == 0 or (texts == 1 and len(row) > 2)


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
    if columns > 2 and all(is_number(source) for source, _ in pairs):
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
