"""The surroundings that a user's code runs in: it reaches nothing that is not its own."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from structbench.errors import ConfigError
from structbench.models.failures import told_error
from structbench.models.sources import Source, first_on_path, is_own

_GUARD = 'where it is also a script, put that under if __name__ == "__main__":'

_running: list[Source] = []
_reading: list[Source] = []


@contextmanager
def reading(source: Source | None) -> Iterator[None]:
    """Within, while its code runs, the files that it reads beside it become known to the source."""
    if source is None:
        yield
        return
    _watch()
    _reading.append(source)
    try:
        yield
    finally:
        _reading.pop()


@cache
def _watch() -> None:
    """Once in a process, for good: Python has no way to take such a hook away."""
    sys.addaudithook(_opened)


def _opened(event: str, given: tuple[Any, ...]) -> None:
    if event != "open" or not _reading or not isinstance(given[0], str):
        return
    path, mode, _ = given
    source, file = _reading[-1], Path(path).absolute()
    if not (mode and "r" in mode and file.is_relative_to(source.folder)):
        return
    hidden = any(part.startswith(".") for part in file.relative_to(source.folder).parts)
    if not hidden and file.suffix not in (".py", ".pyc", ".so"):
        source.read.add(file)


def under_way() -> tuple[Source, ...]:
    """Whose code runs now, the innermost last."""
    return tuple(_running)


@contextmanager
def running(source: Source | None) -> Iterator[None]:
    """While a user's code loads, is built, trained or asked. None: nothing is done.

    Its folder can be imported from, and its own modules are seen by it alone. What it prints goes
    to stderr, it has no input and no arguments, and what it does to torch's global settings, to the
    working folder, to warnings and to the signals that stop the program ends here. ConfigError
    where it ends the program, or sets what would reach every network.
    """
    if source is None or (_running and _running[-1] is source):
        yield
        return
    _running.append(source)
    standing, arguments, stdin, leave = _settings(), sys.argv, sys.stdin, os._exit
    sys.argv, sys.stdin = [source.text], _NoInput(source.text)
    os._exit = _leaving(leave)  # type: ignore[assignment]
    changed: list[str] = []
    try:
        with redirect_stdout(sys.stderr), warnings.catch_warnings(), _own_modules(source):
            yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as end:  # such as SystemExit, and what nobody else would catch
        said = told_error(end).removesuffix(": None")
        raise ConfigError(f"{source.text} ends the program ({said}): {_GUARD}") from None
    finally:
        sys.argv, sys.stdin, os._exit = arguments, stdin, leave
        changed = _restored(standing)
        _running.pop()
    if reaching := [what for what in changed if what in _REACHING]:
        raise ConfigError(
            f"{source.text} sets torch's {reaching[0]} for the whole program: leave that out, and "
            "say it where the network is made, e.g. nn.Linear(…, dtype=torch.float64)"
        )


def _leaving(leave: Callable[[int], NoReturn]) -> Callable[[int], NoReturn]:
    """os._exit, which in this process is SystemExit; one that it forks may leave."""
    here = os.getpid()

    def left(status: int) -> NoReturn:
        if os.getpid() != here:
            leave(status)
        raise SystemExit(status)

    return left


class _NoInput(io.StringIO):
    """Nobody is there to answer."""

    def __init__(self, text: str):
        super().__init__()
        self.text = text

    def _refuse(self, *_: Any) -> NoReturn:
        raise ConfigError(f"{self.text} asks for input: {_GUARD}")

    read = readline = readlines = __next__ = _refuse


@contextmanager
def _own_modules(source: Source) -> Iterator[None]:
    """Within, imports give the source's own modules, and those of nobody else."""
    names = {name.partition("/")[0].removesuffix(".py") for name in source.files}
    hidden = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in names
        and is_own(getattr(module, "__file__", None))
        and name != "__main__"
    }
    for name in hidden:
        del sys.modules[name]
    sys.modules.update(source.modules)
    before = set(sys.modules)
    try:
        # An installed package is imported from where it is installed.
        with nullcontext() if source.installed else first_on_path(source.folder):
            yield
    finally:
        for name, module in list(sys.modules.items()):
            if name not in before and _is_own_module(name, module):
                source.modules[name] = module
        for name in source.modules:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)


def _is_own_module(name: str, module: ModuleType) -> bool:
    """A library may write modules of its own as it runs, such as torch_geometric, to anywhere."""
    package = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None)
    return is_own(getattr(module, "__file__", None)) and (not package or is_own(package))


# What a network computes with; a user's code that alters it would alter other networks too.
_REACHING = ("default dtype", "gradient mode", "hooks of all modules")


def _hooks_of_all() -> list[dict[int, Any]]:
    """Torch's own tables of what is called for each module."""
    from torch.nn.modules import module

    tables = vars(module).items()
    return [table for name, table in tables if name.startswith("_global_") and "hooks" in name]


def _set_hooks_of_all(before: list[dict[int, Any]]) -> None:
    for hooks, kept in zip(_hooks_of_all(), before, strict=True):
        hooks.clear()
        hooks.update(kept)


def _settings() -> dict[str, Any]:
    """What is global, and would be felt by others."""
    import torch

    return {
        "working folder": os.getcwd(),
        "default dtype": torch.get_default_dtype(),
        "gradient mode": torch.is_grad_enabled(),
        "threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "matrix precision": torch.get_float32_matmul_precision(),
        "default device": torch.get_default_device(),
        "hooks of all modules": [dict(hooks) for hooks in _hooks_of_all()],
        "anomaly detection": torch.is_anomaly_enabled(),
        "Ctrl-C": signal.getsignal(signal.SIGINT),
        "SIGTERM": signal.getsignal(signal.SIGTERM),
    }


def _restored(before: Mapping[str, Any]) -> list[str]:
    """Set everything to what it was; the names of what was not."""
    import torch

    setters: tuple[Callable[[Any], Any], ...] = (
        os.chdir,
        torch.set_default_dtype,
        torch.set_grad_enabled,
        torch.set_num_threads,
        torch.use_deterministic_algorithms,
        torch.set_float32_matmul_precision,
        lambda device: torch.set_default_device(None if device.type == "cpu" else device),
        _set_hooks_of_all,
        torch.autograd.set_detect_anomaly,
        partial(signal.signal, signal.SIGINT),
        partial(signal.signal, signal.SIGTERM),
    )
    now, changed = _settings(), []
    for (name, value), setter in zip(before.items(), setters, strict=True):
        if now[name] != value:
            setter(value)
            changed.append(name)
    return changed
