"""SIGINT and SIGTERM: a checkpoint is kept, the exit code says which, no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from structbench.store.runs import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

COMMAND = [sys.executable, "-m", "structbench"]
SIZES = ["--set", "data={train_size: 4000, test_size: 500}", "--set", "training.epochs=500"]


def started(arguments: list[str], runs: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments, *SIZES, "--runs-dir", str(runs)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for_checkpoints(runs: Path, number: int) -> None:
    while len({path.parent for path in runs.glob("*/checkpoint-*")}) < number:
        time.sleep(0.05)


def require_nothing_left(process: subprocess.Popen[str], runs: Path) -> None:
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    assert not [p for p in runs.rglob(".*") if p.is_file()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True])
def test_a_comparison_with_four_jobs(tmp_path: Path, number: int, whole_group: bool) -> None:
    process = started(["compare", "linear", "fnn", "--seeds", "2", "--jobs", "4"], tmp_path)
    wait_for_checkpoints(tmp_path, 4)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert stdout == ""
    assert "Traceback" not in stderr
    assert "the same command goes on from there" in stderr
    require_nothing_left(process, tmp_path)
    states = [entry.state for entry in Store(tmp_path).entries()]
    assert states == ["unfinished"] * 4, "none counts as failed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training(tmp_path: Path, number: int) -> None:
    process = started(["train", "fnn"], tmp_path)
    wait_for_checkpoints(tmp_path, 1)
    os.kill(process.pid, number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "goes on from the last finished epoch" in stderr
    require_nothing_left(process, tmp_path)


def test_killed_outright_it_leaves_no_process(tmp_path: Path) -> None:
    process = started(["compare", "linear", "fnn", "--seeds", "2", "--jobs", "4"], tmp_path)
    wait_for_checkpoints(tmp_path, 4)
    process.kill()
    process.communicate(timeout=60)
    while True:  # its processes end at their next look at the loss
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)


@pytest.mark.parametrize("after", [0.02, 0.05, 0.1, 0.2, 0.4])
def test_ctrl_c_while_it_starts_shows_no_traceback(after: float) -> None:
    # What Python itself does before it runs any of our code is not ours to catch.
    code = (
        "import os, signal, threading, time\n"
        "def stop():\n"
        f"    time.sleep({after})\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=stop, daemon=True).start()\n"
        "from structbench.__main__ import main\n"
        "import sys\nsys.argv = ['structbench', 'models']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "in main" not in done.stderr, done.stderr
    assert done.returncode in (0, 130, -signal.SIGINT)
