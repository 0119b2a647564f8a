"""How a process ends: quickly, but with all that Python does at its end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading, time, types
from structbench.machine.exit import leave
if {torch}:
    sys.modules["torch"] = types.ModuleType("torch")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
atexit.register(print, "atexit")
print("main")
leave({code!r})
"""


@pytest.mark.parametrize("torch", [False, True])
@pytest.mark.parametrize(("code", "expected"), [(None, 0), (5, 5), ("said", 1)])
def test_nothing_is_cut_off(torch: bool, code: str | int | None, expected: int) -> None:
    program = PROGRAM.format(torch=torch, code=code)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == expected
    assert ended.stdout.split() == ["main", "thread", "atexit"]
    assert ended.stderr == ("said\n" if code == "said" else "")


def test_a_pipe_that_nobody_reads_is_no_traceback() -> None:
    program = PROGRAM.format(torch=True, code=3)
    buffered = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=buffered,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 3, said
        assert said == ""
