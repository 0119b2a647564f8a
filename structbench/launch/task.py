"""What a worker of a cluster does: performs a run in a folder of its own and sends it back.

A node shares neither the runs folder nor the plugin files with the driver: both travel as
content. What is sent either way is bytes. Ray then needs none of the classes within, which a
plugin may define, and what the driver keeps is its own memory, not Ray's object store.
"""

from __future__ import annotations

import pickle
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from structbench.errors import ConfigError, DataError, StructBenchError
from structbench.experiment.run import Run, make_run
from structbench.launch.attempt import Attempt, attempt
from structbench.launch.execution import Execution
from structbench.machine.device import DeviceName, resolve_device
from structbench.machine.files import read_bytes, remove, write_bytes
from structbench.models.plugins import Loaded, load_same
from structbench.store.run_files import OUTCOME, PARTS

if TYPE_CHECKING:
    from structbench.training.progress import Progress

Files = Mapping[str, bytes]

# Seconds between two words of a run on how far it is; one that takes less leaves none.
WORD_EVERY = 1.0


@dataclass(frozen=True)
class Task:
    """A run, and all that a worker must have to perform it.

    run: pickled, and opened once the plugins are loaded: its model may be of one of them
    plugins: what was loaded, with the content of its files
    files: what the run's folder holds already: a checkpoint to go on from, or a finished run
        that lacks a condition
    command: of the driver, for the provenance
    sitting: random; names the folder on the node, so that a retry there goes on
    """

    run: bytes
    plugins: tuple[Loaded, ...]
    files: Files
    execution: Execution
    command: Sequence[str]
    sitting: str


@dataclass(frozen=True)
class Reply:
    """What became of a run, which of its files are new or changed, and which are gone."""

    attempt: Attempt
    files: Files
    gone: tuple[str, ...]


class Board:
    """Where runs leave word of how far they are, and the driver looks; an actor of Ray."""

    def __init__(self) -> None:
        self._words: dict[str, bytes] = {}

    def leave(self, run: str, word: bytes) -> None:
        """Replaces the run's last word."""
        self._words[run] = word

    def take(self) -> dict[str, bytes]:
        """The words left since the last look: run id → a pickled Progress."""
        words, self._words = self._words, {}
        return words


def perform_task(packed: bytes, board: Any) -> bytes:
    """Perform a pickled Task; returns a pickled Reply."""
    task: Task = pickle.loads(packed)
    sys.argv = list(task.command)  # as multiprocessing does for its processes
    _load_contents(task.plugins, task.sitting)
    run: Run = pickle.loads(task.run)
    root = folder_of(task.sitting)
    here = replace(task.execution, runs_dir=root)
    if not (folder := root / run.id).exists():
        unpack(folder, task.files)
    try:
        ended = _perform(run, here, board)
        files = pack(folder)
        changed = {name: c for name, c in files.items() if task.files.get(name) != c}
        return pickle.dumps(Reply(ended, changed, tuple(task.files.keys() - files.keys())))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _perform(run: Run, execution: Execution, board: Any) -> Attempt:
    try:
        _require_same_ground(run, execution.data_folder)
    except StructBenchError as error:
        return Attempt(run, error=error)
    said = time.monotonic()

    def leave_word(progress: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= WORD_EVERY:
            said = time.monotonic()
            board.leave.remote(run.id, pickle.dumps(progress))

    return attempt(run, execution, leave_word)


def _require_same_ground(run: Run, data_folder: Path) -> None:
    """A run is named by its device, data and torch: with others it would be another run."""
    try:
        resolve_device(cast(DeviceName, run.device))
    except ConfigError as error:
        raise ConfigError(f"{error}: on {platform.node()}") from None
    try:
        here = replace(make_run(run.experiment, run.device, data_folder), smoke=run.smoke)
    except DataError as error:
        raise DataError(f"{error}: on {platform.node()}") from None
    if here.torch_version != run.torch_version:
        raise ConfigError(
            f"{platform.node()} has torch {version('torch')}, and the run is for "
            f"torch {run.torch_version}"
        )
    if here.data_digest != run.data_digest:
        name = run.experiment.data.called
        raise ConfigError(f"{name} in {data_folder} on {platform.node()} is other data than here")
    if here.weights != run.weights:
        name = run.experiment.model.family
        raise ConfigError(f"{name} begins with other weights on {platform.node()} than here")


def folder_of(sitting: str) -> Path:
    """Where runs of one sitting are performed on this machine; nobody else may look into it."""
    folder = Path(tempfile.gettempdir()) / f"structbench-{sitting}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _load_contents(plugins: tuple[Loaded, ...], sitting: str) -> None:
    """Load plugins whose content has travelled; once in each process."""
    load_same(_unpacked(plugin, sitting) for plugin in plugins)


def _unpacked(plugin: Loaded, sitting: str) -> Loaded:
    """The same with its files in a folder on this node; an installed module is there already."""
    if not plugin.files:
        return plugin
    folder = folder_of(sitting) / "source" / plugin.digest
    for name, content in plugin.files.items():
        if not (folder / name).is_file():
            write_bytes(folder / name, content)
    return replace(plugin, place=str(folder / Path(plugin.place).name))


def pack(folder: Path) -> dict[str, bytes]:
    """The content of a run's files by their names in its folder, but not its report."""
    inner = (p for part in PARTS for p in (folder / part).rglob("[!.]*"))
    paths = (*folder.glob("[!.]*"), *inner)
    return {p.relative_to(folder).as_posix(): read_bytes(p) for p in paths if p.is_file()}


def unpack(folder: Path, files: Files, gone: Sequence[str] = ()) -> None:
    """Write a run's files, outcome.json last as ever, and then delete those that are gone."""
    for name in sorted(files, key=lambda name: name == OUTCOME):
        write_bytes(folder / name, files[name])
    for name in gone:
        remove(folder / name)
