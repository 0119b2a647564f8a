"""Texts and tables from strangers: UTF-8, with whatever ends of lines and a mark at the start."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress

from structbench.data.own.files import Files
from structbench.errors import DataError

# A cell that is longer is no cell: a quotation mark that nobody closed.
LARGEST_CELL = 2**20
# Letters; what has no end of a line before is hardly a table.
LONGEST_FIRST_LINE = 2**24


def text_of(files: Files, name: str) -> str:
    """The text of a file; DataError where it is not UTF-8, or has a zero byte."""
    content = files.content(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{files.place(name)}:{line}: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        raise DataError(f"{files.place(name)} is no text: it has a zero byte")
    return text


def lines_of(files: Files, name: str) -> list[str]:
    """The lines of a file, without their ends: LF, CRLF or CR."""
    return text_of(files, name).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def rows_of(files: Files, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table that are not empty, each with the number of its line, from 1.

    Cells are between tabs where the first line has one, else between commas or semicolons, and may
    be quoted. DataError, which names the line, where a quotation does not end.
    """
    lines = lines_of(files, name)
    first = next((line for line in lines if line.strip()), "")
    between = _between(first)
    before = csv.field_size_limit(LARGEST_CELL)
    try:
        reader = csv.reader(lines, delimiter=between, strict=True)
        try:
            for row in reader:
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise DataError(f"{files.place(name)}:{reader.line_num}: {error}") from None
    finally:
        csv.field_size_limit(before)


def first_rows(files: Files, name: str, count: int) -> list[list[str]]:
    """So many of a table's rows, or those before one that is none, for a look at what it holds. No
    more of the file is read than that."""
    rows = []
    with suppress(OSError, csv.Error):
        # What is no UTF-8 is told, with its line, by what reads all of it.
        with files.place(name).open(encoding="utf-8-sig", errors="replace") as file:
            lines = [file.readline(LONGEST_FIRST_LINE) for _ in range(count)]
        for row in csv.reader(lines, delimiter=_between(lines[0]), strict=True):
            rows.append([cell.strip() for cell in row])  # noqa: PERF401  the next may be none
    return [row for row in rows if any(row)]


def is_number(cell: str | bytes) -> bool:
    """Whether a cell is a number, which may be NaN."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _between(line: str) -> str:
    """What is between the cells of a table whose first line is this."""
    return "\t" if "\t" in line else ";" if line.count(";") > line.count(",") else ","
