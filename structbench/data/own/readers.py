"""Which reader is for what lies at a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from structbench.data.graphs import archive as graph_archive
from structbench.data.graphs import readers as graphs
from structbench.data.images import readers as images
from structbench.data.own.files import Files
from structbench.errors import ConfigError, DataError
from structbench.problem import Kind


@dataclass(frozen=True)
class Reader:
    """A row of READERS.

    sees: whether files are what it reads, by their names and first bytes
    read: what they hold: OwnGrids, OwnPairs or OwnGraph, by its kind; DataError, which names the
        file, where one is damaged. options: of `data`, those that decide what is read
    """

    kind: Kind
    what: str
    sees: Callable[[Files], bool]
    read: Callable[[Files, Mapping[str, Any]], Any]


# The first of a kind that sees it reads it.
READERS: dict[str, Reader] = {
    "image_archive": Reader(
        "image", "an .npz with images and labels", images.sees_archive, images.read_archive
    ),
    "graph_folder": Reader(
        "graph", "a folder with edges and nodes", graphs.sees_folder, graphs.read_folder
    ),
    "graph_archive": Reader(
        "graph",
        "an .npz with edges and labels",
        graph_archive.sees_archive,
        graph_archive.read_archive,
    ),
}


def kind_at(files: Files, asked: Kind | None = None) -> Kind:
    """The kind of data that lies there. asked: where it is said.

    DataError where nothing reads it, ConfigError where it could be several kinds
    """
    fitting = [reader for reader in READERS.values() if asked in (None, reader.kind)]
    kinds = list(dict.fromkeys(reader.kind for reader in fitting if reader.sees(files)))
    if len(kinds) > 1:
        raise ConfigError(f"{files.path} could be {' or '.join(kinds)}s: say data.kind={kinds[0]}")
    if not kinds:
        known = "; ".join(reader.what for reader in fitting)
        raise DataError(f"{files.path} is none of: {known}")
    return kinds[0]


def reader_of(files: Files, kind: Kind) -> Reader:
    """What reads them as this kind; DataError where nothing does."""
    kind_at(files, kind)
    return next(r for r in READERS.values() if r.kind == kind and r.sees(files))
