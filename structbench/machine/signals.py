"""Moments at which Ctrl-C and SIGTERM must not strike."""

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
    try:
        with _handled(lambda number, frame: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def as_raised() -> Iterator[None]:
    """What SIGTERM's handler raises comes out as that.

    Ray, while it waits, makes KeyboardInterrupt of whatever a handler raises.
    """
    before, raised = signal.getsignal(signal.SIGTERM), list[BaseException]()
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def handler(number: int, frame: Any) -> None:
        try:
            before(number, frame)
        except BaseException as error:
            raised.append(error)
            raise

    signal.signal(signal.SIGTERM, handler)
    try:
        yield
    except KeyboardInterrupt:
        if raised:
            raise raised[0] from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


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
