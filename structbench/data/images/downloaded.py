"""Data sets that torchvision downloads, read from its own layout.

torchvision checks the MD5 of what it downloads. Reading is left to nobody else: what is in the
files must be what the data set is said to be, and nothing in them may run.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from os.path import isfile  # False, where Path's raises an error, for a folder that may not be read
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.images.cifar import cifar_batch
from structbench.data.images.examples import ImageDataset, ImageExamples
from structbench.data.images.idx import idx_array
from structbench.data.own.archive import unpacked
from structbench.errors import DataError
from structbench.machine.network import patience

# A network that swallows packets would otherwise hang the download for ever.
TIMEOUT_SECONDS = 30.0

IDX_FILES = tuple(
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)

# Size and time of each file: what changes where one does.
States = tuple[tuple[int, int], ...]
# Images [n, channels, height, width] and labels [n], as the files of a part have them.
Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class DownloadedDataset(ImageDataset):
    """A class of `torchvision.datasets`, and the files it leaves below its root."""

    torchvision_class: str
    layout: str
    files: tuple[str, ...]

    packed: ClassVar[str] = ""
    """How else they may lie there, for messages."""

    @abstractmethod
    def arrays(self, folder: Path) -> tuple[Arrays, Arrays]:
        """What the files hold, to train and to test; DataError where one is damaged."""

    def paths(self, folder: Path) -> list[Path]:
        """The files it consists of."""
        return [folder / self.layout / file for file in self.files]

    def digest(self, folder: Path) -> str:
        """DataError where the files are not what the data set is said to be."""
        self._require_there(folder)
        return _digest(self, folder, tuple(map(_state, self.paths(folder))))

    def read(self, folder: Path) -> tuple[ImageExamples, ImageExamples]:
        self._require_there(folder)
        return _read(self, folder, tuple(map(_state, self.paths(folder))))

    def _require_there(self, folder: Path) -> None:
        """Download what is missing."""
        if self._is_there(folder):
            return
        try:
            _download(self.torchvision_class, folder)
        except Exception as error:
            # URLError, RuntimeError, BadZipFile …: torchvision documents none of them.
            raise DataError(self._missing(folder, str(error))) from error
        if not self._is_there(folder):
            raise DataError(self._missing(folder, "other files came"))

    def _is_there(self, folder: Path) -> bool:
        return all(map(isfile, self.paths(folder)))

    def _missing(self, folder: Path, why: str) -> str:
        lines = [
            f"{self.name} is not complete in {folder} and could not be downloaded ({why})",
            "looked for:",
            *(f"  {path}{'' if isfile(path) else '  (missing)'}" for path in self.paths(folder)),
            f"put the files there{self.packed}, or name another folder with --data-dir or "
            "STRUCTBENCH_DATA",
        ]
        return "\n".join(lines)

    def require_as_said(self, folder: Path, train: Arrays, test: Arrays) -> None:
        """DataError where the arrays are not what the data set is said to be."""
        problems = [
            *self._problems("training", *train, self.train_examples),
            *self._problems("test", *test, self.test_examples),
        ]
        if problems:
            where = folder / self.layout
            raise DataError(f"the files in {where} are not {self.name}: {'; '.join(problems)}")

    def _problems(
        self, part: str, images: NDArray[np.uint8], labels: NDArray[np.int64], said: int
    ) -> Iterator[str]:
        """Where a part is not what is said of it."""
        if len(images) != said:
            yield f"{len(images):,} {part} images of {said:,}"
        if labels.shape != (len(images),):
            yield f"{labels.size:,} {part} labels for {len(images):,} images"
        if images.shape[1:] != self.input_shape:
            shapes = ("×".join(map(str, shape)) for shape in (images.shape[1:], self.input_shape))
            yield "{} images of {}, should be {}".format(part, *shapes)
        if labels.size and not (labels.min() >= 0 and labels.max() < self.classes):
            found = f"{labels.min()} … {labels.max()}"
            yield f"{part} labels {found}, should be 0 … {self.classes - 1}"


class IdxDataset(DownloadedDataset):
    """Four IDX files, unpacked or as people have them: gzipped, with .gz behind their names."""

    packed: ClassVar[str] = ", unpacked or as .gz"

    def paths(self, folder: Path) -> list[Path]:
        return [_or_gzipped(path) for path in super().paths(folder)]

    def arrays(self, folder: Path) -> tuple[Arrays, Arrays]:
        found = [idx_array(_content(path), path) for path in self.paths(folder)]
        train, train_labels, test, test_labels = found
        return _as_images(train, train_labels), _as_images(test, test_labels)


@dataclass(frozen=True, kw_only=True)
class CifarDataset(DownloadedDataset):
    """Pickled batches, of which the last is for testing, and then one that names the classes.

    label_key: of the labels within a batch
    md5: of the files, checked before they are opened
    """

    label_key: str
    md5: tuple[str, ...]

    def arrays(self, folder: Path) -> tuple[Arrays, Arrays]:
        *contents, _ = map(self._checked, self.paths(folder), self.md5)
        *train, test = map(self._batch, contents, self.paths(folder))
        images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
        return (images, labels), test

    def _checked(self, path: Path, md5: str) -> bytes:
        content = _content(path)
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise DataError(f"{path} is damaged: its MD5 is not that of {self.name}; delete it")
        return content

    def _batch(self, content: bytes, path: Path) -> Arrays:
        return cifar_batch(content, path, self.label_key)


def _as_images(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Arrays:
    return images[:, None], labels.astype(np.int64)


def _or_gzipped(path: Path) -> Path:
    """A file, or where there is none the one that has it gzipped, if there is that."""
    gzipped = path.with_name(f"{path.name}.gz")
    return gzipped if isfile(gzipped) and not isfile(path) else path


def _content(path: Path) -> bytes:
    """Of a file, unpacked where it is gzipped: the same data are the same either way."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    return unpacked(content, path) if path.suffix == ".gz" else content


def _state(path: Path) -> tuple[int, int]:
    """What changes where a file does."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


# Each run of a plan asks for both, and reading takes up to a second.
@lru_cache(maxsize=2)
def _read(
    dataset: DownloadedDataset, folder: Path, states: States
) -> tuple[ImageExamples, ImageExamples]:
    """From files in this state."""
    train, test = dataset.arrays(folder)
    dataset.require_as_said(folder, train, test)
    return ImageExamples.numbered(*train), ImageExamples.numbered(*test)


@lru_cache(maxsize=8)
def _digest(dataset: DownloadedDataset, folder: Path, states: States) -> str:
    """Of files in this state, which are as said."""
    dataset.read(folder)
    total = hashlib.sha256()
    for path in dataset.paths(folder):
        total.update(hashlib.sha256(_content(path)).digest())
    return total.hexdigest()


def _download(torchvision_class: str, folder: Path) -> None:
    """Let torchvision download, check and unpack, and not open what it has unpacked."""
    from torchvision import datasets
    from torchvision.datasets.vision import VisionDataset

    dataset_class: Any = getattr(datasets, torchvision_class)
    dataset = object.__new__(dataset_class)
    VisionDataset.__init__(dataset, folder)
    with patience(TIMEOUT_SECONDS):
        dataset.download()
