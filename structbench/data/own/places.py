"""Where data lie that were named, by the SHA-256 of their content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from structbench.data.own.files import Files, files_at
from structbench.errors import DataError

# SHA-256 → the path that was named for it, here or where this process gets its runs from.
_named: dict[str, Path] = {}
# What has been looked at in this process.
_open: dict[str, Files] = {}


def open_data(path: str | Path) -> str:
    """Look at a file or folder of data; they are found by what it gives from now on.

    The SHA-256 of the content. DataError where there is nothing, or it cannot be read
    """
    files = files_at(Path(path).expanduser())
    sha256 = files.sha256
    _named[sha256], _open[sha256] = files.path.absolute(), files
    return sha256


def remember(named: Mapping[str, Path]) -> None:
    """Find data where they were named in the process that runs come from."""
    _named.update(named)


def named_places() -> dict[str, Path]:
    """SHA-256 → path, of all data that were named."""
    return dict(_named)


def is_named(sha256: str) -> bool:
    """Whether it is known where these data lie."""
    return sha256 in _named


def files_of(sha256: str) -> Files:
    """The files of these data; DataError where they were not named, or are no longer there."""
    wanted = f"{sha256[:12]}…"
    if sha256 not in _named:
        others = ", ".join(f"{other[:12]}…" for other in _named)
        instead = f"; what was named has {others}" * bool(others)
        raise DataError(
            f"the data with SHA-256 {wanted} are not named: --data PATH names them{instead}"
        )
    if sha256 not in _open:
        try:
            found = files_at(_named[sha256])
        except DataError as error:
            raise DataError(f"{error}, where the data with SHA-256 {wanted} were named") from None
        if found.sha256 != sha256:
            raise DataError(
                f"{found.path} is not what it was when it was named: its SHA-256 is "
                f"{found.sha256[:12]}…, not {wanted}"
            )
        _open[sha256] = found
    return _open[sha256]
