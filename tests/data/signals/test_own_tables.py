"""Signals of one's own in a CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from structbench.data.own.places import files_of, open_data
from structbench.data.own.read import OwnGrids
from structbench.data.own.readers import READERS
from structbench.errors import DataError, StructBenchError
from tests.data.signals.waves import read

# Two rows of each class, with what they are called and what they are made of.
VALUES = np.array([[0.5, 1.25, 2], [-3, 4, 0.25], [5.5, 0, 1e-3], [7, -1, 2.5]], np.float32)
ROWS = [",".join(f"{value:g}" for value in row) for row in VALUES]
A, B, C, D = ROWS


def table(folder: Path, *lines: str, name: str = "waves.csv", end: str = "\n") -> Path:
    path = folder / name
    path.write_text(end.join(lines) + end, encoding="utf-8", newline="")
    return path


def is_right(found: OwnGrids, classes: tuple[str, ...] = ("no", "yes")) -> bool:
    return (
        np.array_equal(found.grids[:, 0], VALUES)
        and found.labels.tolist() == [0, 1, 0, 1]
        and found.classes == classes
    )


TABLES: dict[str, list[str]] = {
    "label first": [f"no,{A}", f"yes,{B}", f"no,{C}", f"yes,{D}"],
    "label last": [f"{A},no", f"{B},yes", f"{C},no", f"{D},yes"],
    "quoted": [f'"no",{A}', f'"yes",{B}', f'"no",{C}', f'"yes",{D}'],
    "named first": ["Label,t0,t1,t2", f"no,{A}", f"yes,{B}", f"no,{C}", f"yes,{D}"],
    "named last": ["0,1,2,class", f"{A},no", f"{B},yes", f"{C},no", f"{D},yes"],
    "named y": ["t0,t1,t2,y", f"{A},no", f"{B},yes", f"{C},no", f"{D},yes"],
    "named within": [
        "t0,target,t1,t2", "0.5,no,1.25,2", "-3,yes,4,0.25", "5.5,no,0,1e-3", "7,yes,-1,2.5",
    ],
    "other names": ["what,t0,t1,t2", f"no,{A}", f"yes,{B}", f"no,{C}", f"yes,{D}"],
    "empty lines": ["", f"no,{A}", "", ",,,", f"yes,{B}", f"no,{C}", f"yes,{D}", ""],
}  # fmt: skip


for _what, _between in (("tabs", "\t"), ("semicolons", ";")):
    TABLES[_what] = [line.replace(",", _between) for line in TABLES["label first"]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", TABLES)
def test_a_row_is_a_label_and_a_signal(tmp_path: Path, text: str, end: str) -> None:
    found = read(table(tmp_path, *TABLES[text], end=end))
    assert is_right(found)
    assert (found.tested, found.told) == (None, ())


def test_a_column_that_numbers_the_rows_is_no_value(tmp_path: Path) -> None:
    lines = [f"{i},{label},{row}" for i, (label, row) in enumerate(zip("0101", ROWS, strict=True))]
    found = read(table(tmp_path, ",label,t0,t1,t2", *lines))
    assert is_right(found, ("0", "1"))
    assert found.told == ("a column that numbers the rows is not read",)


@pytest.mark.parametrize("first", ["what,0,1,2", "0,1,2,3"])
def test_a_line_that_counts_the_columns_is_no_signal(tmp_path: Path, first: str) -> None:
    found = read(table(tmp_path, first, f"no,{A}", f"yes,{B}", f"no,{C}", f"yes,{D}"))
    assert is_right(found)
    assert found.told == ("the first line, which counts the columns, is not read as a signal",)


@pytest.mark.parametrize("last", [False, True])
def test_whole_numbers_are_labels_among_measured_ones(tmp_path: Path, last: bool) -> None:
    """As numpy writes them: 1.000000000000000000e+00."""
    ends = [f"{i % 2 + 1:.18e}" for i in range(4)]
    pairs = zip(ROWS, ends, strict=True)
    lines = [f"{row.replace('0,', '0.5,')},{end}" if last else f"{end},{row}" for row, end in pairs]
    assert read(table(tmp_path, *lines)).classes == ("1", "2")


def test_a_column_split_says_what_is_tested(tmp_path: Path) -> None:
    parts = zip(("no", "yes") * 2, ("Train", "train", "test", "TEST"), ROWS, strict=True)
    found = read(table(tmp_path, "label,split,a,b,c", *map(",".join, parts)))
    assert is_right(found)
    assert found.tested is not None
    assert found.tested.tolist() == [False, False, True, True]


def test_two_tables_are_the_parts(tmp_path: Path) -> None:
    table(tmp_path, f"yes,{D}", f"no,{C}", name="Waves_TEST.tsv")
    table(tmp_path, f"no,{A}", f"yes,{B}", name="Waves_TRAIN.tsv")
    (tmp_path / "README.md").write_text("Waves.")
    found = read(tmp_path)
    assert found.tested is not None
    assert found.tested.tolist() == [False, False, True, True]
    assert np.array_equal(found.grids[:, 0], VALUES[[0, 1, 3, 2]])


def test_rows_that_end_early_are_shorter(tmp_path: Path) -> None:
    path = table(tmp_path, f"no,{A}", "yes,-3,,", "no,5.5", f"yes,{D}")
    with pytest.raises(DataError, match=r"csv:2 has 1 value and \S+:1 3: .*data.length=3"):
        read(path)
    found = read(path, length=2)
    assert found.grids[:, 0].tolist() == [[0.5, 1.25], [-3, 0], [5.5, 0], [7, -1]]
    assert [text[:18] for text in found.told] == ["2 of 4 signals are", "2 of 4 signals are"]


WRONG = {
    "no number": ([f"no,{A}", "yes,1,zwei,3"], "csv:2: 'zwei' is no number"),
    "a gap": ([f"no,{A}", "yes,1,,3"], "csv:2: a value is missing"),
    "NaN": ([f"no,{A}", "yes,1,nan,3"], "csv:2 has a value that is missing or not finite"),
    "no values": ([f"no,{A}", "yes", "no,1,2,3"], "csv:2: too few values"),
    "empty values": ([f"no,{A}", "yes,,,", "no,1,2,3"], "csv:2: too few values"),
    "both could be": (["1,2,3,4", "2,3,4,5"], "not clear whether the first or the last column"),
    "neither could be": (["1.5,2,3,4.5", "2.5,3,4,5.5"], "not clear whether"),
    "two texts": ([f"a,{A},no", f"b,{B},yes"], "not clear whether"),
    "measured": (["label,a,b,c", f"0.5,{A}", f"0.75,{B}"], "labels should be whole numbers or"),
    "no label": (["label,a,b,c", f"no,{A}", f",{B}"], "csv:3: its label is missing"),
    "too many cells": (["label,a,b,c", f"no,{A}", f"yes,{B},1"], "csv:3: more cells than the fi"),
    "too few cells": (["a,b,c,label", f"{A},no", "1,2,yes"], "csv:3: too few cells"),
    "other parts": (["label,split,a,b,c", f"no,new,{A}"], "csv:2: split is 'new': it should be"),
    "one row": (["label,a,b,c"], "is none of"),
    "one class": ([f"no,{A}", f"no,{B}"], "not clear whether"),
    "one class, named": (["label,a,b,c", f"no,{A}", f"no,{B}"], "of one class, 'no'"),
    "an open quotation": ([f"no,{A}", f"yes,{B}", 'no,"1,2,3'], r"csv:4: unexpected end"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, wrong: str) -> None:
    lines, told = WRONG[wrong]
    with pytest.raises(StructBenchError, match=told) as refused:
        read(table(tmp_path, *lines))
    assert refused.value.exit_code == 3


def test_a_table_that_is_no_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = table(tmp_path, f"no,{A}")
    path.write_bytes(path.read_bytes() + f"né,{B}\n".encode("latin-1"))
    with pytest.raises(DataError, match="csv:2: not UTF-8 text"):
        read(path)


OTHERS = {
    "sentences": ["Hello.\tBonjour.", "Yes.\tOui."],
    "file names": ["file,label", "a.png,1", "b.png,2"],
    "edges": ["1,2", "2,3"],
    "people": ["id,name,town", "1,Ann,Rome", "2,Bob,Oslo"],
    "an empty file": [""],
}


@pytest.mark.parametrize("other", OTHERS)
def test_other_tables_are_no_signals(tmp_path: Path, other: str) -> None:
    files = files_of(open_data(table(tmp_path, *OTHERS[other])))
    assert not READERS["signal_table"].sees(files)
