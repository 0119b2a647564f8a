"""What lies at a path: its files, by their names within, and the SHA-256 that names them all."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from structbench.data.own.limits import LARGEST_FILE, MOST_FILES, MOST_FOLDERS_DEEP, bytes_text
from structbench.data.own.watched import watched
from structbench.errors import DataError

# What systems leave in folders by themselves; so is all that begins with a dot.
PASSED_OVER = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "Icon\r"})


@dataclass(frozen=True, eq=False)
class Files:
    """One file, or all in a folder.

    path: as it was named; folder: in which the names are
    digests: name, with / between its parts → SHA-256 of the content; in the order of the names as
        `called`
    """

    path: Path
    folder: Path
    digests: dict[str, str]

    @property
    def names(self) -> list[str]:
        """Those of the files within the folder, with / between their parts."""
        return list(self.digests)

    @property
    def only(self) -> str | None:
        """The name of the file, where the path is one."""
        return None if self.path == self.folder else next(iter(self.digests))

    @property
    def sha256(self) -> str:
        """What names all that lies there, wherever that is: a file's own name is no part of it,
        but its ending is."""
        total = hashlib.sha256()
        for name, digest in self.digests.items():
            text = Path(name).suffix.lower() if self.only else called(name)
            total.update(f"{text}\0{digest}\n".encode())
        return total.hexdigest()

    def place(self, name: str) -> Path:
        """The path of a file, for messages."""
        return self.folder / name

    def content(self, name: str) -> bytes:
        """The content of a file; DataError where it is not what it was when it was named."""
        content = _content(self.place(name))
        if hashlib.sha256(content).hexdigest() != self.digests[name]:
            raise DataError(f"{self.place(name)} has changed while it was read")
        return content


def files_at(path: Path) -> Files:
    """DataError where nothing can be read there, or it is too large."""
    try:
        if not path.exists():
            raise DataError(f"there is no file or folder {_shown(path)}")
        found = _found(path)
    except (OSError, ValueError, RuntimeError) as error:  # a link to itself, a name with a zero
        where = getattr(error, "filename", None) or path
        told = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {_shown(where)}: {told}") from None
    if not found:
        raise DataError(f"{path} is an empty folder")
    folder = path if path.is_dir() else path.parent
    digests = {
        name: hashlib.sha256(_content(folder / name)).hexdigest()
        for name in watched(found, len(found), "looking at files")
    }
    return Files(path, folder, digests)


def _found(path: Path) -> list[str]:
    """The names of the files there, in one order wherever they lie: some systems take letters with
    accents apart."""
    if path.is_dir():
        return sorted(_walked(path, path.resolve()), key=lambda name: (called(name), name))
    _require_text(path.name, path)
    if not path.is_file():  # reading a pipe would wait for ever
        raise DataError(f"{path} is neither a file nor a folder")
    return [path.name]


def called(name: str) -> str:
    """A file's or folder's name as text, each letter written one way."""
    return unicodedata.normalize("NFC", name)


def _walked(folder: Path, root: Path) -> Iterator[str]:
    """The names of all files in a folder; links are followed within it only."""
    left: list[tuple[Path, str, tuple[Path, ...]]] = [(folder, "", (root,))]
    count = 0
    while left:
        here, before, above = left.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in PASSED_OVER:
                    continue
                path = Path(entry.path)
                _require_text(entry.name, path)
                count += 1
                if count > MOST_FILES:  # folders too, which links can multiply
                    raise DataError(f"{folder} has more than {MOST_FILES:,} files and folders")
                if entry.is_symlink():
                    _require_within(path, root)
                mode = entry.stat().st_mode
                if stat.S_ISDIR(mode):
                    left.append((path, f"{before}{entry.name}/", (*above, _below(path, above))))
                elif stat.S_ISREG(mode):
                    yield before + entry.name
                else:
                    raise DataError(f"{path} is neither a file nor a folder")


def _below(folder: Path, above: tuple[Path, ...]) -> Path:
    """What a folder is without links; DataError where it is one that it lies in, or too deep."""
    real = folder.resolve()
    if real in above:
        raise DataError(f"{folder} is a link to a folder that it is in")
    if len(above) > MOST_FOLDERS_DEEP:
        raise DataError(f"{folder} is more than {MOST_FOLDERS_DEEP} folders deep")
    return real


def _require_text(name: str, path: Path) -> None:
    """DataError where it could not stand in a message, or as a class's name in a table."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DataError(f"{_shown(path)}: its name is not text (UTF-8)") from None
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise DataError(f"{str(path)!r}: its name has a line break or another control character")


def _shown(path: Path | str) -> str:
    """A path that can be printed, whatever its bytes are."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _require_within(link: Path, root: Path) -> None:
    if not link.exists():
        raise DataError(f"{link} is a link to nothing")
    if not link.resolve().is_relative_to(root):
        raise DataError(f"{link} is a link that leads out of the folder")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_FILE:
                told = f"{bytes_text(size)}, more than {bytes_text(LARGEST_FILE)}"
                raise DataError(f"{path} has {told}")
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise DataError(f"cannot read {_shown(path)}: {error.strerror or error}") from None
