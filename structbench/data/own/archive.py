"""Archives of numpy (.npz) from strangers: nothing in them may run, or be larger than it says."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from structbench.data.own.files import Files
from structbench.data.own.limits import MOST_BYTES, bytes_text
from structbench.errors import DataError


def keys_of(files: Files, name: str) -> tuple[str, ...]:
    """The names of the arrays in an archive; none where it is no archive."""
    content = files.content(name)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return tuple(n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy"))
    except Exception:  # a damaged archive may raise anything
        return ()


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
    if dtype.kind not in "biufUS":
        raise DataError(f"{what} holds {dtype}: numbers or texts are read")
    count = math.prod(shape)
    if count * dtype.itemsize > size:
        raise DataError(f"{what} is damaged: it has {size:,} bytes, and its head says more")
    content = file.read(count * dtype.itemsize)
    values = np.frombuffer(bytearray(content), dtype, count=count)
    return values.reshape(shape[::-1]).T if by_column else values.reshape(shape)


def _head(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it is stored by column, and type."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_column, dtype = read(file)
    return tuple(int(side) for side in shape), bool(by_column), dtype
