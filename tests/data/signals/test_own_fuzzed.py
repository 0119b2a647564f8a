"""Damaged files and odd tables of signals: read, or refused in one line, whatever is in them."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from structbench.data.own.places import files_of, open_data
from structbench.data.own.readers import READERS
from structbench.errors import StructBenchError
from tests.data.signals.waves import wav, waves

X, Y = waves(6, 8)


def _archive() -> bytes:
    np.savez(file := io.BytesIO(), signals=X, labels=Y)
    return file.getvalue()


def _table() -> bytes:
    rows = (f"{label},{','.join(map(str, x))}" for label, x in zip(Y, X.tolist(), strict=True))
    return "\n".join(["label,a,b,c,d,e,f,g,h", *rows]).encode()


GOOD = {"waves.npz": _archive(), "waves.csv": _table(), "a/1.wav": wav(X[0].clip(-1, 1))}


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file with bytes changed, taken out or put in, or cut off; or of any bytes."""
    name = draw(st.sampled_from(sorted(GOOD)))
    content = bytearray(GOOD[name])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        what = draw(st.sampled_from(["change", "out", "in", "end"]))
        if what == "change" and content:
            content[at] = draw(st.integers(0, 255))
        elif what == "out":
            del content[at : at + draw(st.integers(1, 8))]
        elif what == "in":
            content[at:at] = draw(st.binary(max_size=8))
        else:
            del content[at:]
    return name, bytes(content) if draw(st.booleans()) else draw(st.binary(max_size=60))


def look(files: dict[str, bytes]) -> None:
    """All readers of signals look at them, and read what they see."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        alone = len(files) == 1 and "/" not in name
        there = files_of(open_data(path if alone else Path(folder)))
        for reader in (r for r in READERS.values() if r.kind == "signal" and r.sees(there)):
            try:
                found = reader.read(there, {})
            except StructBenchError as refused:
                told = str(refused)
            else:
                told = ""
                assert np.isfinite(found.grids).all()
                assert len(found.grids) == len(found.labels)
                assert found.labels.max() == len(found.classes) - 1 >= 1
            assert "\n" not in told


@settings(max_examples=100)
@given(damaged())
def test_damaged_files_are_read_or_refused(file: tuple[str, bytes]) -> None:
    name, content = file
    look({name: content, **({"b/1.wav": GOOD["a/1.wav"]} if name == "a/1.wav" else {})})


CELLS = st.sampled_from(
    ["", "0", "1", "2.5", "-1e3", "nan", "label", "y", "split", "test", '"', "é"]
)


@settings(max_examples=100)
@given(
    st.lists(st.lists(CELLS, max_size=6), min_size=1, max_size=6),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_odd_tables_are_read_or_refused(rows: list[list[str]], between: str, end: str) -> None:
    look({"odd.csv": end.join(map(between.join, rows)).encode()})
