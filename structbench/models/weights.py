"""Weights that training begins with: published ones, or those of a file.

A config says `imagenet` or a SHA-256. A path is given on the command line alone, where the file's
SHA-256 takes its place: so a run is named by what it began with, wherever that lies, and nothing
that comes from elsewhere makes a file be opened.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from structbench.errors import ConfigError, DataError

IMAGENET, SHA256 = "imagenet", "sha256:"
_PATTERN = f"^({IMAGENET}|{SHA256}[0-9a-f]{{64}})$"

# SHA-256 → the file that was named for it, here or where this process gets its runs from.
_named: dict[str, Path] = {}


def _is_known(text: str) -> str:
    if not re.fullmatch(_PATTERN, text):
        raise ValueError(
            f"should be null, imagenet or sha256:…, not {text!r:.80}; "
            "a file is named on the command line: --set model.weights=FILE"
        )
    return text


Weights = (
    Annotated[str, AfterValidator(_is_known), Field(json_schema_extra={"pattern": _PATTERN})] | None
)


def name_file(path: Path) -> str:
    """What a config says in place of a file's path; the file is found by it from now on.

    ConfigError where there is no such file, DataError where it cannot be read.
    """
    if not path.is_file():
        what = f"{path} is a folder" if path.is_dir() else f"there is no file {path}"
        raise ConfigError(f"{what}; it should be a file of weights, or imagenet")
    digest = digest_of(path)
    remember(digest, path.absolute())
    return f"{SHA256}{digest}"


def remember(digest: str, path: Path) -> None:
    """Find the weights of this SHA-256 in a file that was named where the run comes from."""
    _named[digest] = path


def named_file(digest: str) -> Path | None:
    """The file that was named for this SHA-256."""
    return _named.get(digest)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, read once for as long as it stays as it is; DataError where it cannot
    be read."""
    try:
        state = path.stat()
        return _digest(path.absolute(), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


@lru_cache(maxsize=64)
def _digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
