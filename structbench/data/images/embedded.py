"""MNIST as the package carries it: four gzipped IDX files, checked when read."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.data.images.examples import ImageDataset, ImageExamples
from structbench.data.images.idx import idx_array
from structbench.data.packaged import digest_of, read_packaged, require_sha256

FILES = Path(__file__).parent / "mnist"

# SHA-256 of the four files, unpacked.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@dataclass(frozen=True, kw_only=True)
class EmbeddedMNIST(ImageDataset):
    """All 70,000 images of MNIST (LeCun, Cortes, Burges, 1998), read from the package."""

    files: Path = FILES

    def digest(self, folder: Path) -> str:
        return digest_of(SHA256)

    def read(self, folder: Path) -> tuple[ImageExamples, ImageExamples]:
        train, test = (self._examples(part) for part in ("train", "t10k"))
        return train, test

    def _examples(self, part: str) -> ImageExamples:
        images = read_idx(self.files / f"{part}-images-idx3-ubyte.gz")
        labels = read_idx(self.files / f"{part}-labels-idx1-ubyte.gz")
        return ImageExamples.numbered(images[:, None], labels.astype(np.int64))


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in a gzipped IDX file whose SHA-256 is known."""
    return read_packaged(path, "MNIST", _unpacked)


def _unpacked(path: Path) -> NDArray[np.uint8]:
    raw = gzip.decompress(path.read_bytes())
    require_sha256(raw, SHA256[path.stem], path, "MNIST")
    return idx_array(raw, path)
