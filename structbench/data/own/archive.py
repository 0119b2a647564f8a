"""Archives of numpy (.npz) and gzipped files from strangers: nothing in them may run, or be larger
than it says."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from collections.abc import Collection
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from structbench.data.own.files import Files
from structbench.data.own.limits import LARGEST_FILE, MOST_BYTES, bytes_text
from structbench.errors import DataError

# Read at once: what is unpacked goes straight to where it stays.
_CHUNK = 2**20


def unpacked(content: bytes, where: object) -> bytes:
    """What was gzipped; DataError, which names the file, where it is damaged or too large."""
    if not content:
        raise DataError(f"{where} is empty")
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as file:
            found = file.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{where} is damaged, or not gzipped: {error}") from None
    if len(found) > LARGEST_FILE:
        raise DataError(f"{where} has more than {bytes_text(LARGEST_FILE)} when unpacked")
    return found


def only_archive(files: Files) -> frozenset[str]:
    """The names of the arrays of the one archive that lies there; none where there is none."""
    if len(files.names) != 1 or not files.names[0].lower().endswith(".npz"):
        return frozenset()
    return frozenset(keys_of(files, files.names[0]))


def keys_of(files: Files, name: str) -> tuple[str, ...]:
    """The names of the arrays in an archive; none where it is no archive. Its end alone is read."""
    try:
        with zipfile.ZipFile(files.place(name)) as archive:
            return tuple(n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy"))
    except Exception:  # a damaged archive may raise anything
        return ()


def arrays_text(files: Files) -> str:
    """What arrays a single archive has, as the end of a message; nothing where there is none.
    DataError where it is damaged."""
    if len(files.names) != 1 or not files.names[0].lower().endswith(".npz"):
        return ""
    keys = keys_of(files, files.names[0])
    if not keys:
        raise DataError(f"{files.path} is damaged, or no archive of numpy")
    return f"; its arrays are called {', '.join(keys[:12])}{', …' * (len(keys) > 12)}"


def arrays_of(files: Files, name: str, keys: Collection[str]) -> dict[str, NDArray[Any]]:
    """The arrays of these names that an archive has; DataError where one is damaged, too large, or
    holds objects, which could run code."""
    where = files.place(name)
    try:
        with zipfile.ZipFile(BytesIO(files.content(name))) as archive:
            members = {info.filename: info for info in archive.infolist()}
            there = {key: members[f"{key}.npy"] for key in keys if f"{key}.npy" in members}
            if (size := sum(info.file_size for info in there.values())) > MOST_BYTES:
                told = f"{bytes_text(size)} when unpacked, more than {bytes_text(MOST_BYTES)}"
                raise DataError(f"{where} has {told}")
            found = {}
            for key, info in there.items():
                with archive.open(info) as file:
                    found[key] = _array(file, info.file_size, f"{where}: {key}")
            return found
    except DataError:
        raise
    except Exception as error:  # a damaged archive may raise anything
        raise DataError(f"{where} is damaged, or no archive of numpy: {error}") from None


def _array(file: Any, size: int, what: str) -> NDArray[Any]:
    shape, by_column, dtype = _head(file)
    if dtype.hasobject:
        raise DataError(f"{what} holds objects of Python, which could run code: save numbers")
    if dtype.kind not in "biufUS" or not dtype.itemsize:
        raise DataError(f"{what} holds {dtype}: numbers or texts are read")
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > size:
        raise DataError(f"{what} is damaged: it has {size:,} bytes, and its head says more")
    # Not yet memory: only what is then read into it becomes that.
    values = np.empty(count, dtype)
    left = values.view(np.uint8).data if count else memoryview(b"")
    while left:
        done = file.readinto(left[:_CHUNK])
        if not done:
            raise DataError(f"{what} is damaged: it ends too early")
        left = left[done:]
    if file.read(1):  # which also compares the checksum
        raise DataError(f"{what} is damaged: it has {size:,} bytes, and its head says fewer")
    return values.reshape(shape[::-1]).T if by_column else values.reshape(shape)


def _head(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it is stored by column, and type."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_column, dtype = read(file)
    return tuple(int(side) for side in shape), bool(by_column), dtype
