"""A command in a fresh process: what it printed, how long it took, how much memory it had."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.benchmarks.together import Peak

ROOT = Path(__file__).parents[2]

# ru_maxrss is in bytes on macOS, in units of 1,024 bytes elsewhere.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class CommandFailed(Exception):
    """A command ended with something other than 0; says with what and its last line."""


@dataclass(frozen=True)
class Attempt:
    """A command that succeeded.

    peak_mb: largest resident memory of the process or of one of its children, in 10⁶ bytes;
        processes at work at the same time are not added up
    together_mb: the most that the process and all that came from it held together, what they
        share counted once (`together.Peak`); None where the system does not say
    """

    stdout: str
    seconds: float
    peak_mb: float
    together_mb: float | None


def finish(*arguments: str, root: Path = ROOT) -> Attempt:
    """Run `python ARGUMENTS …` in a checkout and wait for it; CommandFailed if it fails.

    Linux counts the memory of the process that starts another as the other's own until it has
    its program: so nothing that measures imports torch (70 MB so, with pydantic and rich).
    """
    with TemporaryFile() as stdout, TemporaryFile() as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=root, env=_within(root), stdout=stdout, stderr=stderr
        )
        try:
            with Peak(process.pid) as peak:
                _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [_text(file) for file in (stdout, stderr)]
    if process.returncode:
        last = next(iter(texts[1].strip().splitlines()[-1:]), "")
        raise CommandFailed(f"exit code {process.returncode}: {last}")
    return Attempt(texts[0], seconds, usage.ru_maxrss * MAXRSS_UNIT / 1e6, peak.mb)


def structbench(*arguments: str | Path) -> Attempt:
    """Run the command line."""
    return finish("-m", "structbench", *map(str, arguments))


def _within(root: Path) -> dict[str, str]:
    """The environment, with the modules of this checkout before all others."""
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
