"""Everything a training needs to go on, in one safetensors file: no pickle.

A checkpoint is written after each epoch and the one before it is kept, so that a damaged file
costs an epoch, not the training.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from structbench.errors import RunFolderError
from structbench.machine.files import Generations
from structbench.outcome import Epoch
from structbench.training.loop import TrainingState

_HISTORY = TypeAdapter(list[Epoch])


def save_checkpoint(state: TrainingState, seconds: float, kept: Generations) -> None:
    """Write the state after its last epoch; `seconds` is what the run took so far."""
    tensors = {f"network/{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"best/{k}": v for k, v in (state.best or {}).items()}
    tensors |= {f"optimizer/{k}": v for k, v in state.optimizer.tensors().items()}
    metadata = {
        "history": _HISTORY.dump_json(state.history).decode(),
        "seconds": json.dumps(seconds),
        "threads": str(torch.get_num_threads()),
    }
    kept.save(len(state.history), packed(tensors, metadata))


def packed(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Tensors as the content of a safetensors file; ones that share memory are written out each."""
    apart, seen = {}, set[int]()
    for name, value in tensors.items():
        own = value.detach().cpu().contiguous()
        place = own.untyped_storage().data_ptr()
        apart[name] = own.clone() if place in seen else own
        seen.add(place)
    return save(apart, metadata)


def unpacked(content: bytes) -> dict[str, Tensor]:
    """What `packed` was given."""
    return load(content)


def checkpoint_threads(path: Path) -> int:
    """How many threads the checkpoint was trained with."""
    with _open(path) as file:
        return int(file.metadata()["threads"])


def load_checkpoint(state: TrainingState, path: Path) -> float:
    """Put the state of the file into `state`, which was built for the same run.

    Returns the seconds the run took so far. Each tensor takes the memory layout of the
    parameter it belongs to, so that arithmetic runs in the same order as before.
    """
    with _open(path) as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    try:
        state.network.load_state_dict(_below("network/", tensors))
        state.best = _below("best/", tensors) or None
        state.optimizer.load(_below("optimizer/", tensors))
        state.history = _HISTORY.validate_json(metadata["history"])
        return float(json.loads(metadata["seconds"]))
    except (RuntimeError, KeyError, ValueError, IndexError, ValidationError) as error:
        raise RunFolderError(f"{path} does not belong to this run: {error}") from None


def _open(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise RunFolderError(f"{path} is damaged ({error}); train anew with --force") from None


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
