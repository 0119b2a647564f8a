"""Signals of one's own in an .npz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from structbench.data.signals.embedded import FILE
from structbench.errors import DataError, StructBenchError
from tests.data.signals.waves import read, waves

X, Y = waves()


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(path := folder / "waves.npz", **arrays)
    return path


def test_signals_and_labels_are_read_as_they_are(tmp_path: Path) -> None:
    named = np.array(["sine", "square"])[Y]
    found = read(saved(tmp_path, signals=X, labels=named))
    assert found.grids.dtype == np.float32
    assert np.array_equal(found.grids, X[:, None])
    assert (found.classes, found.tested, found.told) == (("sine", "square"), None, ())
    assert found.labels.tolist() == Y.tolist()


def test_a_part_to_test_on_comes_last(tmp_path: Path) -> None:
    arrays = {"signals": X, "labels": Y + 1, "test_signals": -X[:5], "test_labels": Y[:5] + 1}
    found = read(saved(tmp_path, **arrays))
    assert found.tested is not None
    assert found.tested.tolist() == [False] * 12 + [True] * 5
    assert np.array_equal(found.grids[12:, 0], -X[:5])
    assert found.classes == ("1", "2")


def test_the_file_of_mnist1d_is_read_as_it_is_published() -> None:
    found = read(FILE)
    assert found.tested is not None
    assert (found.grids.shape, found.tested.sum()) == ((5000, 1, 40), 1000)
    assert found.classes == tuple("0123456789")


@pytest.mark.parametrize("kind", ["u1", "i2", "<f8", ">f4", "?"])
def test_numbers_of_any_kind_keep_their_values(tmp_path: Path, kind: str) -> None:
    values = np.arange(24).reshape(4, 2, 3).astype(kind)
    found = read(saved(tmp_path, signals=values, labels=[[0], [1], [0], [1]]))
    assert np.array_equal(found.grids, values.astype(np.float32))


def test_what_is_not_even_is_cut_or_filled_up_behind_and_told(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y)
    cut, filled, same = (read(path, length=length) for length in (10, 20, 16))
    assert np.array_equal(cut.grids, X[:, None, :10])
    assert cut.told == ("12 of 12 signals are longer and cut to the first 10 values",)
    assert np.array_equal(filled.grids[:, 0, :16], X)
    assert not filled.grids[:, 0, 16:].any()
    assert "filled up with zeros to the length of 20 values" in filled.told[0]
    assert (cut.resized, filled.resized, same.resized, same.told) == (True, True, False, ())


@pytest.mark.parametrize("scale", [1e4, 1e-4])
def test_values_far_from_1_are_told(tmp_path: Path, scale: float) -> None:
    assert "standard deviation" in read(saved(tmp_path, x=X * scale, y=Y)).told[0]


def test_axes_that_may_be_exchanged_are_told(tmp_path: Path) -> None:
    several = np.stack([X, -X], axis=2)  # [examples, length, channels]
    assert "exchange the last two axes" in read(saved(tmp_path, x=several, y=Y)).told[0]
    assert not read(saved(tmp_path, x=several.transpose(0, 2, 1), y=Y)).told


NAN, HUGE = X.copy(), X.astype(np.float64)
NAN[3, 2], HUGE[4, 0] = np.nan, 1e300
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": ({"x": NAN, "y": Y}, r"waves.npz: x\[3\] has a value that is missing or not finite"),
    "beyond float32": ({"x": HUGE, "y": Y}, r"waves.npz: x\[4\] has a value that is missing"),
    "NaN to test on": (
        {"x": X, "y": Y, "x_test": NAN, "y_test": Y}, r"waves.npz: x_test\[3\] has a value"
    ),
    "half a part": ({"x": X, "y": Y, "x_test": X}, "no array y_test of it"),
    "fewer labels": ({"x": X, "y": Y[:3]}, "waves.npz: 3 y for 12 x"),
    "texts": ({"x": X.astype(str), "y": Y}, "x holds texts, no numbers"),
    "one axis": ({"x": X[0], "y": Y}, r"x is \[16\]: signals are \[examples, length\] or"),
    "images": ({"x": X.reshape(12, 4, 2, 2), "y": Y}, r"x is \[12, 4, 2, 2\]"),
    "nothing": ({"x": X[:0], "y": Y[:0]}, r"x is \[0, 16\]"),
    "one class": ({"x": X, "y": Y * 0}, "all examples are of one class, '0'"),
    "measured": ({"x": X, "y": X[:, 0]}, "y: labels should be whole numbers or texts"),
    "a missing label": ({"x": X, "y": np.where(Y, np.nan, 1.0)}, r"y: label 1 \(from 0\) is miss"),
    "other length": (
        {"x": X, "y": Y, "x_test": X[:, :9], "y_test": Y},
        r"x_test\[0\] has 9 values and \S+: x\[0\] 16: .* e.g. --set data.length=16",
    ),
    "other channels": (
        {"x": X, "y": Y, "x_test": X.reshape(12, 2, 8), "y_test": Y},
        r"x_test\[0\] has 2 channels and \S+: x\[0\] 1: they",
    ),
    "objects": ({"x": np.array([{}] * 12), "y": Y}, "objects of Python"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(tmp_path: Path, wrong: str) -> None:
    arrays, told = WRONG[wrong]
    with pytest.raises(DataError, match=told):
        read(saved(tmp_path, **arrays))


def test_a_length_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    many = np.zeros((3000, 1), np.float32)
    path = saved(tmp_path, x=many, y=np.arange(3000) % 2)
    with pytest.raises(DataError, match=r"3,000 signals of 1×1,048,576 values take 11.7 GB"):
        read(path, length=2**20)


def test_an_archive_of_other_arrays_is_none(tmp_path: Path) -> None:
    with pytest.raises(StructBenchError, match=r"is none of: .*signals and labels"):
        read(saved(tmp_path, signals=X, classes=Y))
