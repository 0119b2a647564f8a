"""Models of the user's own: from a file that the command names, or from an installed package.

Nothing else makes one load: a config or a run folder can name a family, never a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from structbench.errors import ConfigError, notice
from structbench.models import MODELS
from structbench.models.loading import from_file, from_module, run
from structbench.models.offers import (
    family_name,
    is_plain,
    model_of,
    names_in,
    offered_by,
    other_of,
    others_in,
)
from structbench.models.sources import Source
from structbench.models.spec import ModelSpec

ENTRY_POINTS = "structbench.models"


@dataclass(frozen=True)
class Loaded:
    """A plugin as another process needs it.

    place: an absolute path, or the name of a module
    names: the classes and functions in it that were made families
    files: name → content, for a machine that has not the file; empty for a module, which is to be
        installed there
    """

    place: str
    digest: str
    names: tuple[str, ...]
    files: Mapping[str, bytes]


_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

# What was loaded in this process: family → class, and place → where families came from.
_families: dict[str, type[ModelSpec]] = {}
_sources: dict[str, Source] = {}


def families() -> dict[str, type[ModelSpec]]:
    """All families: built in, loaded from files, and installed."""
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name not in MODELS and entry.name not in _families:
            try:
                _load_entry_point(entry)
            except ConfigError as error:  # the others are not to blame
                notice(str(error))
    offered = {name: f for source in _sources.values() for name, f in offered_by(source).items()}
    return {**offered, **MODELS, **_families}


def plugin_family(name: str) -> type[ModelSpec] | None:
    """The user's own family of this name, or None; imports an installed one if it is that.

    ConfigError where two files that were loaded have one of this name.
    """
    if name in MODELS:
        return None
    if name not in _families:
        for entry in entry_points(group=ENTRY_POINTS, name=name):
            _load_entry_point(entry)
    if name not in _families:
        for source in _sources.values():
            if made := offered_by(source).get(name) or other_of(source, name):
                _register(made, source)
    return _families.get(name)


def is_known(family: type[ModelSpec]) -> bool:
    """Whether a family is built in or was loaded: then its code has a name."""
    return "source" in vars(family) or family in (*MODELS.values(), *_families.values())


def load_plugin(path: str | Path) -> list[type[ModelSpec]]:
    """Run a Python file and make the families that it defines known: its classes derived from
    ModelSpec (such as TorchModel), and those derived from torch.nn.Module.

    ConfigError where there is no such file, where it fails, or where it defines no family.
    """
    text = str(path)
    if names_a_model(text) and not text.endswith(".py"):
        return [named_model(text)]
    source = _loaded(text)
    found = [*offered_by(source).values()]
    if not found and not others_in(source):
        raise ConfigError(
            f"plugin {path} defines no model: a class derived from torch.nn.Module or from "
            "structbench.TorchModel, or a function that returns a module"
        )
    return found


def names_a_model(text: str) -> bool:
    """Whether a text is `file.py:Name`, `package.module:name`, or `file.py` alone."""
    where, _, name = text.rpartition(":")
    if text.endswith(".py") or where.endswith(".py"):
        return True
    return name.isidentifier() and bool(_MODULE.fullmatch(where))


def named_family(text: str) -> str | None:
    """The family that a text on the command line means: the name of one, built in or loaded,
    `file.py:Name` or `package.module:name`; None where it means something else."""
    if names_a_model(text):
        return str(named_model(text).model_fields["family"].default)
    return text if text in MODELS or plugin_family(text) else None


def named_model(text: str) -> type[ModelSpec]:
    """The family that `file.py:Name` or `package.module:name` means."""
    where, _, wanted = text.rpartition(":")
    if text.endswith(".py"):
        choices = " or ".join(f"{text}:{name}" for name in names_in(_loaded(text)))
        raise ConfigError(f"{text} is a file, name a model in it: {choices or 'there is none'}")
    return _named(_loaded(where), wanted)


def models_in(file: str) -> tuple[dict[str, type[ModelSpec]], list[str]]:
    """What names each model of a file → the model; and what names those functions of it that may
    return one, which are not called to see."""
    source = _loaded(file)
    found = {f"{file}:{family.__name__}": family for family in offered_by(source).values()}
    return found, [f"{file}:{name}" for name in others_in(source)]


def loaded_plugins() -> tuple[Loaded, ...]:
    """What was loaded so far, for another process to load the same."""
    return tuple(
        Loaded(
            place,
            source.digest,
            tuple(f.__name__ for f in _families.values() if f.source is source),
            source.files if Path(place).is_absolute() else {},
        )
        for place, source in _sources.items()
    )


def load_plugins(files: Iterable[str | Path]) -> None:
    """Load several files."""
    for file in files:
        load_plugin(file)


def load_same(plugins: Iterable[Loaded]) -> None:
    """Load what another process has loaded; ConfigError where it is no longer that."""
    for plugin in plugins:
        source = _loaded(plugin.place)
        if source.digest != plugin.digest:
            raise ConfigError(f"{source.text} has changed since this command began")
        for name in plugin.names:
            _named(source, name)


def _loaded(text: str) -> Source:
    """What a path or the name of a module stands for; run once for each content."""
    is_module = bool(_MODULE.fullmatch(text)) and not text.endswith(".py")
    source = from_module(text) if is_module else from_file(text)
    place = text if is_module else str(Path(text).absolute())
    before = _sources.get(place)
    if before and before.found == source.found and before.is_current():
        return before
    for name in [name for name, family in _families.items() if before and family.source is before]:
        del _families[name]  # its code has changed
    if not is_module:
        run(source)
    _sources[place] = source
    for family in offered_by(source).values():
        if not is_plain(family):
            _register(family, source)
    return source


def _load_entry_point(entry: Any) -> None:
    try:
        _register(model_of(_loaded(entry.module), entry.attr, entry.name), _loaded(entry.module))
    except Exception as error:
        raise ConfigError(f"installed model {entry.name!r} ({entry.value}): {error}") from error


def _named(source: Source, wanted: str) -> type[ModelSpec]:
    for family in (*_families.values(), *offered_by(source).values()):
        if family.source is source and family.__name__ == wanted:
            return _register(family, source)
    return _register(model_of(source, wanted, wanted), source)


def _register(family: type[ModelSpec], source: Source) -> type[ModelSpec]:
    name = family_name(family, source)
    other = _families.get(name)
    if other and other is not family:
        where = other.source.text if other.source else "StructBench"
        raise ConfigError(
            f"{family.__name__} in {source.text} and {other.__name__} in {where} are both called "
            f"{name!r}: give one of them another name"
        )
    widths: Any = family.widths
    if not isinstance(widths, (tuple, list)):
        raise ConfigError(
            f"{family.__name__} in {source.text}: widths should be names of options, such as "
            f'("hidden",), not {widths!r}'
        )
    for width in widths:
        if width not in family.model_fields:
            told = f"{family.__name__} in {source.text}"
            raise ConfigError(f"{told}: widths names {width!r}, which is no option")
    family.source = source
    _families[name] = family
    return family


def again(name: str, digest: str, options: str) -> ModelSpec:
    """A pickled model of a user's family, once its plugin is loaded; ConfigError where it is not,
    or is another."""
    family = plugin_family(name)
    if family is None or family.source is None or family.source.digest != digest:
        raise ConfigError(f"model {name}: its file is not loaded here, or has changed")
    return family.model_validate_json(options)
