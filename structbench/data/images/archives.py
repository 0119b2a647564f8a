"""Images as arrays: archives of numpy (.npz) and the files of MNIST (IDX)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.images.idx import idx_array
from structbench.data.images.pictures import unit_range_of
from structbench.data.own.archive import arrays_of, keys_of, only_archive, unpacked
from structbench.data.own.class_folders import passed_over
from structbench.data.own.files import Files
from structbench.data.own.labels import numbered, texts_of
from structbench.data.own.parts import Part, tested_part
from structbench.data.own.read import OwnGrids
from structbench.errors import DataError

# What the arrays of a part are called, images and labels: here, in MedMNIST, in Keras.
KEYS: dict[Part, tuple[tuple[str, str], ...]] = {
    "train": (("images", "labels"), ("train_images", "train_labels"), ("x_train", "y_train")),
    "validation": (("val_images", "val_labels"), ("x_val", "y_val")),
    "test": (("test_images", "test_labels"), ("x_test", "y_test")),
}

# train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte …
_IDX = re.compile(r"(.*?)[-_.]?(images|labels)[-_.]idx[1-4][-_.]ubyte(\.gz)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class _Arrays:
    """images: [n, …]; labels: [n] or [n, 1]; where: they were, for messages"""

    images: NDArray[Any]
    labels: NDArray[Any]
    where: object


def sees_archive(files: Files) -> bool:
    """One .npz with images and labels to learn from, see KEYS."""
    keys = only_archive(files)
    return any(images in keys and labels in keys for images, labels in KEYS["train"])


def read_archive(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """Images [n, height, width], [n, height, width, channels] or [n, channels, height, width]."""
    name = files.names[0]
    there = keys_of(files, name)
    pairs = {
        part: pair
        for part, known in KEYS.items()
        for pair in reversed(known)
        if pair[0] in there and pair[1] in there
    }
    arrays = arrays_of(files, name, [key for pair in pairs.values() for key in pair])
    return _as_read(
        {
            part: _Arrays(arrays[images], arrays[labels], files.place(name))
            for part, (images, labels) in pairs.items()
        }
    )


def sees_idx(files: Files) -> bool:
    """Files named as those of MNIST are, images and labels."""
    found = [match for name in files.names if (match := _idx_name(name))]
    return {match[2].lower() for match in found} == {"images", "labels"}


def read_idx(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """Two files, or four with a test part; each may be gzipped."""
    known: dict[tuple[Part, str], str] = {}
    left = []
    for name in files.names:
        if not (match := _idx_name(name)):
            left.append(name)
            continue
        key = _idx_part(match[1]), match[2].lower()
        before = known.setdefault(key, name)
        if name == before:
            continue
        if name != f"{before}.gz":  # the unpacked one is read, as it comes first
            raise DataError(
                f"{files.path} has several files of {key[1]}, {before} and {name}: "
                "name a folder with one data set"
            )
    parts = {}
    for part in dict.fromkeys(part for part, _ in known):
        names = [known.get((part, what)) for what in ("images", "labels")]
        if None in names:
            there, missing = ("images", "labels") if names[0] else ("labels", "images")
            raise DataError(f"{files.place(known[part, there])} has no file of {missing} beside it")
        images, labels = (_idx_array(files, name) for name in names if name)
        parts[part] = _Arrays(images, labels, files.place(known[part, "images"]))
    if "train" not in parts:
        raise DataError(f"{files.path} has no images to learn from, but some to test on")
    return _as_read(parts, passed_over(left))


def _idx_name(name: str) -> re.Match[str] | None:
    return _IDX.fullmatch(name.rpartition("/")[2]) if "ubyte" in name.lower() else None


def _idx_part(before: str) -> Part:
    """By what a file's name begins with."""
    return "test" if re.search("t10k|test", before, re.IGNORECASE) else "train"


def _idx_array(files: Files, name: str) -> NDArray[np.uint8]:
    content, where = files.content(name), files.place(name)
    return idx_array(unpacked(content, where) if name.lower().endswith(".gz") else content, where)


def _as_read(parts: Mapping[Part, _Arrays], told: list[str] | None = None) -> OwnGrids:
    """DataError where images or labels are none, or they are of different numbers or shapes."""
    ordered = {part: parts[part] for part in KEYS if part in parts}
    grids: list[NDArray[Any]] = []
    labels: list[str] = []
    parts_of: list[Part] = []
    for part, arrays in ordered.items():
        some = _by_channel(arrays.images, arrays.where)
        texts = texts_of(arrays.labels, arrays.where)
        if len(some) != len(texts):
            raise DataError(f"{arrays.where}: {len(texts):,} labels for {len(some):,} images")
        if grids and some.shape[1:] != grids[0].shape[1:]:
            raise DataError(
                f"{arrays.where}: {part} images are {_shape_text(some)}, and those to learn from "
                f"{_shape_text(grids[0])}"
            )
        grids.append(some)
        labels += texts
        parts_of += [part] * len(some)
    where = ordered["train"].where
    numbers, classes = numbered(labels, where)
    values, of_range = _in_range(np.concatenate(grids), where)
    tested, of_parts = tested_part(set(parts_of))
    return OwnGrids(
        values,
        numbers,
        classes,
        np.array([part == tested for part in parts_of]) if tested else None,
        (*of_parts, *(told or ()), *of_range),
    )


def _by_channel(images: NDArray[Any], where: object) -> NDArray[Any]:
    """[n, channels, height, width]"""
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[3] in (1, 3) and images.shape[1] not in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    if images.ndim != 4 or 0 in images.shape or images.shape[1] not in (1, 3):
        raise DataError(
            f"{where}: images of shape {list(images.shape)} are neither grey nor colour"
        )
    if images.dtype.kind not in "buif":
        raise DataError(f"{where}: images are numbers, not {images.dtype}")
    return images


def _in_range(images: NDArray[Any], where: object) -> tuple[NDArray[Any], list[str]]:
    """Bytes or float32 in [0, 1], and what is to be known of how they became that."""
    images = np.ascontiguousarray(images)
    if images.dtype == np.uint8:
        return images, []
    if images.dtype == np.bool_:
        return images.astype(np.uint8) * np.uint8(255), []
    low, high = images.min(), images.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(f"{where}: images have values that are no numbers (NaN or infinite)")
    if low >= 0 and high <= 1:
        return images.astype(np.float32, copy=False), []
    whole = images.dtype.kind != "f" or bool((images == np.floor(images)).all())
    if low >= 0 and whole and high <= 255:
        return images.astype(np.uint8), []
    if low >= 0 and whole and high < 2**16:
        values, white = unit_range_of(images)
        return values, [f"images of 16 bits read as float32, divided by {white:,}"]
    raise DataError(
        f"{where}: values of images from {low:g} to {high:g}: they should be bytes, 16 bits, or "
        "numbers from 0 to 1"
    )


def _shape_text(images: NDArray[Any]) -> str:
    return "×".join(map(str, images.shape[1:]))
