"""Calls of the API in processes of their own, which are killed at a chosen write.

The processes are forked from a server that has imported everything and has read MNIST, so
each takes a fraction of a second.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import torch

from structbench import api
from structbench.data import DATASETS
from structbench.data.images.embedded import EmbeddedMNIST
from structbench.perform import perform as perform  # imported before the fork
from structbench.report import exhibits as exhibits
from structbench.report import figures as figures
from structbench.report import page as page

_mnist = DATASETS["mnist"]
assert isinstance(_mnist, EmbeddedMNIST)
_read = cache(_mnist.read)
_read(Path())


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


def _call(deadly: int, moments: Any, name: str, arguments: tuple[Any, ...], named: Any) -> None:
    torch.set_num_threads(1)
    EmbeddedMNIST.read = lambda self, folder: _read(Path())  # type: ignore[method-assign]
    watch = _Moments(deadly)
    watch.install()
    getattr(api, name)(*arguments, **named)
    moments.value = watch.seen


def call(
    name: str, *arguments: Any, deadly: int = 0, after: float | None = None, **named: Any
) -> tuple[int, int]:
    """Call api.<name> in a process that dies at the moment `deadly` of its writing, if at all.

    after: kill it after so many seconds, wherever it is
    Its exit code, and how many moments there were.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    moments = context.Value("i", 0)
    process = context.Process(target=_call, args=(deadly, moments, name, arguments, named))
    process.start()
    process.join(after)
    process.kill()
    process.join()
    assert process.exitcode is not None
    return process.exitcode, moments.value
