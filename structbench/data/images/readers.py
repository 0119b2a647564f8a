"""What reads images of a user's own: each looks at files, and then gives what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.archive import arrays_of, keys_of
from structbench.data.own.files import Files
from structbench.data.own.labels import numbered, texts_of
from structbench.data.own.read import OwnGrids
from structbench.errors import DataError

# What arrays are called: to learn from and to test on. The second row is Keras's.
_IMAGES, _LABELS = ("images", "x_train"), ("labels", "y_train")
_TEST_IMAGES, _TEST_LABELS = ("test_images", "x_test"), ("test_labels", "y_test")


def sees_archive(files: Files) -> bool:
    """One .npz with arrays `images` and `labels`, or `x_train` and `y_train`."""
    if not (files.only or "").lower().endswith(".npz"):
        return False
    keys = keys_of(files, files.names[0])
    return any(i in keys and j in keys for i, j in zip(_IMAGES, _LABELS, strict=True))


def read_archive(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """Images [n, height, width], [n, height, width, channels] or [n, channels, height, width]."""
    name = files.names[0]
    every = (*_IMAGES, *_LABELS, *_TEST_IMAGES, *_TEST_LABELS)
    arrays = arrays_of(files, name, every)

    def first(keys: tuple[str, str]) -> NDArray[Any] | None:
        return next((arrays[key] for key in keys if key in arrays), None)

    where = files.place(name)
    images, labels = first(_IMAGES), first(_LABELS)
    assert images is not None
    assert labels is not None
    parts = [(images, labels)]
    test, test_labels = first(_TEST_IMAGES), first(_TEST_LABELS)
    if test is not None and test_labels is not None:
        parts.append((test, test_labels))
    grids = [_as_grids(part, where) for part, _ in parts]
    texts = [texts_of(part, where) for _, part in parts]
    for some, of in zip(grids, texts, strict=True):
        if len(some) != len(of):
            raise DataError(f"{where}: {len(of):,} labels for {len(some):,} images")
    if len({some.shape[1:] for some in grids}) > 1:
        raise DataError(f"{where}: images to test on are of another shape than the others")
    numbers, classes = numbered([text for part in texts for text in part], where)
    tested = np.repeat([False, True][: len(parts)], [len(part) for part in grids])
    return OwnGrids(np.concatenate(grids), numbers, classes, tested if len(parts) > 1 else None)


def _as_grids(images: NDArray[Any], where: object) -> NDArray[Any]:
    """[n, channels, height, width], of bytes or float32 in [0, 1]."""
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[3] in (1, 3) and images.shape[1] not in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    if images.ndim != 4 or 0 in images.shape or images.shape[1] not in (1, 3):
        raise DataError(
            f"{where}: images of shape {list(images.shape)} are neither grey nor colour"
        )
    if images.dtype != np.uint8:
        images = images.astype(np.float32)
        if not (np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1):
            raise DataError(f"{where}: images are bytes, or numbers from 0 to 1")
    return np.ascontiguousarray(images)
