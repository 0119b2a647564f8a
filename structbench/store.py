"""Run folders: write, read, find. runs/README.md says what is in one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from structbench.data.conditions import parse_condition
from structbench.errors import ConfigError, RunFolderError, nearest
from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.files import write_bytes, write_json
from structbench.outcome import FORMAT, Epoch, Outcome, Predictions, Summary

OUTCOME, RUN, PROVENANCE = "outcome.json", "run.json", "provenance.json"
HISTORY, WEIGHTS, CHECKPOINT = "history.jsonl", "weights.safetensors", "checkpoint.safetensors"


@dataclass(frozen=True)
class Entry:
    """A folder in the runs folder, as `structbench runs` lists it."""

    name: str
    state: Literal["finished", "unfinished", "damaged"]
    summary: Summary | None = None
    reason: str = ""


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

    def checkpoint(self, run: Run) -> Path:
        """The file an unfinished run goes on from."""
        return self.folder(run) / CHECKPOINT

    def is_finished(self, run: Run) -> bool:
        """Whether there is an outcome."""
        return (self.folder(run) / OUTCOME).is_file()

    def is_complete(self, run: Run) -> bool:
        """Whether there is an outcome with all conditions that the run asks for."""
        if not self.is_finished(run):
            return False
        known = _read_summary(self.folder(run)).misclassification
        return all(condition in known for condition in run.experiment.conditions)

    def begin(self, run: Run, provenance: Mapping[str, Any]) -> None:
        """Write what is asked, and add a session to the provenance."""
        folder = self.folder(run)
        write_json(
            folder / RUN,
            {"format": FORMAT, **run.identity, "conditions": run.experiment.conditions},
        )
        sessions = _json(folder / PROVENANCE) if (folder / PROVENANCE).is_file() else []
        write_json(folder / PROVENANCE, [*sessions, provenance])

    def discard(self, run: Run) -> None:
        """Forget that a run was trained, so that it is trained anew."""
        folder = self.folder(run)
        named = (folder / name for name in (OUTCOME, CHECKPOINT, HISTORY, PROVENANCE))
        for path in (*named, *folder.glob("predictions/*.safetensors")):
            path.unlink(missing_ok=True)

    def write_history(self, run: Run, history: Sequence[Epoch]) -> None:
        """A line an epoch."""
        lines = "".join(f"{epoch.model_dump_json()}\n" for epoch in history)
        write_bytes(self.folder(run) / HISTORY, lines.encode())

    def finish(
        self, run: Run, outcome: Outcome, weights: Mapping[str, NDArray[np.float32]]
    ) -> Outcome:
        """Write a finished run; outcome.json last, then drop the checkpoint."""
        folder = self.folder(run)
        digest = write_bytes(folder / WEIGHTS, save(dict(weights)))
        self.write_history(run, outcome.summary.history)
        finished = self._write_outcome(folder, outcome, {WEIGHTS: digest})
        self.checkpoint(run).unlink(missing_ok=True)
        return finished

    def add(self, run: Run, outcome: Outcome) -> Outcome:
        """Write an outcome that has gained conditions."""
        return self._write_outcome(self.folder(run), outcome, outcome.summary.files)

    def _write_outcome(self, folder: Path, outcome: Outcome, files: Mapping[str, str]) -> Outcome:
        known = dict(files)
        for condition, predictions in outcome.predictions.items():
            name = _predictions_file(condition)
            if name not in known:
                arrays: dict[str, NDArray[Any]] = {
                    "label": outcome.labels,
                    "predicted": predictions.predicted,
                    "confidence": predictions.confidence,
                }
                known[name] = write_bytes(folder / name, save(arrays))
        summary = outcome.summary.model_copy(update={"files": known})
        write_json(folder / OUTCOME, summary.model_dump(mode="json"))
        return replace(outcome, summary=summary)

    def read(self, name: str) -> tuple[Run, Outcome]:
        """A finished run and its outcome, each file checked against its SHA-256."""
        folder = self._existing(name)
        summary = _read_summary(folder)
        predictions, labels = {}, np.empty(0, np.int64)
        for condition in summary.misclassification:
            arrays = _arrays(folder, _predictions_file(condition), summary)
            labels = arrays["label"]
            predictions[condition] = Predictions(arrays["predicted"], arrays["confidence"])
        return _read_run(folder), Outcome(summary, labels, predictions)

    def weights(self, name: str) -> dict[str, NDArray[np.float32]]:
        """The trained weights of a finished run."""
        folder = self._existing(name)
        return _arrays(folder, WEIGHTS, _read_summary(folder))

    def entries(self) -> Iterator[Entry]:
        """All runs by name; reads one small file each."""
        folders = (
            sorted(p for p in self.root.glob("*") if (p / RUN).is_file())
            if self.root.is_dir()
            else []
        )
        for folder in folders:
            if not (folder / OUTCOME).exists():
                yield Entry(folder.name, "unfinished", reason=_progress(folder))
                continue
            try:
                summary = _read_summary(folder)
                missing = [name for name in summary.files if not (folder / name).is_file()]
                if missing:
                    yield Entry(folder.name, "damaged", summary, f"missing: {', '.join(missing)}")
                else:
                    yield Entry(folder.name, "finished", summary)
            except RunFolderError as error:
                yield Entry(folder.name, "damaged", reason=str(error))

    def _existing(self, name: str) -> Path:
        folder = self.root / name
        if name in ("", ".", "..") or Path(name).name != name or not folder.is_dir():
            known = [entry.name for entry in self.entries()]
            hint = nearest(name, known) if known else "there are no runs"
            raise RunFolderError(f"no run {name!r} in {self.root}; {hint}")
        if not (folder / OUTCOME).is_file():
            raise RunFolderError(f"{folder} is not finished: it has no {OUTCOME}")
        return folder


def _predictions_file(condition: str) -> str:
    # A colon cannot be in a file name on Windows. Parsing first leaves no way out of the folder.
    return f"predictions/{str(parse_condition(condition)).replace(':', '=')}.safetensors"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"cannot read {path}: {error}") from None


def _read_summary(folder: Path) -> Summary:
    path = folder / OUTCOME
    content = _json(path)
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise RunFolderError(
            f"{path} has format {content.get('format')!r}; "
            f"this version of structbench reads format {FORMAT}"
        )
    try:
        summary = Summary.model_validate(content)
        for condition in summary.misclassification:
            parse_condition(condition)
    except (ValidationError, ConfigError) as error:
        raise RunFolderError(f"{path} is not an outcome: {_first_line(error)}") from None
    if summary.run != folder.name:
        raise RunFolderError(f"{path} belongs to {summary.run!r}, not to this folder")
    return summary


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def _read_run(folder: Path) -> Run:
    content = _json(folder / RUN)
    try:
        asked = {**content["experiment"], "conditions": content["conditions"]}
        run = Run(
            Experiment.model_validate(asked),
            content["device"],
            content["data"],
            content["torch"],
            content["smoke"],
        )
    except (KeyError, TypeError, ValidationError) as error:
        if isinstance(content, dict) and isinstance(content.get("plugin"), str):
            raise RunFolderError(
                f"{folder / RUN}: the model is a user's own: name its file with --plugin"
            ) from None
        raise RunFolderError(f"{folder / RUN} is not a run: {_first_line(error)}") from None
    if run.id != folder.name:
        raise RunFolderError(f"{folder / RUN} does not describe {folder.name} but {run.id}")
    return run


def _arrays(folder: Path, name: str, summary: Summary) -> dict[str, Any]:
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunFolderError(f"{folder} is damaged: {name}: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != summary.files.get(name):
        raise RunFolderError(f"{path} is damaged: its SHA-256 is not the one in {OUTCOME}")
    try:
        return load(content)
    except (SafetensorError, ValueError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from None


def _progress(folder: Path) -> str:
    try:
        return f"{len((folder / HISTORY).read_text().splitlines())} epochs done"
    except OSError:
        return "no epoch done"
