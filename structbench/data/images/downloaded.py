"""Data sets that torchvision downloads, in torchvision's own layout."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from structbench.data.images.examples import ImageDataset, ImageExamples, numbered
from structbench.errors import DataError

# A network that swallows packets would otherwise hang the download for ever.
TIMEOUT_SECONDS = 30.0

IDX_FILES = tuple(
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)


@dataclass(frozen=True, kw_only=True)
class TorchvisionDataset(ImageDataset):
    """A class of `torchvision.datasets`, and the files it leaves below its root.

    torchvision itself checks the MD5 of what it downloads, and of the CIFAR files
    each time before it unpickles them.
    """

    torchvision_class: str
    layout: str
    files: tuple[str, ...]

    def paths(self, folder: Path) -> list[Path]:
        """The files it consists of."""
        return [folder / self.layout / file for file in self.files]

    def digest(self, folder: Path) -> str:
        if not all(path.is_file() for path in self.paths(folder)):
            self._open(folder, train=True, download=True)
        total = hashlib.sha256()
        for path in self.paths(folder):
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        return total.hexdigest()

    def read(self, folder: Path) -> tuple[ImageExamples, ImageExamples]:
        missing = not all(path.is_file() for path in self.paths(folder))
        train = self._open(folder, train=True, download=missing)
        return _examples(train), _examples(self._open(folder, train=False, download=False))

    def _open(self, folder: Path, *, train: bool, download: bool) -> Any:
        from torchvision import datasets

        dataset_class = getattr(datasets, self.torchvision_class)
        try:
            with _network_timeout():
                return dataset_class(folder, train=train, download=download)
        except Exception as error:
            # URLError, RuntimeError, BadZipFile …: torchvision documents none of them.
            raise DataError(self._missing(folder, error)) from error

    def _missing(self, folder: Path, error: Exception) -> str:
        lines = [
            f"{self.name} is not complete in {folder} and could not be downloaded ({error})",
            "looked for:",
            *(f"  {path}{'' if path.is_file() else '  (missing)'}" for path in self.paths(folder)),
            "put the files there, or name another folder with --data-dir or STRUCTBENCH_DATA",
        ]
        return "\n".join(lines)


def _examples(dataset: Any) -> ImageExamples:
    images = np.asarray(dataset.data, dtype=np.uint8)
    channels_first = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return numbered(
        np.ascontiguousarray(channels_first), np.asarray(dataset.targets, dtype=np.int64)
    )


@contextmanager
def _network_timeout() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
