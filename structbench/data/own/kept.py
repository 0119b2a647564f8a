"""What took long to read, kept in the user's cache as plain arrays."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# What takes less is read again.
LONG_SECONDS = 5.0
# Another one where the same files are read otherwise.
VERSION = 1


class Parts(NamedTuple):
    """What was read: arrays, and what is said besides, as JSON has it."""

    arrays: Mapping[str, NDArray[Any]]
    said: Mapping[str, Any]


def kept(what: Mapping[str, Any], folder: Path, read: Callable[[], Parts]) -> Parts:
    """What `read` gives; from the cache where it has taken long before.

    what: all that it depends on
    """
    name = hashlib.sha256(json.dumps([VERSION, dict(what)], sort_keys=True).encode()).hexdigest()
    path = folder / f"{name}.safetensors"
    with suppress(Exception):  # whatever is wrong with it: it is read anew
        return _loaded(path)
    started = time.perf_counter()
    found = read()
    if time.perf_counter() - started > LONG_SECONDS:
        with suppress(Exception):  # a full disk, a folder that may not be written to
            _save(found, path)
    return found


def _save(found: Parts, path: Path) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in found.arrays.items()}
    text = json.dumps(found.said)
    said = {"said": text, "sha256": _digest(arrays, text)}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        save_file(arrays, temporary, said)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _loaded(path: Path) -> Parts:
    """ValueError, or another error, where there is none or it is damaged."""
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        said = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if _digest(arrays, said["said"]) != said["sha256"]:
        raise ValueError("damaged")
    return Parts(arrays, json.loads(said["said"]))


def _digest(arrays: Mapping[str, NDArray[Any]], said: str) -> str:
    total = hashlib.sha256(said.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype} {array.shape}\n".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()
