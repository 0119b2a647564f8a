"""Data sets of torchvision, on files laid out as a download leaves them."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision import datasets

from structbench.data import DATASETS
from structbench.data.spec import default_data_folder
from structbench.errors import DataError

DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "folder"), [("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_idx_files_already_there_are_used_without_network(
    tmp_path: Path, name: str, folder: str
) -> None:
    rng = np.random.default_rng(0)
    images = {part: rng.integers(0, 256, (n, 28, 28)) for part, n in (("train", 7), ("t10k", 3))}
    labels = {part: rng.integers(0, 10, len(images[part])) for part in images}
    raw = tmp_path / folder / "raw"
    for part in images:
        write_idx(raw / f"{part}-images-idx3-ubyte", images[part])
        write_idx(raw / f"{part}-labels-idx1-ubyte", labels[part])
    train, test = DATASETS[name].read(tmp_path)
    assert (train.inputs[0][:, 0] == images["train"]).all()
    assert (test.labels == labels["t10k"]).all()
    before = DATASETS[name].digest(tmp_path)
    write_idx(raw / "t10k-labels-idx1-ubyte", (labels["t10k"] + 1) % 10)
    assert DATASETS[name].digest(tmp_path) != before


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("name", "key"), [("cifar10", "labels"), ("cifar100", "fine_labels")])
def test_cifar_files_already_there_are_used_without_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    torchvision_class = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    folder = tmp_path / torchvision_class.base_folder
    folder.mkdir()
    rng = np.random.default_rng(0)

    def batch(file: str, content: dict[str, Any]) -> str:
        (folder / file).write_bytes(pickle.dumps(content))
        return hashlib.md5((folder / file).read_bytes()).hexdigest()

    def images(file: str) -> list[str]:
        data = rng.integers(0, 256, (4, 3 * 32 * 32)).astype(np.uint8)
        return [file, batch(file, {"data": data, key: [0, 1, 2, 9]})]

    for part in ("train_list", "test_list"):
        written = [images(file) for file, _ in getattr(torchvision_class, part)]
        monkeypatch.setattr(torchvision_class, part, written)
    meta = dict(torchvision_class.meta)
    meta["md5"] = batch(meta["filename"], {meta["key"]: ["a"]})
    monkeypatch.setattr(torchvision_class, "meta", meta)

    train, test = DATASETS[name].read(tmp_path)
    assert train.inputs[0].shape[1:] == test.inputs[0].shape[1:] == (3, 32, 32)
    assert test.labels.tolist() == [0, 1, 2, 9]
    first = pickle.loads((folder / torchvision_class.test_list[0][0]).read_bytes())["data"]
    assert (test.inputs[0].reshape(4, -1) == first).all()

    (folder / torchvision_class.test_list[0][0]).write_bytes(b"tampered with")
    with pytest.raises(DataError, match="not complete"):
        DATASETS[name].read(tmp_path)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["fashion_mnist", "kmnist", "cifar10", "cifar100"])
def test_missing_without_network_names_folder_and_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        DATASETS[name].digest(tmp_path / "data sets")
    message = str(caught.value)
    assert str(tmp_path / "data sets") in message
    assert "(missing)" in message
    assert "train" in message or "data_batch_1" in message
    assert "--data-dir" in message


@pytest.mark.skipif(
    not DEBIAN_FASHION.is_dir(), reason="Debian's dataset-fashion-mnist is not here"
)
def test_the_real_fashion_mnist(tmp_path: Path) -> None:
    import gzip

    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in DEBIAN_FASHION.glob("*.gz"):
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    train, test = DATASETS["fashion_mnist"].read(tmp_path)
    assert train.inputs[0].shape == (60_000, 1, 28, 28)
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert train.labels[:5].tolist() == [9, 0, 0, 3, 0]


def test_the_data_folder_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STRUCTBENCH_DATA", str(tmp_path))
    assert default_data_folder() == tmp_path
    monkeypatch.delenv("STRUCTBENCH_DATA")
    assert "structbench" in default_data_folder().parts
