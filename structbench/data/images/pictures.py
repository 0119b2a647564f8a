"""Pictures in many files as one array: of one size, and all grey or all in colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.images.decoding import (
    DEEP,
    WHITE,
    Picture,
    no_warnings,
    picture_of,
)
from structbench.data.own.files import Files
from structbench.data.own.limits import MOST_BYTES, bytes_text
from structbench.data.own.watched import watched
from structbench.errors import DataError
from structbench.machine.limits import cores

# Files that a thread decodes at once, unless they are large: what waits to be put into its place
# is to be little memory.
_PIECE = 16
_LARGE_BYTES = 2**18
# What is resized anyway is so when it is read if it would fill more memory: of 3,000 × 4,000 pixels
# in colour this is 30 photographs.
MOST_UNRESIZED = 2**30
# More of them wait for each other's Python.
_MOST_THREADS = 4


@dataclass(frozen=True, eq=False)
class Pictures:
    """values: [n, channels, height, width], bytes or float32 in [0, 1]
    told: what was done to them and is to be known; resized: whether they had several sizes
    """

    values: NDArray[Any]
    told: tuple[str, ...]
    resized: bool


class _ResizeError(DataError):
    """As they are they cannot be read together."""


def pictures_of(files: Files, names: Sequence[str], side: int | None) -> Pictures:
    """The pictures in these files, in this order.

    side: height and width that they are brought to where they have several sizes or are too large
    together; DataError where they are and it is None, and where one is damaged.
    """
    try:
        return _gathered(_Gathering(files, names, MOST_UNRESIZED if side else MOST_BYTES), None)
    except _ResizeError:
        if side is None:
            raise
        return _gathered(_Gathering(files, names, MOST_BYTES), side)


def _gathered(gathering: _Gathering, side: int | None) -> Pictures:
    names = gathering.names
    with no_warnings():
        decoded = _decoded(gathering.files, names, side)
        for picture in watched(decoded, len(names), "reading images"):
            gathering.add(picture)
    values, told = gathering.whole()
    if side:
        told.append(f"resized to {side} × {side}, whatever their proportions: all {len(names):,}")
    return Pictures(values, tuple(f"images {text}" for text in told), side is not None)


def _decoded(files: Files, names: Sequence[str], side: int | None) -> Iterator[Picture]:
    """One after the other; none behind the first of another size, if they are not resized."""

    def decoded(name: str) -> Picture:
        return picture_of(files.content(name), files.place(name), side)

    first = decoded(names[0])
    yield first

    def several(names: Sequence[str]) -> list[Picture]:
        found = []
        for name in names:
            found.append(decoded(name))
            if found[-1].values.shape[1:] != first.values.shape[1:]:
                break
        return found

    piece = _PIECE if first.values.nbytes < _LARGE_BYTES else 1
    threads = min(cores(), _MOST_THREADS)
    pieces = [names[start : start + piece] for start in range(1, len(names), piece)]
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(pieces), 2 * threads):
            for found in pool.map(several, pieces[start : start + 2 * threads]):
                yield from found


@dataclass(eq=False)
class _Gathering:
    """An array that pictures are put into, one after the other; wider once one needs it.

    most: bytes that it may have
    """

    files: Files
    names: Sequence[str]
    most: int
    values: NDArray[Any] = field(default_factory=lambda: np.empty((0, 1, 0, 0), np.uint8))
    done: int = 0
    grey: int = 0
    told: Counter[str] = field(default_factory=Counter)

    def add(self, picture: Picture) -> None:
        """The next one."""
        new = picture.values
        if not self.done:
            self.values = self._room(new.shape[0], new.shape[1:], new.dtype)
        elif new.shape[1:] != self.values.shape[2:]:
            raise _ResizeError(self._other_size(new))
        channels = max(len(new), self.values.shape[1])
        if channels > self.values.shape[1] or new.dtype.itemsize > self.values.itemsize:
            before = self.values[: self.done]
            dtype = max(new.dtype, self.values.dtype, key=lambda dtype: dtype.itemsize)
            self.values = self._room(channels, new.shape[1:], dtype)
            self.values[: self.done] = _as(before, dtype)
        # One channel becomes three by itself.
        self.values[self.done] = _as(new, self.values.dtype)
        self.done += 1
        self.grey += len(new) == 1
        self.told.update(picture.told)

    def _room(self, channels: int, sides: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        shape = (len(self.names), channels, *sides)
        # Those of 16 bits become float32.
        size = int(np.prod(shape, dtype=object)) * (1 if dtype == np.uint8 else 4)
        if size > self.most:
            raise _ResizeError(
                f"{self.files.path}: {len(self.names):,} images of {_size_text(sides)} pixels have "
                f"{bytes_text(size)}, more than {bytes_text(self.most)}: take fewer, or resize "
                "them, e.g. --set data.side=64"
            )
        return np.empty(shape, dtype)

    def _other_size(self, new: NDArray[Any]) -> str:
        (first, size), (other, its) = (
            (self.files.place(name), _size_text(sides))
            for name, sides in (
                (self.names[0], self.values.shape[2:]),
                (self.names[self.done], new.shape[1:]),
            )
        )
        return (
            f"images of several sizes: {first} has {size} pixels, {other} has {its}; "
            "give the height and width to resize all to, e.g. --set data.side=64"
        )

    def whole(self) -> tuple[NDArray[Any], list[str]]:
        """All of them, and what is to be known."""
        n, values = len(self.names), self.values
        divided = ""
        if values.dtype != np.uint8:
            values, white = unit_range_of(values)
            divided = f", divided by {white:,}"
        told = [
            f"{text}{divided if text == DEEP else ''}: {count:,} of {n:,}"
            for text, count in sorted(self.told.items())
        ]
        if 0 < self.grey < n:
            told.append(f"in grey read as colour, as others are: {self.grey:,} of {n:,}")
        return values, told


def unit_range_of(values: NDArray[Any]) -> tuple[NDArray[np.float32], int]:
    """Whole numbers from 0 as float32 in [0, 1], and by what they were divided: the largest number
    with as many bits as they need. Files say 16 bits and often have 10 or 12."""
    bits = max(8, int(values.max(initial=0)).bit_length())
    white = 2**bits - 1
    return np.divide(values, white, dtype=np.float32), white


def _as(values: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Bytes among pictures of 16 bits are stretched: white is white."""
    if values.dtype == dtype:
        return values
    stretched: NDArray[Any] = values.astype(dtype) * dtype.type(WHITE // 255)
    return stretched


def _size_text(sides: Sequence[int]) -> str:
    """Width × height, as people say it."""
    height, width = sides
    return f"{width} × {height}"
