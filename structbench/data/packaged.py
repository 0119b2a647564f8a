"""Files that the package carries: each is checked, and read once a process."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

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


# Unpacking and hashing MNIST takes 0.35 s, more than a small run: once a process is enough.
@lru_cache(maxsize=8)
def _once(read: Callable[[Path], object], path: Path, changed: int) -> object:
    return read(path)
