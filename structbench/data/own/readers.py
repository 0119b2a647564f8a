"""Which reader is for what lies at a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from structbench.data.graphs import archive as graph_archive
from structbench.data.graphs import readers as graph_folder
from structbench.data.images import archives as image_archives
from structbench.data.images import folders as image_folders
from structbench.data.images import tables as image_tables
from structbench.data.own.archive import arrays_text
from structbench.data.own.files import Files
from structbench.data.sequences import readers as pairs
from structbench.data.signals import archive as signal_archive
from structbench.data.signals import recordings
from structbench.data.signals import tables as signal_tables
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
    "image_table": Reader(
        "image", "images beside a CSV of file and label",
        image_tables.sees_table, image_tables.read_table,
    ),
    "image_idx": Reader(
        "image", "IDX files of images and labels",
        image_archives.sees_idx, image_archives.read_idx,
    ),
    "image_archive": Reader(
        "image", "an .npz of arrays images and labels",
        image_archives.sees_archive, image_archives.read_archive,
    ),
    "image_folders": Reader(
        "image", "a folder of images for each class",
        image_folders.sees_folders, image_folders.read_folders,
    ),
    "signal_archive": Reader(
        "signal", "an .npz with signals and labels (or x and y)",
        signal_archive.sees_archive, signal_archive.read_archive,
    ),
    "signal_table": Reader(
        "signal", "a CSV with a label and a signal in each row",
        signal_tables.sees_table, signal_tables.read_table,
    ),
    "recordings": Reader(
        "signal", "a folder of WAV files for each class",
        recordings.sees_recordings, recordings.read_recordings,
    ),
    "pairs": Reader(
        "sequence",
        "a .tsv of sentences, a tab and their translations, or a folder of train.tsv and test.tsv",
        pairs.sees_pairs, pairs.read_pairs,
    ),
    "graph_folder": Reader(
        "graph", "a folder with edges and nodes",
        graph_folder.sees_folder, graph_folder.read_folder,
    ),
    "graph_archive": Reader(
        "graph", "an .npz with edges and labels",
        graph_archive.sees_archive, graph_archive.read_archive,
    ),
}  # fmt: skip


def kind_at(files: Files, asked: Kind | None = None) -> Kind:
    """The kind of data that lies there. asked: where it is said.

    DataError where nothing reads it, ConfigError where it could be several kinds
    """
    fitting = [reader for reader in READERS.values() if asked in (None, reader.kind)]
    kinds = list(dict.fromkeys(reader.kind for reader in fitting if reader.sees(files)))
    if len(kinds) > 1:
        raise ConfigError(f"{files.path} could be {' or '.join(kinds)}s: say data.kind={kinds[0]}")
    if not kinds and not any(files.place(name).stat().st_size for name in files.names):
        raise DataError(f"{files.path} is empty")
    if not kinds:
        known = "; ".join(reader.what for reader in fitting)
        raise DataError(f"{files.path} is none of: {known}{arrays_text(files)}")
    return kinds[0]


def reader_of(files: Files, kind: Kind) -> Reader:
    """What reads them as this kind; DataError where nothing does."""
    kind_at(files, kind)
    return next(r for r in READERS.values() if r.kind == kind and r.sees(files))
