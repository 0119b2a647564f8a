"""Files that the package carries: each is checked, and read once a process."""

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from structbench.errors import DataError

Found = TypeVar("Found")


def read_packaged(path: Path, name: str, read: Callable[[Path], Found]) -> Found:
    """What `read` finds in a file of the data set `name`; DataError where it cannot be read."""
    try:
        return _once(read, path, path.stat().st_mtime_ns)  # type: ignore[return-value]
    except (DataError, MemoryError):
        raise
    except Exception as error:  # gzip and zipfile raise all kinds where a file is damaged
        told = f"cannot read {name}, which is part of the package ({error}); install again"
        raise DataError(told) from None


def require_sha256(content: bytes, sha256: str, path: Path, name: str) -> None:
    """DataError where the unpacked content of a file is not that of the data set `name`."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path} is damaged: its SHA-256 is not that of {name}; install again")


def unpacked_arrays(path: Path, sha256: Mapping[str, str], name: str) -> dict[str, NDArray[Any]]:
    """The arrays of these names in an archive of numpy; DataError where one is another.

    sha256: of the bytes of each: how they are packed may vary
    """
    with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as archive:
        arrays = {key: archive[key] for key in sha256}
    for key, array in arrays.items():
        require_sha256(array.tobytes(), sha256[key], path, name)
    return arrays


def digest_of(sha256: Mapping[str, str]) -> str:
    """The SHA-256 that names a data set, by those of its parts."""
    return hashlib.sha256("".join(sha256.values()).encode()).hexdigest()


# Unpacking and hashing MNIST takes 0.35 s, more than a small run: once a process is enough.
@lru_cache(maxsize=8)
def _once(read: Callable[[Path], object], path: Path, changed: int) -> object:
    return read(path)
