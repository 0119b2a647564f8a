"""The files of CIFAR: pickles, read without running what a pickle may name.

They were pickled with Python 2 and numpy: a dictionary whose keys are bytes, with an array of
images and a list of labels. All that such a file names is how numpy makes an array anew; here that
makes an object of this module, and a file that names anything else is refused before it is called.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.errors import DataError

# As its file `meta` names them, with spaces.
CIFAR100_CLASSES = (
    "apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
    "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
    "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
    "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
    "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain", "mouse", "mushroom",
    "oak tree", "orange", "orchid", "otter", "palm tree", "pear", "pickup truck", "pine tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
    "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
    "spider", "squirrel", "streetcar", "sunflower", "sweet pepper", "table", "tank", "telephone",
    "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow tree", "wolf", "woman", "worm",
)  # fmt: skip


def cifar_batch(
    content: bytes, path: Path, key: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images [n, 3, 32, 32] and labels [n] in the content of a file.

    key: of the labels, "labels" or "fine_labels"

    DataError, which names the file, where it is damaged, names what could run code, or holds
    anything else.
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
        images, labels = (found.get(k, found.get(k.encode())) for k in ("data", key))
        numbers = np.asarray(labels)
        if numbers.ndim != 1 or numbers.dtype.kind != "i":
            raise ValueError(f"its {key} are no numbers")
        return images.values.reshape(-1, 3, 32, 32), numbers.astype(np.int64)
    except Exception as error:  # a damaged pickle may raise anything
        raise DataError(f"{path} is damaged, or no file of CIFAR: {error}") from None


class _Array:
    """In the place of numpy's, which is made empty and then given all that it is."""

    def __init__(self, *empty: object):
        self.values: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def __setstate__(self, state: tuple[Any, tuple[int, ...], _Bytes, bool, bytes]) -> None:
        _, shape, kind, by_column, content = state
        if not isinstance(kind, _Bytes):
            raise ValueError("it has an array of something else than bytes")
        values = np.frombuffer(bytearray(content), np.uint8)
        self.values = values.reshape(shape[::-1]).T if by_column else values.reshape(shape)


class _Bytes:
    """In the place of numpy's type of unsigned bytes."""

    def __init__(self, name: str | bytes, *more: object):
        if name not in ("u1", b"u1"):
            raise ValueError(f"it has an array of {name!r}")

    def __setstate__(self, state: object) -> None:
        """How numbers of several bytes are stored, and the like: there are none."""


class _Latin1:
    """In the place of codecs.encode, of which Python 3 makes bytes that Python 2 can read."""

    def __new__(cls, text: str, encoding: str) -> Any:
        return text.encode("latin1")


KNOWN = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Bytes,
    ("numpy.core.multiarray", "_reconstruct"): _Array,  # until numpy 2
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("_codecs", "encode"): _Latin1,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """What is known takes the place of what the file names."""
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return KNOWN[module, name]
