"""Run folders: write, read, find. runs/README.md says what is in one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray
from safetensors.numpy import save

from structbench.errors import RunFolderError, StructBenchError, nearest, notice
from structbench.experiment.run import Run
from structbench.machine.files import (
    Generations,
    read_bytes,
    read_json,
    remove,
    sealed,
    write_bytes,
    write_json,
)
from structbench.machine.lock import hold, is_held, tidy
from structbench.outcome import FORMAT, Epoch, Outcome, Summary
from structbench.store.run_files import (
    FAILURE,
    HISTORY,
    OUTCOME,
    PARTS,
    PROVENANCE,
    RUN,
    WEIGHTS,
    arrays_in,
    checked,
    checkpoints,
    predictions_file,
    progress,
    read_predictions,
    read_run,
    read_summary,
    read_tensor,
    source_file,
    tensor_file,
)

DESCRIBING = (RUN, PROVENANCE, HISTORY)


@dataclass(frozen=True)
class Entry:
    """A folder in the runs folder, as `structbench runs` lists it."""

    name: str
    state: Literal["finished", "unfinished", "failed", "damaged"]
    summary: Summary | None = None
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """What is known of the files of one folder. problems: empty where all are whole."""

    name: str
    state: str
    files: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """A folder of run folders."""

    root: Path

    @classmethod
    def locate(cls, run: str | Path, root: Path) -> tuple[Store, str]:
        """The store and the name of a run given by its name or by the path of its folder."""
        path = Path(run)
        if len(path.parts) == 1 and not (root / path).exists() and path.is_dir():
            path = path.absolute()
        return (cls(path.parent), path.name) if len(path.parts) > 1 else (cls(root), str(run))

    def folder(self, run: Run) -> Path:
        """Where a run is kept."""
        return self.root / run.id

    def hold(self, run: Run, wait: bool = False) -> AbstractContextManager[None]:
        """Be the only writer of this run; Held where another process is."""
        return hold(self.folder(run), wait)

    def is_held(self, run: Run) -> bool:
        """Whether another process is at this run."""
        return is_held(self.folder(run))

    def checkpoints(self, run: Run) -> Generations:
        """What an unfinished run goes on from."""
        return checkpoints(self.folder(run))

    def is_finished(self, run: Run) -> bool:
        """Whether there is an outcome."""
        return (self.folder(run) / OUTCOME).is_file()

    def is_complete(self, run: Run) -> bool:
        """Whether there is an outcome with all conditions that the run asks for."""
        if not self.is_finished(run):
            return False
        known = read_summary(self.folder(run)).misclassification
        return all(condition in known for condition in run.experiment.conditions)

    def failure(self, run: Run) -> str | None:
        """What the last attempt at this run ended with, where that was an error."""
        path = self.folder(run) / FAILURE
        return str(read_json(path).get("reason")) if path.is_file() else None

    def write_failure(self, run: Run, error: StructBenchError) -> None:
        """Remember that the run failed, and why; forgotten when it is begun again."""
        write_json(self.folder(run) / FAILURE, {"format": FORMAT, "reason": str(error)})

    def begin(self, run: Run, provenance: Mapping[str, Any]) -> None:
        """Write what is asked, and add a session to the provenance."""
        folder = self.folder(run)
        remove(folder / FAILURE)
        write_json(
            folder / RUN,
            {"format": FORMAT, **run.identity, "conditions": run.experiment.conditions},
        )
        write_json(folder / PROVENANCE, [*_sessions(folder / PROVENANCE), provenance])

    def discard(self, run: Run) -> None:
        """Forget that a run was trained, so that it is trained anew."""
        folder = self.folder(run)
        for name in (OUTCOME, FAILURE, HISTORY, PROVENANCE):
            remove(folder / name)
        self.checkpoints(run).clear()
        for part in PARTS:
            for path in folder.glob(f"{part}/**/*.*"):
                remove(path)

    def write_history(self, run: Run, history: Sequence[Epoch]) -> None:
        """A line an epoch."""
        write_bytes(self.folder(run) / HISTORY, _history_bytes(history))

    def finish(self, run: Run, outcome: Outcome, weights: bytes) -> Outcome:
        """Write a finished run; outcome.json last, then drop the checkpoints.

        weights: a safetensors file
        """
        folder = self.folder(run)
        files = {WEIGHTS: write_bytes(folder / WEIGHTS, weights)}
        files |= self._write_sources(run)
        self.write_history(run, outcome.summary.history)
        for name in DESCRIBING:
            files[name] = hashlib.sha256(read_bytes(folder / name)).hexdigest()
        finished = self._write_outcome(folder, outcome, files)
        self.checkpoints(run).clear()
        return finished

    def _write_sources(self, run: Run) -> dict[str, str]:
        """Keep the user's own code that the model is of, as text: nothing runs from there."""
        source = type(run.experiment.model).source
        kept = source.files if source and not source.installed else {}
        names = {source_file(name): content for name, content in kept.items()}
        folder = self.folder(run)
        return {name: write_bytes(folder / name, content) for name, content in names.items()}

    def tidy(self, run: Run) -> None:
        """Delete what a run that was killed at its very end has left beside its outcome."""
        tidy(self.folder(run))
        if self.checkpoints(run).all():
            with suppress(RunFolderError), self.hold(run):
                self.checkpoints(run).clear()

    def add(self, run: Run, outcome: Outcome) -> Outcome:
        """Write an outcome that has gained conditions."""
        return self._write_outcome(self.folder(run), outcome, outcome.summary.files)

    def _write_outcome(self, folder: Path, outcome: Outcome, files: Mapping[str, str]) -> Outcome:
        arrays: dict[str, dict[str, NDArray[Any]]] = {
            predictions_file(condition): vars(predictions)
            for condition, predictions in outcome.predictions.items()
        }
        arrays |= {tensor_file(name): {name: array} for name, array in outcome.tensors.items()}
        known = dict(files)
        for name, content in arrays.items():
            if name not in known:
                known[name] = write_bytes(folder / name, save(content))
        changed = {"files": known, "tensors": tuple(outcome.tensors)}
        summary = outcome.summary.model_copy(update=changed)
        write_json(folder / OUTCOME, sealed(summary.model_dump(mode="json")))
        return replace(outcome, summary=summary)

    def read(self, name: str) -> tuple[Run, Outcome]:
        """A finished run and its outcome, each file checked against its SHA-256."""
        folder = self.require_finished(name)
        summary = read_summary(folder)
        conditions = summary.misclassification
        predictions = {c: read_predictions(folder, c, summary) for c in conditions}
        tensors = {tensor: read_tensor(folder, tensor, summary) for tensor in summary.tensors}
        return read_run(folder), Outcome(summary, predictions, tensors)

    def weights_file(self, name: str) -> bytes:
        """The trained weights of a finished run, as a safetensors file."""
        folder = self.require_finished(name)
        return checked(folder, WEIGHTS, read_summary(folder).files.get(WEIGHTS))

    def weights(self, name: str) -> dict[str, NDArray[Any]]:
        """The trained weights of a finished run, name → array; bfloat16 as float32."""
        return arrays_in(self.weights_file(name), self.root / name / WEIGHTS)

    def entries(self) -> Iterator[Entry]:
        """All runs by name; reads one small file each."""
        folders = (
            sorted(p for p in self.root.glob("*") if (p / RUN).is_file())
            if self.root.is_dir()
            else []
        )
        for folder in folders:
            try:
                yield _entry(folder)
            except RunFolderError as error:
                yield Entry(folder.name, "damaged", reason=str(error))

    def require_finished(self, name: str) -> Path:
        """The folder of a finished run; RunFolderError where there is none of this name."""
        folder = self.root / name
        if name in ("", ".", "..") or Path(name).name != name or not folder.is_dir():
            known = [entry.name for entry in self.entries()]
            hint = nearest(name, known) if known else "there are no runs"
            raise RunFolderError(f"no run {name!r} in {self.root}; {hint}")
        if not (folder / OUTCOME).is_file():
            raise RunFolderError(f"{folder} is not finished: it has no {OUTCOME}")
        return folder


def _history_bytes(history: Sequence[Epoch]) -> bytes:
    return "".join(f"{epoch.model_dump_json()}\n" for epoch in history).encode()


def _sessions(path: Path) -> list[Any]:
    """The sessions so far; what cannot be read is said to be lost, and does not stop a run."""
    if not path.exists():
        return []
    try:
        sessions = read_json(path)
    except RunFolderError as error:
        notice(f"{error}; the sessions before this one are lost")
        return []
    return sessions if isinstance(sessions, list) else []


def _entry(folder: Path) -> Entry:
    if not (folder / OUTCOME).exists():
        failed = (folder / FAILURE).is_file()
        reason = str(read_json(folder / FAILURE).get("reason")) if failed else progress(folder)
        return Entry(folder.name, "failed" if failed else "unfinished", reason=reason)
    summary = read_summary(folder)
    missing = [name for name in summary.files if not (folder / name).is_file()]
    if missing:
        return Entry(folder.name, "damaged", summary, f"missing: {', '.join(missing)}")
    return Entry(folder.name, "finished", summary)
