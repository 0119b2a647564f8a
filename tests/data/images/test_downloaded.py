"""Data sets of torchvision, on files laid out as a download leaves them."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import pickle
import re
import shutil
import struct
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from torchvision import datasets

from structbench.data import DATASETS
from structbench.data.examples import Dataset
from structbench.data.images.downloaded import IDX_FILES, CifarDataset
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


def sized(name: str, train: int, test: int, **more: Any) -> Dataset:
    """A known data set as if it had only so many examples."""
    return replace(DATASETS[name], train_examples=train, test_examples=test, **more)


Written = dict[str, tuple[np.ndarray, np.ndarray]]


def write_parts(raw: Path, **altered: Any) -> Written:
    """Seven training and three test images, as IDX files; `altered` replaces an array by name."""
    rng = np.random.default_rng(0)
    parts = {}
    for part, n in (("train", 7), ("t10k", 3)):
        images = altered.get(f"{part}_images", rng.integers(0, 256, (n, 28, 28)))
        labels = altered.get(f"{part}_labels", rng.integers(0, 10, n))
        write_idx(raw / f"{part}-images-idx3-ubyte", images)
        write_idx(raw / f"{part}-labels-idx1-ubyte", labels)
        parts[part] = images, labels
    return parts


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "folder"), [("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_idx_files_already_there_are_used_without_network(
    tmp_path: Path, name: str, folder: str
) -> None:
    written, dataset = write_parts(tmp_path / folder / "raw"), sized(name, 7, 3)
    train, test = dataset.read(tmp_path)
    assert (train.inputs[0][:, 0] == written["train"][0]).all()
    assert (test.labels == written["t10k"][1]).all()
    before = dataset.digest(tmp_path)
    assert dataset.read(tmp_path)[0] is train, "read once, for all runs of a process"
    write_parts(tmp_path / folder / "raw", t10k_labels=(written["t10k"][1] + 1) % 10)
    assert dataset.digest(tmp_path) != before
    assert (dataset.read(tmp_path)[1].labels != test.labels).all()


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("packed", [["train-images-idx3-ubyte"], list(IDX_FILES)])
def test_gzipped_idx_files_are_the_same_data(tmp_path: Path, packed: list[str]) -> None:
    raw, dataset = tmp_path / "FashionMNIST" / "raw", sized("fashion_mnist", 7, 3)
    written = write_parts(raw)
    known = dataset.digest(tmp_path)
    for name in packed:
        put_gzipped(raw / name)
    assert dataset.digest(tmp_path) == known
    train, _ = dataset.read(tmp_path)
    assert (train.inputs[0][:, 0] == written["train"][0]).all()
    path = raw / f"{packed[0]}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=f"^{path} is damaged, or not gzipped: "):
        dataset.digest(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=r"put the files there, unpacked or as \.gz, or name anoth"):
        dataset.digest(tmp_path)


def put_gzipped(path: Path) -> None:
    """In the place of a file."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        ({"train_images": np.zeros((600, 28, 28)), "train_labels": np.zeros(600)},
         "600 training images of 7$"),
        ({"train_labels": np.arange(1, 8) + 3}, "training labels 4 … 10, should be 0 … 9$"),
        ({"t10k_labels": np.zeros(2)}, "2 test labels for 3 images$"),
        ({"t10k_labels": np.zeros((3, 2))}, "6 test labels for 3 images$"),
        ({"t10k_images": np.zeros((3, 32, 32))}, "test images of 1×32×32, should be 1×28×28$"),
        ({"t10k_images": np.zeros((3, 784))}, "test images of 1×784, should be"),
        ({"t10k_images": np.zeros((0, 28, 28)), "t10k_labels": np.zeros(0)}, "0 test images of 3$"),
        ({"train_images": np.zeros((1, 28, 28)), "t10k_labels": np.full(3, 255)},
         "1 training images of 7; 7 training labels for 1 images; test labels 255 … 255"),
    ],
)  # fmt: skip
def test_files_that_are_not_what_is_said_are_refused_before_anything_is_trained(
    tmp_path: Path, altered: Any, said: str
) -> None:
    raw, dataset = tmp_path / "FashionMNIST" / "raw", sized("fashion_mnist", 7, 3)
    write_parts(raw, **altered)
    for use in (dataset.digest, dataset.read):
        with pytest.raises(DataError, match=said) as caught:
            use(tmp_path)
        assert str(caught.value).startswith(f"the files in {raw} are not fashion_mnist: ")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:3],
        lambda content: content[:9],
        lambda content: content[:-1],
        lambda content: content + b"0",
        lambda content: b"\x1f\x8b" + content[2:],
        lambda content: content[:2] + b"\x0d" + content[3:],  # of floats
        lambda content: content[:3] + b"\x00" + content[4:],
        lambda content: content[:4] + b"\xff" * 12 + content[16:],
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    raw = tmp_path / "FashionMNIST" / "raw"
    write_parts(raw)
    path = raw / "t10k-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} is "):
        sized("fashion_mnist", 7, 3).digest(tmp_path)


CIFARS = pytest.mark.parametrize(
    ("name", "key"), [("cifar10", "labels"), ("cifar100", "fine_labels")]
)


def as_python_2(content: Any) -> bytes:
    """Pickled as CIFAR's files are: bytes as such, and numpy by the names that it had then."""

    file = io.BytesIO()

    class Pickler(pickle._Pickler):
        dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)

        def save_bytes(self, text: bytes) -> None:
            file.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text)

        dispatch[bytes] = save_bytes

    Pickler(file, 2).dump(content)
    return file.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


WRITERS = [as_python_2, *(partial(pickle.dumps, protocol=n) for n in (2, 3, 4))]


def write_cifar(
    folder: Path, name: str, batch: Callable[[str], bytes]
) -> tuple[CifarDataset, Path]:
    """Files of four images each, laid out as CIFAR, and the data set as which they are right."""
    known = DATASETS[name]
    assert isinstance(known, CifarDataset)
    (folder / known.layout).mkdir(exist_ok=True)
    for file in known.files:
        (folder / known.layout / file).write_bytes(batch(file))
    written = (hashlib.md5(path.read_bytes()).hexdigest() for path in known.paths(folder))
    dataset = replace(
        known, md5=tuple(written), train_examples=4 * (len(known.files) - 2), test_examples=4
    )
    return dataset, folder / known.layout


@pytest.mark.usefixtures("no_network")
@CIFARS
@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("by_column", [False, True])
def test_cifar_files_already_there_are_used_without_network(
    tmp_path: Path, name: str, key: str, write: Callable[[Any], bytes], by_column: bool
) -> None:
    rng, written = np.random.default_rng(0), {}

    def batch(file: str) -> bytes:
        data = rng.integers(0, 256, (4, 3 * 32 * 32)).astype(np.uint8)
        written[file] = np.asfortranarray(data) if by_column else data
        return write(
            {b"batch_label": b"one of many", key.encode(): [0, 1, 2, 9], b"data": written[file]}
        )

    dataset, folder = write_cifar(tmp_path, name, batch)
    train, test = dataset.read(tmp_path)
    *of_train, of_test, _ = (written[file] for file in dataset.files)
    assert train.inputs[0].shape[1:] == test.inputs[0].shape[1:] == (3, 32, 32)
    assert test.labels.tolist() == [0, 1, 2, 9]
    assert (train.inputs[0].reshape(-1, 3072) == np.concatenate(of_train)).all()
    assert (test.inputs[0].reshape(4, -1) == of_test).all()
    dataset.digest(tmp_path)

    (folder / dataset.files[-2]).write_bytes(b"tampered with")
    with pytest.raises(DataError, match=f"{dataset.files[-2]} is damaged: its MD5 is not"):
        dataset.digest(tmp_path)


def test_the_known_md5_are_those_of_torchvision() -> None:
    for name, torchvision_class in (("cifar10", datasets.CIFAR10), ("cifar100", datasets.CIFAR100)):
        known = DATASETS[name]
        assert isinstance(known, CifarDataset)
        meta = torchvision_class.meta
        files = [*torchvision_class.train_list, *torchvision_class.test_list]
        assert known.layout == torchvision_class.base_folder
        assert [list(pair) for pair in zip(known.files, known.md5, strict=True)] == [
            *map(list, files),
            [meta["filename"], meta["md5"]],
        ]


def _pickled(content: Any, file: str) -> bytes:
    return pickle.dumps(content)


class Evil:
    def __init__(self, *called: Any):
        self.called = called

    def __reduce__(self) -> Any:
        return self.called[0], self.called[1:]


@CIFARS
def test_a_file_laid_out_as_cifar_runs_nothing(tmp_path: Path, name: str, key: str) -> None:
    victim, data = tmp_path / "touched", np.zeros((4, 3072), np.uint8)
    for called in ((os.system, f"touch {victim}"), (eval, f"open({str(victim)!r}, 'w')"),
                   (getattr, "a", "upper"), (np.load, "x"), (np.zeros, (9,)),
                   (codecs.decode, b"", "zip")):  # fmt: skip
        evil, labels = Evil(*called), [0, 1, 2, 3]
        for held in (evil, {"data": evil, key: labels}, {"data": data, key: labels, "more": evil}):
            dataset, _ = write_cifar(tmp_path, name, partial(_pickled, held))
            with pytest.raises(DataError, match="is damaged, or no file of CIFAR: it names "):
                dataset.digest(tmp_path)
    assert not victim.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 3]})[:-9],
        pickle.dumps([1, 2]),
        pickle.dumps({"labels": [0, 1, 2, 3]}),
        pickle.dumps({"data": [1, 2], "labels": [0, 1, 2, 3]}),
        pickle.dumps({"data": np.zeros((4, 3071), np.uint8), "labels": [0, 1, 2, 3]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.float32), "labels": [0, 1, 2, 3]}),
        pickle.dumps({"data": np.zeros((4, 3072), object), "labels": [0, 1, 2, 3]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": ["a", "b", "c", "d"]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 2**80]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, [1], 2, 3]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": None}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 10]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, -1]}),
        pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2]}),
        pickle.dumps({"data": np.zeros((5, 3072), np.uint8), "labels": [0, 1, 2, 3, 4]}),
    ],
)
def test_what_is_no_cifar_is_an_error_of_the_data(tmp_path: Path, content: bytes) -> None:
    dataset, folder = write_cifar(tmp_path, "cifar10", lambda file: content)
    with pytest.raises(DataError, match=str(folder)):
        dataset.read(tmp_path)


@pytest.mark.usefixtures("no_network")
def test_what_torchvision_unpacks_is_not_opened_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = pickle.dumps({"data": np.zeros((4, 3072), np.uint8), "labels": [0, 1, 2, 3]})
    dataset, folder = write_cifar(tmp_path, "cifar10", lambda file: right)
    archive = tmp_path / datasets.CIFAR10.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, folder.name)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    monkeypatch.setattr(pickle, "load", None)
    shutil.rmtree(folder)
    assert len(dataset.read(tmp_path)[0]) == 20
    archive.write_bytes(b"tampered with")
    shutil.rmtree(folder)
    with pytest.raises(DataError, match="could not be downloaded"):
        dataset.read(tmp_path)


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
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in DEBIAN_FASHION.glob("*.gz"):
        os.symlink(file, raw / file.name)
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
