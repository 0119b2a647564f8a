"""IDX, the format of MNIST and of data sets in its likeness.

Two zero bytes, the type (8: unsigned byte), the number of axes, each axis as a big-endian uint32,
then the values in C order.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.errors import DataError

UNSIGNED_BYTE = bytes([0, 0, 8])


def idx_array(content: bytes, path: Path) -> NDArray[np.uint8]:
    """The array in the content of a file; DataError, which names the file, where it is damaged."""
    axes = content[3] if content[:3] == UNSIGNED_BYTE and len(content) > 3 else 0
    start = 4 + 4 * axes
    if not axes or len(content) < start:
        raise DataError(f"{path} is no IDX file of bytes")
    shape = tuple(map(int, np.frombuffer(content, ">u4", count=axes, offset=4)))
    size, there = math.prod(shape), len(content) - start
    if there != size:
        raise DataError(f"{path} is damaged: it has {there:,} values, and its head says {size:,}")
    # torch warns of memory that must not be written to, as that of bytes: hence the copy.
    return np.frombuffer(bytearray(content), np.uint8, offset=start).reshape(shape)
