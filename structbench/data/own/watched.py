"""Long reading tells how far it is, to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")

# What is being done, how much of it is done, and how much there is.
Watch = Callable[[str, int, int], None]

_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Within, `watch` is called after each thing that is read."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def watched(items: Iterable[Item], of: int, doing: str) -> Iterator[Item]:
    """The items, one by one. of: how many; doing: e.g. "reading images" """
    watch = _watch.get()
    for done, item in enumerate(items, 1):
        yield item
        if watch:
            watch(doing, done, of)
