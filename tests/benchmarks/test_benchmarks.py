"""The benchmark runs and says what it should; how fast anything is, is not tested."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.arithmetic import lecture_structure, training_flops
from tests.benchmarks.contestants.convention import PARAMETERS
from tests.benchmarks.job_rounds import BUSY, QUIET, JobTurn, job_standings
from tests.benchmarks.jobs import JOBS, REFERENCE, Peer, StructBench
from tests.benchmarks.process import ROOT, finish
from tests.benchmarks.results import standings
from tests.benchmarks.rounds import Measured, Plan, Turn
from tests.benchmarks.spread import Spread
from tests.benchmarks.together import pss


def test_quick(tmp_path: Path) -> None:
    output = tmp_path / "benchmark.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--model=fnn"]
    command += ["--peer=dataloader", f"--output={output}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    assert found["left_out"] == found["failed"] == {}
    assert found["matrix_product_gflops"]["n"] == 1
    assert "dataloader" in done.stdout
    row = found["models"]["fnn"]["dataloader"]
    assert row["parameters"] == PARAMETERS["fnn"]
    assert row["later_epoch_seconds"] is None
    assert 0 < row["first_epoch_seconds"]["median"] < row["command_seconds"]["median"]
    assert row["peak_mb"]["median"] > 0
    assert row["misclassification"]["median"] < 0.7  # untrained: 0.9
    assert row["ratio"] == {}  # StructBench took no part


def test_what_epochs_took() -> None:
    def turn(index: int, who: str, *seconds: float) -> Turn:
        return Turn(index, "fnn", who, seconds, 9.0, 300.0, 0.02, PARAMETERS["fnn"])

    who = ("structbench", "jax")
    plan = Plan(["fnn"], who, rounds=2, epochs=2, examples=600, products=1, device="cpu")
    turns = [turn(0, who[0], 4, 2), turn(0, who[1], 9, 6), turn(1, who[1], 9, 8)]
    ours, jax = standings(plan, Measured(turns, gflops=[10, 20]))["fnn"].values()
    assert ours.ratio == {"structbench": Spread.of([1.0])}
    assert jax.ratio == {"structbench": Spread.of([3.0])}  # in rounds of both, later epochs
    assert jax.images_per_second == Spread.of([100, 75])
    assert jax.share is None
    rate = 600 * training_flops(lecture_structure("fnn")) / 2 / 1e9
    assert ours.share
    assert ours.share.median == pytest.approx(rate / 10)


def test_operations_of_a_training_image_by_hand() -> None:
    cnn, fnn = (lecture_structure(model) for model in PARAMETERS)
    assert (cnn.parameters, fnn.parameters) == tuple(PARAMETERS.values())
    conv1, conv2 = 28 * 28 * 32 * 9, 14 * 14 * 64 * 32 * 9
    assert training_flops(cnn) == 4 * conv1 + 6 * (conv2 + 3136 * 128 + 128 * 10)
    assert training_flops(fnn) == 4 * 784 * 512 + 6 * (512 * 32 + 32 * 10)


def test_a_spread_in_words() -> None:
    assert Spread.of([3.0, 1.0, 2.0]).text(".0f") == "2 (1 … 3)"
    assert Spread.of([0.5]).text(scale=100) == "50.00"


def test_a_whole_job(tmp_path: Path) -> None:
    output = tmp_path / "job.json"
    command = [sys.executable, "-m", "tests.benchmarks.job", "--quick", "--quiet"]
    command += ["--job=train-fnn", "--peer=structbench", f"--output={output}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    row = found["standings"]["train-fnn"]["structbench"]
    assert row["seconds"]["quiet"]["n"] == row["ratio"]["quiet"]["median"] == 1
    assert row["slower"] is None  # it was not measured beside a busy process
    assert row["misclassification"]["fnn"] < 0.7  # untrained: 0.9
    assert "structbench train fnn --set=training.epochs=1" in done.stdout


def test_a_job_is_asked_of_all_alike() -> None:
    job = JOBS["compare-lecture"].quick(500).of(seeds=2)
    words = StructBench(["--jobs=1"]).arguments(job, Path("kept"))
    assert words[:4] == ("-m", "structbench", "compare", "lecture")
    assert {"--seeds=2", "--set=training.epochs=1", "--set=data.train_size=500"} < {*words}
    assert words[-3:] == ("--jobs=1", "--runs-dir", "kept")
    assert Peer("dataloader").arguments(job, Path())[2:] == ("cnn,fnn", "1", "500", "cpu", "2")
    plain = StructBench().arguments(JOBS["compare-lecture"], Path("kept"))
    assert plain == ("-m", "structbench", "compare", "lecture", "--runs-dir", "kept")


def test_what_a_job_took() -> None:
    def turn(index: int, beside: str, who: str, seconds: float) -> JobTurn:
        return JobTurn(index, "train-fnn", beside, who, seconds, None, {"fnn": 0.02})

    quiet = [turn(0, QUIET, REFERENCE, 2), turn(0, QUIET, "jax", 6), turn(1, QUIET, "jax", 9)]
    rows = job_standings([*quiet, turn(0, BUSY, "jax", 18)])
    assert tuple(rows) == (REFERENCE, "jax")
    assert rows["jax"].ratio == {QUIET: Spread.of([3.0]), BUSY: None}  # in rounds of both
    assert rows["jax"].slower == Spread.of([3.0])
    assert rows["jax"].seconds[QUIET] == Spread.of([6, 9])
    assert rows["jax"].together_mb is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone says what processes share")
def test_memory_of_a_process_and_its_child_together() -> None:
    child = "held = bytearray(b'x' * 50_000_000); print(flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    command, pipe = [sys.executable, "-c", parent], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        assert 50e6 < pss(process.pid) < 90e6
        process.communicate(b"\n")
    assert pss(process.pid) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a parent's end is not told there")
def test_the_busy_process_ends_with_its_parent() -> None:
    parent = (
        "import os, signal\n"
        "from tests.benchmarks.busy import busy\n"
        "with busy():\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    # Its output ends when the last process that could write there has ended: the busy one.
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, timeout=60
    )
    assert done.returncode == -signal.SIGKILL


def test_a_command_of_another_checkout(tmp_path: Path) -> None:
    (tmp_path / "structbench.py").write_text("print('the other one')")
    assert finish("-m", "structbench", root=tmp_path).stdout == "the other one\n"
    assert "Usage" in finish("-m", "structbench", "--help").stdout
