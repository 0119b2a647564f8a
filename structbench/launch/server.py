"""What processes that perform runs are forked from: a server that has loaded what they share.

torch takes 1.7 s to load and MNIST 0.4 s to unpack. A process that is forked has both after 0.03 s,
and in the same memory as the others. The server imports this module and computes nothing: no thread
or lock of torch is copied half-way.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from structbench.data.own.places import named_places, remember
from structbench.data.spec import DataSpec
from structbench.data.specs import data_spec
from structbench.machine.hashes import fixed_hashes
from structbench.machine.signals import ignored
from structbench.machine.threads import wait_asleep

VARIABLE = "STRUCTBENCH_SERVER"

# Those that were started here.
_ours = set[int]()


def can_fork(device: str) -> bool:
    """Whether a process that has torch loaded survives a fork: not with CUDA, nor with Apple's
    libraries; elsewhere there is none."""
    return sys.platform == "linux" and device == "cpu"


def runs(data: Iterable[DataSpec], folder: Path) -> bool:
    """Start the server, if it does not run yet; it ends with this process.

    data: what describes the data sets that it reads, from the folder where they are kept

    False where the program has one of its own, which may have done anything. OSError where it
    cannot be started.
    """
    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None and server._forkserver_pid not in _ours:
        return False
    multiprocessing.set_forkserver_preload([__name__])
    os.environ[VARIABLE] = json.dumps([_different(data), str(folder.absolute()), _places()])
    try:
        with ignored(), fixed_hashes():
            forkserver.ensure_running()
    finally:
        del os.environ[VARIABLE]
    _ours.add(server._forkserver_pid)
    return True


def _different(data: Iterable[DataSpec]) -> list[Any]:
    """One description of each data set, for JSON."""
    return [spec.model_dump(mode="json") for spec in {spec.dataset: spec for spec in data}.values()]


def _places() -> dict[str, str]:
    """Where data of one's own lie."""
    return {sha256: str(path) for sha256, path in named_places().items()}


def _load() -> None:
    wait_asleep()
    import structbench.perform  # noqa: F401

    data, folder, places = json.loads(os.environ.pop(VARIABLE))
    remember({sha256: Path(path) for sha256, path in places.items()})
    for described in data:
        data_spec(described).dataset.read(Path(folder))  # which keeps it for who asks again
    # What is never looked at for garbage is not written to, and stays shared.
    gc.freeze()


if VARIABLE in os.environ:
    # It was started with stops ignored; what a program forks from it later is to hear them.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(Exception):  # told by the run that needs it
        _load()
