"""Files that a reader finds whole: written durably, read with their checks.

A file is written under another name, flushed to the disk and renamed over the old one, and
then the folder is flushed too: after a power cut the old content is there or the new.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structbench.errors import RunFolderError, notice

# No file of a run is near this; a stranger's file must not fill the memory.
LARGEST_TEXT = 64 * 2**20
SEAL = "sha256"


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> str:
    """Write, flush, rename, flush the folder; returns the SHA-256 of the content.

    durable: whether it has to outlive a power cut, which takes most of the time

    RunFolderError where that fails; what was there before is then still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _require_no_link(path.parent)
        try:
            with temporary.open("wb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        if durable:
            _flush_folder(path.parent)
    except OSError as error:
        raise RunFolderError(f"cannot write {path}: {error.strerror or error}") from None
    return hashlib.sha256(content).hexdigest()


def _require_no_link(path: Path) -> None:
    """A run folder from elsewhere may not lead out of itself."""
    if path.is_symlink():
        raise RunFolderError(f"{path} is a link")


def _flush_folder(folder: Path) -> None:
    """A rename is durable once its folder is; Windows has no way to ask for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Delete a file, if it is there; RunFolderError where that fails."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        pass  # it is not there either, and writing will say why
    except OSError as error:
        raise RunFolderError(f"cannot delete {path}: {error.strerror or error}") from None


def remove_temporary(folder: Path) -> None:
    """Delete what a killed process left half-written; for whoever holds the folder's lock."""
    for path in folder.rglob(".*.tmp"):
        remove(path)


def write_json(path: Path, content: Any) -> str:
    """Write as indented JSON; returns the SHA-256 of the file."""
    return write_bytes(path, json_bytes(content))


def json_bytes(content: Any) -> bytes:
    """As it is written: indented, UTF-8, no NaN; what UTF-8 lacks, in a file's name, escaped."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The content of a file; RunFolderError where it is a link, or larger than `most`."""
    try:
        _require_no_link(path)
        _require_no_link(path.parent)
        with path.open("rb") as file:
            content = file.read(-1 if most is None else most + 1)
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror or error}") from None
    if most is not None and len(content) > most:
        raise RunFolderError(f"{path} is damaged: it is larger than {most:,} bytes")
    return content


def read_json(path: Path) -> Any:
    """The content of a JSON file; RunFolderError where it is none."""
    try:
        return json.loads(read_bytes(path, LARGEST_TEXT).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from None


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its own SHA-256 as the last entry."""
    return {**content, SEAL: _digest(content)}


def unsealed(path: Path, known: int) -> dict[str, Any]:
    """The content of a sealed JSON file of this format, without its seal.

    RunFolderError where it is damaged or of another format.
    """
    content = read_json(path)
    number = content.get("format") if isinstance(content, dict) else None
    if type(number) is not int or number != known:
        raise RunFolderError(
            f"{path} has format {number!r}, and this version of structbench reads format {known}: "
            "read it with the version that wrote it"
        )
    rest = {key: value for key, value in content.items() if key != SEAL}
    if content.get(SEAL) != _digest(rest):
        raise RunFolderError(f"{path} is damaged: its content is not that of its SHA-256")
    return rest


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Generations:
    """A file of which the one before is kept: <stem>-<number>-<SHA-256, 16 digits>.<kind>.

    Each name says what the content must be, so a damaged file is known without a list.
    """

    folder: Path
    stem: str
    kind: str

    def save(self, number: int, content: bytes) -> None:
        """Write a newer generation; the one before it stays, older ones go."""
        digest = hashlib.sha256(content).hexdigest()[:16]
        path = self.folder / f"{self.stem}-{number:06d}-{digest}.{self.kind}"
        write_bytes(path, content)
        before = [other for other in self.all() if other != path and _number(other) < number]
        for other in set(self.all()) - {path, *before[-1:]}:
            remove(other)

    def newest(self) -> Path | None:
        """The newest that is whole, with a notice of each that is not; None where there is none."""
        for path in reversed(self.all()):
            try:
                require_whole(path)
            except RunFolderError as error:
                notice(f"{error}; going on from the one before it")
            else:
                return path
        return None

    def clear(self) -> None:
        """Delete all."""
        for path in self.all():
            remove(path)

    def all(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob(f"{self.stem}-*.{self.kind}"))


def require_whole(path: Path) -> None:
    """RunFolderError where a generation's content is not what its name says."""
    if not path.stem.endswith(hashlib.sha256(read_bytes(path)).hexdigest()[:16]):
        raise RunFolderError(f"{path} is damaged: its content is not that of its name")


def _number(path: Path) -> int:
    digits = path.stem.split("-")[-2]
    return int(digits) if digits.isdigit() else -1
