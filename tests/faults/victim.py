"""Calls of the API and commands in processes of their own: killed at a chosen write, or limited.

The processes are forked from a server that has imported everything and has read MNIST, so
each takes a fraction of a second. What is killed is the writing: the data are the first images,
since to choose among all takes longer than to learn, and a report has two pictures, not five.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import IO, Any, cast

import filelock as filelock  # imported before the fork, like others below
import numpy as np
import torch
from rich import console as console

from structbench import api
from structbench.cli import app
from structbench.data import DATASETS
from structbench.data.images.embedded import EmbeddedMNIST
from structbench.perform import perform as perform  # imported before the fork
from structbench.report import figures as figures
from structbench.report import page as page
from structbench.report import sections as sections
from structbench.report.exhibits import EXHIBITS

_mnist = DATASETS["mnist"]
assert isinstance(_mnist, EmbeddedMNIST)
_train, _test = (part.take(np.arange(1000)) for part in _mnist.read(Path()))


class _Moments:
    """Counts the moments before and after each step of a write, and dies at one of them."""

    def __init__(self, deadly: int):
        self.seen, self.deadly = 0, deadly

    def pass_by(self) -> None:
        self.seen += 1
        if self.seen == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **more: Any) -> Any:
            self.pass_by()
            result = call(*arguments, **more)
            self.pass_by()
            return result

        return watched

    def torn(self, write: Callable[[bytes], int]) -> Callable[[bytes], None]:
        def watched(content: bytes) -> None:
            self.pass_by()
            write(content[: len(content) // 2])
            self.pass_by()
            write(content[len(content) // 2 :])
            self.pass_by()

        return watched

    def install(self) -> None:
        os.fsync, os.replace = self.around(os.fsync), self.around(os.replace)
        os.unlink = self.around(os.unlink)
        opened = Path.open

        def open_watched(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
            file = opened(path, mode, *more, **named)
            return _Torn(file, self.torn(file.write)) if mode == "wb" else file

        Path.open = open_watched  # type: ignore[method-assign, assignment]


class _Torn:
    """A file whose bytes are written in two halves."""

    def __init__(self, file: IO[bytes], write: Callable[[bytes], None]):
        self.file, self.write = file, write

    def __enter__(self) -> _Torn:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def _server() -> Any:
    context, mine = get_context("forkserver"), cast(Any, forkserver)._forkserver
    if mine._preload_modules != [__name__]:
        end_server()  # that of StructBench's own processes has not imported this module
        context.set_forkserver_preload([__name__])
    return context


def end_server() -> None:
    """Leave none to later tests, in this process, that want StructBench's own."""
    cast(Any, forkserver)._forkserver._stop()
    get_context("forkserver").set_forkserver_preload([])


def _call(deadly: int, moments: Any, name: str, arguments: tuple[Any, ...], named: Any) -> None:
    gc.freeze()  # looking for garbage among all that was imported would copy its memory
    torch.set_num_threads(1)
    EXHIBITS["image"] = ()
    EmbeddedMNIST.read = lambda self, folder: (_train, _test)  # type: ignore[method-assign]
    watch = _Moments(deadly)
    watch.install()
    getattr(api, name)(*arguments, **named)
    moments.value = watch.seen


def _command(
    words: tuple[str, ...], within: Path, said: Path, megabytes: int, seconds: int
) -> None:
    import resource  # Windows has none

    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 10**6,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.chdir(within)
    app(list(words))


def limited(*words: str, within: Path, said: Path, megabytes: int, seconds: int) -> int | None:
    """The exit code of a command that has so much more memory and CPU time, and no more.

    within: its working directory; said: the file for all that it says
    """
    context = _server()
    process = context.Process(target=_command, args=(words, within, said, megabytes, seconds))
    process.start()
    process.join()
    code: int | None = process.exitcode
    return code


def call(
    name: str, *arguments: Any, deadly: int = 0, after: float | None = None, **named: Any
) -> tuple[int, int]:
    """Call api.<name> in a process that dies at the moment `deadly` of its writing, if at all.

    after: kill it after so many seconds, wherever it is
    Its exit code, and how many moments there were.
    """
    context = _server()
    moments = context.Value("i", 0)
    process = context.Process(target=_call, args=(deadly, moments, name, arguments, named))
    process.start()
    process.join(after)
    process.kill()
    process.join()
    assert process.exitcode is not None
    return process.exitcode, moments.value
