"""The memory of a process and of all that came from it, as Linux counts it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

PROC = Path("/proc")
# A look takes 20 ms of a core for a process that has imported torch, as its pages are gone through:
# so many times as long nothing is done, and what is measured loses 2 % of a core at most.
REST, LEAST = 50, 0.25  # LEAST: seconds


def pss(pid: int) -> int:
    """Bytes that a process and its descendants hold; a page shared by n of them counts 1/n in each.

    Those that have just ended count nothing. 0 where the system does not say.
    """
    return sum(_own(each) for each in _tree(pid))


def _own(pid: int) -> int:
    with suppress(OSError):
        for line in (PROC / f"{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for children in PROC.glob(f"{each}/task/*/children"):
            with suppress(OSError):
                found += map(int, children.read_text().split())
    return found


class Peak:
    """The most that a process and its descendants hold together while this context lasts.

    Looked at four times a second or less often (REST), so that what lasts less may be missed.
    """

    def __init__(self, pid: int):
        self.pid, self.bytes, self._ended = pid, 0, Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def mb(self) -> float | None:
        """10⁶ bytes; None where the system did not say or nothing was looked at."""
        return self.bytes / 1e6 if self.bytes else None

    def _watch(self) -> None:
        pause = LEAST
        while not self._ended.wait(pause):
            started = perf_counter()
            self.bytes = max(self.bytes, pss(self.pid))
            pause = max(LEAST, REST * (perf_counter() - started))
