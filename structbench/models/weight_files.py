"""Files of weights, safetensors or torch's: what is in one, and whether a network takes it.

Nothing in a file runs code: of torch's files only what `weights_only` allows is read.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, DataError

if TYPE_CHECKING:
    from torch import Tensor, nn

Shape = tuple[int, ...]

# How many layers of a kind a message names.
MOST_NAMED = 3
# A count that no arithmetic of ours uses, and that older files do without.
_COUNT = ".num_batches_tracked"
# A name with a dot in it is no name of a layer any more; torchvision renames these too.
_DENSE = re.compile(r"(.*denselayer\d+\.(?:norm|conv))\.([12]\..*)")


def require_fit(path: Path, body: nn.Module, head: Iterable[str], name: str) -> None:
    """ConfigError where a file has not the weights of a network, whose own may be on torch's meta
    device; DataError where it is damaged or no file of weights.

    head: entries, or modules, that the file need not have: what depends on the number of classes
    name: what the network is called
    """
    shapes = _shapes(path)
    wanted = {key: tuple(value.shape) for key, value in body.state_dict().items()}
    if told := _misfit(wanted, shapes, tuple(head)):
        raise ConfigError(f"{path} does not hold the weights of {name}: {told}")


def load_into(body: nn.Module, path: Path, head: Iterable[str], name: str) -> None:
    """Give a network the weights of a file, but not those of its head; errors as `require_fit`."""
    require_fit(path, body, head, name)
    own = body.state_dict()
    taken = {key: value for key, value in _tensors(path).items() if key in own}
    for key, value in taken.items():
        if not bool(value.isfinite().all()):
            raise DataError(f"{path} holds numbers that are not finite, in {key}")
    kept = {key: own[key] for key in own if _is_of(key, tuple(head)) or key not in taken}
    body.load_state_dict({**taken, **kept})


def _misfit(wanted: Mapping[str, Shape], found: Mapping[str, Shape], head: tuple[str, ...]) -> str:
    """What a network lacks in a file and what it cannot place; empty where it fits."""
    needed = {key for key in wanted if not _is_of(key, head)}
    there = {key for key in found if not _is_of(key, head)}
    missing = [key for key in wanted if key in needed - there and not key.endswith(_COUNT)]
    unknown = [key for key in found if key in there - needed]
    other = [key for key in wanted if key in needed & there and wanted[key] != found[key]]
    told = (
        _told(_layers(missing), "missing"),
        _told(_layers(unknown), "unknown"),
        _told(_layers(other), "of another shape", lambda layer: _shape_told(layer, wanted, found)),
    )
    return "; ".join(filter(None, told))


def _is_of(key: str, head: tuple[str, ...]) -> bool:
    return key in head or key.startswith(tuple(f"{name}." for name in head))


def _layers(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] or key for key in keys))


def _told(layers: list[str], what: str, each: Callable[[str], str] = str) -> str:
    if not layers:
        return ""
    named = ", ".join(map(each, layers[:MOST_NAMED]))
    more = ", …" if len(layers) > MOST_NAMED else ""
    layers_are = "1 layer is" if len(layers) == 1 else f"{len(layers):,} layers are"
    return f"{layers_are} {what} ({named}{more})"


def _shape_told(layer: str, wanted: Mapping[str, Shape], found: Mapping[str, Shape]) -> str:
    keys = (layer, *(key for key in wanted if key.rpartition(".")[0] == layer))
    key = next(k for k in keys if k in found and wanted.get(k, found[k]) != found[k])
    there, here = ("×".join(map(str, of[key])) or "a number" for of in (found, wanted))
    return f"{key} is {there}, not {here}"


def _shapes(path: Path) -> dict[str, Shape]:
    """Name → shape, without the numbers where the format allows."""
    if not _is_safetensors(path):
        return {key: tuple(value.shape) for key, value in _tensors(path).items()}
    from safetensors import safe_open

    def shapes() -> dict[str, Shape]:
        with safe_open(path, framework="pt") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118

    return _plainly_named(_read(path, shapes))


def _tensors(path: Path) -> dict[str, Tensor]:
    """Name → numbers; those of one of torch's newer files stay on the disk until they are used."""
    from safetensors.torch import load_file

    if _is_safetensors(path):
        return _plainly_named(_read(path, lambda: load_file(path)))
    return _plainly_named(_state(path, _read(path, lambda: _torch_load(path))))


def _torch_load(path: Path) -> Any:
    import torch

    mapped = zipfile.is_zipfile(path)
    return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)


def _state(path: Path, content: Any) -> dict[str, Tensor]:
    """The state dict that a file is, or that is in it beside others."""
    from torch import Tensor

    for inner in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(inner), dict):
            content = content[inner]
    found = content if isinstance(content, dict) else {}
    if not found or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()
    ):
        raise DataError(f"{path} holds no state_dict: names, each with a tensor")
    return dict(found)


def _plainly_named(entries: Mapping[str, Any]) -> dict[str, Any]:
    """As the network names them, not the wrapper that it was trained in on several GPUs."""
    prefix = "module." if all(key.startswith("module.") for key in entries) else ""
    return {_DENSE.sub(r"\1\2", key.removeprefix(prefix)): value for key, value in entries.items()}


def _is_safetensors(path: Path) -> bool:
    """By its content, whatever it is called: the length of its header, and a JSON object."""
    try:
        with path.open("rb") as file:
            return file.read(9)[8:] == b"{"
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def _read(path: Path, read: Callable[[], Any]) -> Any:
    """What is read of a file; DataError where it cannot be, or asks for more than to be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a file was written by an older torch
            return read()
    except MemoryError:
        raise
    except Exception as error:  # a stranger's file: torch and safetensors raise all kinds
        if isinstance(error, UnpicklingError) and "GLOBAL" in str(error):
            raise DataError(
                f"{path} holds more than tensors, which could run code: it is not opened; "
                "save its state_dict alone"
            ) from None
        raise DataError(
            f"{path} is damaged, or no file of weights (safetensors, or a state_dict of torch)"
        ) from None
