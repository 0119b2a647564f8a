"""Moments at which Ctrl-C and SIGTERM must not strike."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def ignored() -> Iterator[None]:
    """Within, a stop does nothing; a process that is started then ignores it from its start."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def deferred() -> Iterator[None]:
    """A stop takes effect at the end: an import of torch that is cut off aborts the process."""
    came = list[int]()
    with _handled(lambda number, frame: came.append(number)):
        yield
    if came:
        signal.raise_signal(came[0])


@contextmanager
def _handled(handler: Callable[[int, Any], Any] | signal.Handlers) -> Iterator[None]:
    """Only the main thread may set handlers, and only it is struck."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in STOPS}
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
