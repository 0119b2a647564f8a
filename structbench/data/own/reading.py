"""Reading what lies there: once a process, and from the cache where it takes long."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from structbench.data.own.kept import Parts, kept
from structbench.data.own.places import files_of
from structbench.data.own.read import Read
from structbench.data.own.readers import reader_of
from structbench.data.spec import default_data_folder
from structbench.problem import Kind

# Options of `data` that decide what is read, e.g. (("side", 32),).
Reading = tuple[tuple[str, Any], ...]


def read_anew(sha256: str, kind: Kind, what: type[Read], reading: Reading) -> Any:
    """What the data of this SHA-256 hold, as a `what`; DataError where they cannot be read."""
    found: list[Read] = []

    def read() -> Parts:
        files = files_of(sha256)
        found.append(reader_of(files, kind).read(files, dict(reading)))
        return found[0].parts

    parts = kept(_depends(sha256, kind, reading), default_data_folder() / "own", read)
    return found[0] if found else what.of_parts(parts)


# Once a process; what is large keeps what it makes of it instead.
read_own = lru_cache(maxsize=2)(read_anew)


def _depends(sha256: str, kind: Kind, reading: Reading) -> Mapping[str, Any]:
    return {"sha256": sha256, "kind": kind, "reading": dict(reading)}
