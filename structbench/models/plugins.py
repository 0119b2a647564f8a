"""Models of the user's own: from a file that the command names, or from an installed package.

Nothing else makes one load: a config or a run folder can name a family, never a file.
"""

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from inspect import getfile, isabstract
from pathlib import Path
from types import ModuleType
from typing import Any

from structbench.errors import ConfigError, nearest
from structbench.models import MODELS
from structbench.models.spec import ModelSpec

ENTRY_POINTS = "structbench.models"

# What was loaded in this process: family → class, and the files it came from.
_families: dict[str, type[ModelSpec]] = {}
_files: list[Path] = []


def families() -> dict[str, type[ModelSpec]]:
    """All families: built in, loaded from files, and installed."""
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name not in MODELS and entry.name not in _families:
            _load_entry_point(entry)
    return {**MODELS, **_families}


def plugin_family(name: str) -> type[ModelSpec] | None:
    """The user's own family of this name, or None; imports an installed one if it is that."""
    if name not in _families:
        for entry in entry_points(group=ENTRY_POINTS, name=name):
            _load_entry_point(entry)
    return _families.get(name)


def load_plugin(path: Path) -> list[type[ModelSpec]]:
    """Run a Python file and make the families that it defines known.

    ConfigError where there is no such file, where it fails, or where it defines no family.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read plugin {path}: {error.strerror or error}") from None
    digest = hashlib.sha256(content).hexdigest()
    name = f"structbench_plugin_{digest[:16]}"
    module = sys.modules.get(name) or _run(path, name)
    found = [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, ModelSpec)
        and member.__module__ == name
        and not isabstract(member)
    ]
    if not found:
        raise ConfigError(f"plugin {path} defines no model: a class derived from TorchModel")
    for family in found:
        _register(family, digest, str(path))
    _files.append(path.absolute())
    return found


def named_in_plugin(text: str) -> type[ModelSpec]:
    """The family that `plugin.py:Name` means."""
    file, _, wanted = text.rpartition(":")
    found = {family.__name__: family for family in load_plugin(Path(file))}
    if wanted not in found:
        raise ConfigError(f"{file} defines no model {wanted!r}; {nearest(wanted, found)}")
    return found[wanted]


def loaded_plugins() -> tuple[Path, ...]:
    """The files loaded so far, for another process to load too."""
    return tuple(_files)


def load_plugins(files: Iterable[Path]) -> None:
    """Load several files, e.g. those that another process has loaded."""
    for file in files:
        load_plugin(file)


def _run(path: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"plugin {path} is no Python file: its name should end in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # pydantic and pickle look classes up here
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(f"plugin {path} fails: {type(error).__name__}: {error}") from error
    return module


def _load_entry_point(entry: Any) -> None:
    try:
        family = entry.load()
        _register(family, hashlib.sha256(Path(getfile(family)).read_bytes()).hexdigest(), entry)
    except Exception as error:
        raise ConfigError(f"installed model {entry.name!r} ({entry.value}): {error}") from error


def _register(family: type[ModelSpec], digest: str, source: object) -> None:
    name = family.model_fields["family"].default
    if not isinstance(name, str):
        raise ConfigError(f'{family.__name__} in {source} needs a field family: Literal["name"]')
    if name in MODELS:
        raise ConfigError(f"{family.__name__} in {source}: the name {name!r} is taken")
    family.plugin = digest
    _families[name] = family
