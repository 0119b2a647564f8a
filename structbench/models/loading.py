"""A user's file or an installed module is read and run, in its surroundings."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from importlib.metadata import packages_distributions, version
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from structbench.errors import ConfigError, StructBenchError
from structbench.models.failures import told_error
from structbench.models.sources import Source, is_own
from structbench.models.surroundings import reading, running, under_way
from structbench.streams import seeded

_numbers = count(1)


def from_file(text: str) -> Source:
    """What a file consists of; it is not run. ConfigError where it cannot be read."""
    path = Path(text)
    if path.suffix != ".py":
        raise ConfigError(f"plugin {path} is no Python file: its name should end in .py")
    try:
        return Source.of(text, path)
    except OSError as error:
        raise ConfigError(f"cannot read plugin {path}: {error.strerror or error}") from None


def from_module(text: str) -> Source:
    """What an installed module consists of, imported; ConfigError where that fails."""
    module = _imported(text)
    file = getattr(module, "__file__", None)
    if not file:
        raise ConfigError(f"module {text} has no file, so no code to name a run by")
    if not is_own(file):
        source = Source.of(text, Path(file), _version(text))
        source.module = module
        return source
    source = Source.of(text, Path(file), package=module.__package__ or "")
    # Afresh: what was read is what runs, whatever this process has imported before.
    with running(source), reading(source):
        source.module = _imported(text)
    source.take_in_what_it_imported()
    return source


def _imported(text: str) -> ModuleType:
    try:
        with seeded(0), redirect_stdout(sys.stderr):
            return import_module(text)
    except ModuleNotFoundError as error:
        raise ConfigError(f"no module {text!r} ({error}); a file is named FILE.py:NAME") from None
    except (Exception, SystemExit) as error:
        raise ConfigError(f"module {text} fails: {told_error(error)}") from error


def _version(module: str) -> str:
    names = _distributions().get(module.partition(".")[0], [])
    return " ".join(f"{name} {version(name)}" for name in sorted(set(names))) or "unknown"


@cache
def _distributions() -> Any:
    return packages_distributions()


def run(source: Source) -> None:
    """Run a file's code, as it was read; ConfigError where it fails."""
    if any(other.file == source.file for other in under_way()):
        raise ConfigError(
            f"{source.text} loads itself: a script that is a plugin too calls StructBench within "
            '`if __name__ == "__main__":`'
        )
    name = f"structbench_plugin_{next(_numbers)}"
    module = ModuleType(name)
    path = source.file
    module.__file__ = str(path)
    source.module = sys.modules[name] = module  # pydantic looks classes up here
    try:
        # What it draws while it loads is the same in every process.
        with running(source), reading(source), seeded(0):
            # What was read is what runs, whatever has become of the file since.
            exec(compile(source.files[path.name], str(path), "exec"), vars(module))
    except StructBenchError as error:
        raise ConfigError(f"plugin {error}") from None
    except Exception as error:
        raise ConfigError(f"plugin {source.text} fails: {told_error(error)}") from error
    source.take_in_what_it_imported()
