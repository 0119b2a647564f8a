"""How much of the machine this process may use: cores and memory, within what limits it.

A container, or a cluster's job, is limited by the Linux control groups that its process is in, each
of which may be stricter than those it lies in.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CONTROL_GROUPS, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def cores() -> int:
    """Those that the process may be scheduled on, and not more than it is given the time of."""
    some = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min([some or 1, *(int(quota) for quota in _cpu_quotas())]))


def free_memory() -> int:
    """Bytes that can still be had without taking them from another process."""
    import psutil

    free = int(psutil.virtual_memory().available)
    return max(0, min([free, *_memory_left()]))


def memory_of(process: int) -> int:
    """Bytes that a process holds beside what it has of files; 0 where it has ended."""
    import psutil

    try:
        held = psutil.Process(process).memory_info()
    except psutil.Error:
        return 0
    return int(held.rss - getattr(held, "shared", 0))


def _cpu_quotas() -> Iterator[float]:
    """How many cores' time each group is given."""
    for group in _groups("cpu"):
        with suppress(OSError, ValueError):
            # `max 100000` where there is no limit.
            quota, period = (group / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with suppress(OSError, ValueError):  # version 1; -1 where there is no limit
            quota, period = (_text(group / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
            if int(quota) > 0:
                yield int(quota) / int(period)


def _memory_left() -> Iterator[int]:
    """What each group's limit leaves; what was read from files is given back when it is needed."""
    for group in _groups("memory"):
        for most, used, cached in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            with suppress(OSError, ValueError):
                left = int(_text(group / most)) - int(_text(group / used))
                known = dict(line.split() for line in _text(group / "memory.stat").splitlines())
                yield left + int(known.get(cached, 0))


def _groups(controller: str) -> Iterator[Path]:
    """The folders of the groups that the process is in, from the inmost to the outmost.

    Within a container the group's own path may not be there: then the outmost is the container's.
    """
    with suppress(OSError):
        for line in MEMBERSHIP.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "" or controller in controllers.split(","):
                root = CONTROL_GROUPS / controllers
                own = root / path.lstrip("/")
                yield from (own, *(g for g in own.parents if g.is_relative_to(root)))


def _text(path: Path) -> str:
    return path.read_text().strip()
