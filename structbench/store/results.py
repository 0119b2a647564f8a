"""The numbers of a comparison or sweep in its folder: written, read, checked."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from structbench.errors import RunFolderError
from structbench.machine.files import sealed, unsealed, write_json
from structbench.results.comparison import COMPARISON, FORMAT, Comparison
from structbench.results.sweep import SWEEP, Sweep

FILES: Mapping[type, str] = {Comparison: COMPARISON, Sweep: SWEEP}
Results = TypeVar("Results", Comparison, Sweep)


def read_comparison(folder: Path) -> Comparison:
    """The comparison in a folder; RunFolderError where there is none, or it is damaged."""
    return _read(folder, Comparison)


def read_sweep(folder: Path) -> Sweep:
    """The sweep in a folder; RunFolderError where there is none, or it is damaged."""
    return _read(folder, Sweep)


def _read(folder: Path, kind: type[Results]) -> Results:
    path = folder / FILES[kind]
    content = unsealed(path, FORMAT)
    try:
        return kind.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RunFolderError(
            f"{path} is no {kind.__name__.lower()}: {place}: {first['msg']}"
        ) from None


def is_current(found: Comparison | Sweep, folder: Path) -> bool:
    """Whether the folder holds the report of these numbers, whatever command asked for it."""
    try:
        written = read_sweep(folder) if isinstance(found, Sweep) else read_comparison(folder)
    except RunFolderError:
        return False
    return written.model_copy(update={"command": found.command}) == found


def write_results(found: Comparison | Sweep, folder: Path) -> None:
    """Write comparison.json or sweep.json: the last file, so that what is there is whole."""
    write_json(folder / FILES[type(found)], sealed(found.model_dump(mode="json")))
