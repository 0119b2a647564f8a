"""Archives of numpy from strangers."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy

from structbench.data.own.archive import arrays_of, keys_of, unpacked
from structbench.data.own.files import files_at
from structbench.errors import DataError


def put_archive(path: Path, head: dict[str, Any], content: bytes, name: str = "a") -> None:
    """One array of whatever its head says."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, head)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.npy", file.getvalue() + content)


def head(shape: tuple[int, ...], descr: Any = "|u1") -> dict[str, Any]:
    return {"descr": descr, "fortran_order": False, "shape": shape}


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_as_numpy_gives_them(tmp_path: Path, compressed: bool) -> None:
    arrays: dict[str, Any] = {
        "bytes": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "by_column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "texts": np.array(["é", "long text"]),
        "big_endian": np.arange(4, dtype=">i4"),
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 3)),
    }
    (np.savez_compressed if compressed else np.savez)(tmp_path / "x.npz", **arrays)
    files = files_at(tmp_path / "x.npz")
    assert set(keys_of(files, "x.npz")) == set(arrays)
    found = arrays_of(files, "x.npz", [*arrays, "missing"])
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


class Evil:
    def __init__(self, victim: Path):
        self.victim = victim

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.victim),)


def test_objects_are_refused_and_nothing_runs(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    np.savez(tmp_path / "x.npz", a=np.array([Evil(victim)], object))
    with pytest.raises(DataError, match=r"x\.npz: a holds objects of Python, which could run code"):
        arrays_of(files_at(tmp_path / "x.npz"), "x.npz", ["a"])
    assert not victim.exists()


@pytest.mark.parametrize(
    ("described", "content", "said"),
    [
        (head((9,)), bytes(8), "it ends too early"),
        (head((7,)), bytes(8), "its head says fewer"),
        (head((2**40, 2**40)), bytes(8), "its head says more"),
        (head((-1,)), bytes(8), "its head says more"),
        (head((-2, -4)), bytes(8), "its head says more"),
        (head((3,), "|S0"), bytes(8), "numbers or texts are read"),
        (head((1,), [("x", "|u1", 8)]), bytes(8), "numbers or texts are read"),
        (head((1,), "<c8"), bytes(8), "numbers or texts are read"),
        (head((1,), "<M8[s]"), bytes(8), "numbers or texts are read"),
    ],
)
def test_heads_that_lie_are_refused(
    tmp_path: Path, described: dict[str, Any], content: bytes, said: str
) -> None:
    put_archive(tmp_path / "x.npz", described, content)
    with pytest.raises(DataError, match=f"^{tmp_path}/x.npz.*{re.escape(said)}"):
        arrays_of(files_at(tmp_path / "x.npz"), "x.npz", ["a"])


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(100_000), b=np.zeros(2))
    files = files_at(tmp_path / "x.npz")
    monkeypatch.setattr("structbench.data.own.archive.MOST_BYTES", 700_000)
    assert len(arrays_of(files, "x.npz", ["b"])["b"]) == 2
    with pytest.raises(DataError, match=r"x\.npz has 781\.5 kB when unpacked, more than 683\.6 kB"):
        arrays_of(files, "x.npz", ["a", "b"])


def test_one_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.arange(1000))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz is damaged, or no archive of numpy: Bad CRC"):
        arrays_of(files_at(path), "x.npz", ["a"])


def test_gzipped_files_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(b"a" * 1000) + gzip.compress(b"b")
    assert unpacked(content, "x.gz") == b"a" * 1000 + b"b"
    monkeypatch.setattr("structbench.data.own.archive.LARGEST_FILE", 1000)
    with pytest.raises(DataError, match=r"^x\.gz has more than 1,000 bytes when unpacked"):
        unpacked(content, "x.gz")
    for damaged in (b"", content[:-1], b"x" + content, content[:20] + b"\xff\xff" + content[22:]):
        with pytest.raises(
            DataError, match=r"^x\.gz (is damaged, or not gzipped|has more|is empty)"
        ):
            unpacked(damaged, "x.gz")
