"""What the processes that perform runs share: the server they are forked from imports this module.

torch takes 1.7 s to load and MNIST 0.4 s to unpack. A process that is forked has both after 0.03 s,
and in the same memory as the others. Nothing is computed here: no thread of torch survives a fork.
"""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from structbench.data import DATASETS
from structbench.machine.threads import wait_asleep

VARIABLE = "STRUCTBENCH_SHARED"


@contextmanager
def shared(datasets: Sequence[str], folder: Path) -> Iterator[None]:
    """A server that is started within reads these data sets."""
    os.environ[VARIABLE] = json.dumps([list(datasets), str(folder.absolute())])
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def _load() -> None:
    wait_asleep()
    import structbench.perform  # noqa: F401

    datasets, folder = json.loads(os.environ.pop(VARIABLE))
    for name in datasets:
        DATASETS[name].read(Path(folder))
    # What is never looked at for garbage is not written to, and stays shared.
    gc.freeze()


if VARIABLE in os.environ:
    # It was started with stops ignored; what a program forks from it later is to hear them.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(Exception):  # told by the run that needs it
        _load()
