"""The files of one run folder, read with their checks. runs/README.md says what is in each."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError, deserialize

from structbench.data.alterations import read_condition
from structbench.errors import ConfigError, RunFolderError
from structbench.experiment.run import Run, run_id
from structbench.experiment.schema import Experiment
from structbench.machine.files import Generations, read_bytes, read_json, unsealed
from structbench.models.failures import told_error
from structbench.models.plugins import plugin_family
from structbench.outcome import FORMAT, Epoch, Predictions, Summary

OUTCOME, RUN, PROVENANCE, FAILURE = "outcome.json", "run.json", "provenance.json", "failure.json"
HISTORY, WEIGHTS = "history.jsonl", "weights.safetensors"
PARTS = PREDICTIONS, TENSORS, SOURCES = "predictions", "tensors", "source"


def checkpoints(folder: Path) -> Generations:
    """The checkpoints in a run folder."""
    return Generations(folder, "checkpoint", "safetensors")


def predictions_file(condition: str) -> str:
    """Where the answers under a condition are, within the run folder."""
    # A colon cannot be in a file name on Windows. Parsing first leaves no way out of the folder.
    return f"{PREDICTIONS}/{str(read_condition(condition)).replace(':', '=')}.safetensors"


def tensor_file(name: str) -> str:
    """Where a further array is, within the run folder."""
    return f"{TENSORS}/{name}.safetensors"


def source_file(name: str) -> str:
    """Where a file of the user's own code is, within the run folder: as text, not to be run."""
    return f"{SOURCES}/{name}.txt"


def read_summary(folder: Path) -> Summary:
    """The content of outcome.json; RunFolderError where it is damaged or of another format."""
    path = folder / OUTCOME
    content = unsealed(path, FORMAT)
    try:
        summary = Summary.model_validate(content)
        for condition in summary.misclassification:
            read_condition(condition)
    except (ValidationError, ConfigError) as error:
        raise RunFolderError(f"{path} is not an outcome: {_first_line(error)}") from None
    for name in summary.files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise RunFolderError(f"{path} names {name!r}, which is not a file of a run")
    if summary.run != folder.name:
        raise RunFolderError(f"{path} belongs to {summary.run!r}, not to this folder")
    return summary


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def read_run(folder: Path) -> Run:
    """What the run was asked to be; RunFolderError where that is not what its name says."""
    content = read_json(folder / RUN)
    _require_its_code(folder, content)
    try:
        asked = {**content["experiment"], "conditions": content["conditions"]}
        run = Run(
            Experiment.model_validate(asked),
            content["device"],
            content["data"],
            content["torch"],
            content["smoke"],
            content.get("weights", ""),
        )
    except (KeyError, TypeError, ValidationError) as error:
        raise RunFolderError(f"{folder / RUN} is not a run: {_first_line(error)}") from None
    if run.id != folder.name:
        raise RunFolderError(f"{folder / RUN} does not describe {folder.name} but {run.id}")
    return run


def require_its_name(folder: Path) -> None:
    """RunFolderError where run.json is not what the folder's name says; needs no model's code."""
    content = read_json(folder / RUN)
    try:
        identity = {k: v for k, v in content.items() if k not in ("format", "conditions")}
        name = run_id(identity)
    except (AttributeError, KeyError, TypeError) as error:
        raise RunFolderError(f"{folder / RUN} is not a run: {told_error(error)}") from None
    if name != folder.name:
        raise RunFolderError(f"{folder / RUN} does not describe {folder.name} but {name}")


def _require_its_code(folder: Path, content: Any) -> None:
    """A user's own model is loaded, and is the one that was trained; RunFolderError if not."""
    digest = content.get("plugin") if isinstance(content, dict) else None
    if not isinstance(digest, str):
        return
    try:
        name = str(content["experiment"]["model"]["family"])
        own = plugin_family(name)
    except (KeyError, TypeError, ConfigError) as error:
        raise RunFolderError(f"{folder / RUN}: {error}") from None
    if own is None or own.source is None:
        raise RunFolderError(
            f"{folder / RUN}: the model is a user's own: name its file with --plugin, or what it "
            "was named by, as PACKAGE.MODULE:NAME"
        )
    if own.source.digest == digest:
        return
    kept = folder / SOURCES
    before = {
        path.relative_to(kept).as_posix().removesuffix(".txt"): read_bytes(path)
        for path in sorted(kept.glob("**/*.txt"))
    }
    which = ", ".join(own.source.changed(before)) if before else own.source.text
    copy = f"; a copy of what it was is in {kept}" if before else ""
    raise RunFolderError(
        f"{own.source.text} is not what {folder.name} was trained with: {which} changed{copy}"
    )


def read_arrays(folder: Path, name: str, summary: Summary) -> dict[str, Any]:
    """The arrays in a safetensors file of a run, checked; RunFolderError where it is damaged."""
    return arrays_in(checked(folder, name, summary.files.get(name)), folder / name)


def arrays_in(content: bytes, path: Path) -> dict[str, Any]:
    """The arrays in the content of a safetensors file; numpy has no bfloat16: that is float32."""
    try:
        return {name: _array(**view) for name, view in deserialize(content)}  # type: ignore[no-untyped-call]
    except (SafetensorError, ValueError, KeyError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from None


_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "C64": "<c8", "BOOL": "?",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1",
}  # fmt: skip


def _array(dtype: str, shape: list[int], data: bytearray) -> NDArray[Any]:
    found = np.frombuffer(data, _TYPES[dtype]).reshape(shape)
    return (found.astype("<u4") << 16).view("<f4") if dtype == "BF16" else found


def checked(folder: Path, name: str, digest: str | None) -> bytes:
    """The content of a file of a run; RunFolderError where its SHA-256 is another."""
    path = folder / name
    if not path.exists():
        raise RunFolderError(f"{folder} is damaged: {name} is missing")
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != digest:
        raise RunFolderError(f"{path} is damaged: its SHA-256 is not the one in {OUTCOME}")
    return content


def read_predictions(folder: Path, condition: str, summary: Summary) -> Predictions:
    """The answers under a condition; RunFolderError where they are not what they should be."""
    name, n = predictions_file(condition), summary.examples[condition]
    arrays = read_arrays(folder, name, summary)
    found = {key: (array.dtype.str, array.shape) for key, array in arrays.items()}
    answers = found.get("predicted", ("", ()))[1]
    whole = dict.fromkeys(("predicted", "labels"), ("<i8", answers))
    expected = {**whole, "confidence": ("<f4", (n,)), "examples": ("<i8", (n,))}
    if found != expected or answers[:1] != (n,) or len(answers) > 2:
        raise RunFolderError(f"{folder / name} is damaged: it does not hold {n:,} answers")
    return Predictions(**arrays)


def read_tensor(folder: Path, name: str, summary: Summary) -> NDArray[Any]:
    """A further array of a run; RunFolderError where its file is damaged."""
    arrays = read_arrays(folder, tensor_file(name), summary)
    if arrays.keys() != {name}:
        raise RunFolderError(f"{folder / tensor_file(name)} is damaged: it does not hold {name}")
    tensor: NDArray[Any] = arrays[name]
    return tensor


def progress(folder: Path) -> str:
    """How far an unfinished run has come, by its history."""
    try:
        lines = read_bytes(folder / HISTORY).splitlines()
    except RunFolderError:
        return "no epoch done"
    whole = [line for line in lines if _is_epoch(line)]
    torn = "" if len(whole) == len(lines) else f", {len(lines) - len(whole)} torn line left out"
    return f"{len(whole)} epoch{'' if len(whole) == 1 else 's'} done{torn}"


def _is_epoch(line: bytes) -> bool:
    try:
        Epoch.model_validate(json.loads(line))
    except (ValueError, RecursionError):
        return False
    return True
