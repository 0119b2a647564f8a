"""Another process that wants a core: `python -m tests.benchmarks.busy PARENT SECONDS` spins.

It ends with its parent, however that ends, or after so many seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.process import ROOT

LIMIT = 2 * 3600  # seconds; longer than any turn should take


@contextmanager
def busy() -> Iterator[None]:
    """A process spins while this lasts; RuntimeError if it did not last as long."""
    command = (sys.executable, "-m", "tests.benchmarks.busy", str(os.getpid()), str(LIMIT))
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError("the busy process ended before what it should have been beside")
    finally:
        process.kill()
        process.wait()


def spin(parent: int, seconds: float) -> None:
    """Compute without pause, looking up every few milliseconds."""
    end = time.monotonic() + seconds
    while os.getppid() == parent and time.monotonic() < end:
        sum(range(100_000))


if __name__ == "__main__":
    spin(int(sys.argv[1]), float(sys.argv[2]))
