from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mnist1d.data import get_dataset_args, make_dataset

from structbench.data import DATASETS
from structbench.data.signals.embedded import FILE, EmbeddedMNIST1D
from structbench.errors import DataError
from structbench.problem import Problem

MNIST1D = DATASETS["mnist1d"]


def test_all_of_mnist1d_is_there(tmp_path: Path) -> None:
    train, test = MNIST1D.read(tmp_path)
    assert MNIST1D.problem(tmp_path) == Problem("signal", (1, 40), 10)
    for examples, count in ((train, 4000), (test, 1000)):
        (signals,) = examples.inputs
        assert signals.shape == (count, 1, 40)
        assert signals.dtype == np.float32
        assert examples.rows.tolist() == list(range(count))
    assert np.bincount(train.labels).tolist() == [
        398, 396, 411, 394, 394, 402, 401, 404, 402, 398,
    ]  # fmt: skip
    assert train.labels[:10].tolist() == [2, 6, 4, 5, 6, 6, 6, 0, 3, 1]


def test_it_is_what_its_authors_generator_makes(tmp_path: Path) -> None:
    made = make_dataset(get_dataset_args())
    parts = zip(MNIST1D.read(tmp_path), ("", "_test"), strict=True)
    for examples, part in parts:
        assert (examples.labels == made[f"y{part}"]).all()
        # It computes in float64, whose last bits are the machine's.
        difference = examples.inputs[0][:, 0] - made[f"x{part}"]
        assert np.abs(difference).max() < 1e-6


def _other_content(path: Path) -> None:
    with np.load(FILE) as archive:
        arrays = dict(archive)
    arrays["y_test"][-1] += 1
    np.savez(path, **arrays)


def _other_bit(path: Path) -> None:
    content = bytearray(FILE.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _pickled(path: Path) -> None:
    pickled = np.array([{}])
    np.savez(path, x=pickled, y=pickled, x_test=pickled, y_test=pickled)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "other content": _other_content,
    "pickled": _pickled,
    "truncated": lambda path: path.write_bytes(FILE.read_bytes()[:1000]),
    "a bit": _other_bit,
    "an array missing": lambda path: np.savez(path, x=np.zeros(3)),
    "no archive": lambda path: path.write_bytes(b"no archive at all"),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "mnist1d.npz"
    DAMAGES[damage](path)
    assert isinstance(MNIST1D, EmbeddedMNIST1D)
    with pytest.raises(DataError, match="MNIST-1D"):
        replace(MNIST1D, file=path).read(tmp_path)


def test_the_same_arrays_packed_otherwise_are_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "stored.npz"
    with np.load(FILE) as archive:
        np.savez(path, **archive)
    assert isinstance(MNIST1D, EmbeddedMNIST1D)
    found, _ = replace(MNIST1D, file=path).read(tmp_path)
    assert (found.inputs[0] == MNIST1D.read(tmp_path)[0].inputs[0]).all()
