from __future__ import annotations

import gzip
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from structbench.data import DATASETS
from structbench.data.images.embedded import FILES, EmbeddedMNIST
from structbench.errors import DataError

MNIST = DATASETS["mnist"]


def test_all_of_mnist_is_there(tmp_path: Path) -> None:
    train, test = MNIST.read(tmp_path)
    assert train.inputs[0].shape == (60_000, 1, 28, 28)
    assert test.inputs[0].shape == (10_000, 1, 28, 28)
    # The first digits of the training set and the class counts are known facts of MNIST.
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(test.labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert round(float(train.inputs[0].mean()) / 255, 4) == 0.1307


def test_the_unpacked_files_are_the_originals() -> None:
    md5 = {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
    for name, expected in md5.items():
        raw = gzip.decompress((FILES / f"{name}.gz").read_bytes())
        assert hashlib.md5(raw).hexdigest() == expected


@pytest.mark.parametrize("damage", ["other content", "truncated", "not gzip", "missing"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    shutil.copytree(FILES, tmp_path / "mnist")
    labels = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    whole = labels.read_bytes()
    if damage == "other content":
        raw = bytearray(gzip.decompress(whole))
        raw[-1] ^= 1
        labels.write_bytes(gzip.compress(bytes(raw)))
    elif damage == "missing":
        labels.unlink()
    else:
        labels.write_bytes(whole[:1000] if damage == "truncated" else b"no gzip at all")
    assert isinstance(MNIST, EmbeddedMNIST)
    with pytest.raises(DataError, match="MNIST"):
        replace(MNIST, files=tmp_path / "mnist").read(tmp_path)
