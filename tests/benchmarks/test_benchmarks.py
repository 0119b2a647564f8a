"""The benchmark runs and says what it should; how fast anything is, is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.arithmetic import lecture_structure, training_flops
from tests.benchmarks.contestants.convention import PARAMETERS
from tests.benchmarks.process import ROOT
from tests.benchmarks.spread import Spread


def test_quick(tmp_path: Path) -> None:
    output = tmp_path / "benchmark.json"
    peers = ("structbench", "dataloader")
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--model", "fnn"]
    command += [f"--peer={name}" for name in peers] + ["--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    assert found["left_out"] == found["failed"] == {}
    assert found["matrix_product_gflops"]["n"] == 1
    assert tuple(found["models"]) == ("fnn",)
    rows = found["models"]["fnn"]
    assert tuple(rows) == peers
    assert {row["parameters"] for row in rows.values()} == {PARAMETERS["fnn"]}
    for name, row in rows.items():
        assert name in done.stdout
        assert row["later_epoch_seconds"] is None
        assert 0 < row["first_epoch_seconds"]["median"] < row["command_seconds"]["median"]
        assert row["peak_mb"]["median"] > 0
        assert row["misclassification"]["median"] < 0.3  # untrained: 0.9
    assert rows["structbench"]["ratio"]["structbench"]["median"] == 1
    assert rows["structbench"]["share"]["median"] > 0
    assert rows["dataloader"]["share"] is None


def test_operations_of_a_training_image_by_hand() -> None:
    cnn, fnn = (lecture_structure(model) for model in PARAMETERS)
    assert (cnn.parameters, fnn.parameters) == tuple(PARAMETERS.values())
    conv1, conv2 = 28 * 28 * 32 * 9, 14 * 14 * 64 * 32 * 9
    assert training_flops(cnn) == 4 * conv1 + 6 * (conv2 + 3136 * 128 + 128 * 10)
    assert training_flops(fnn) == 4 * 784 * 512 + 6 * (512 * 32 + 32 * 10)


def test_a_spread_in_words() -> None:
    assert Spread.of([3.0, 1.0, 2.0]).text(".0f") == "2 (1 … 3)"
    assert Spread.of([0.5]).text(scale=100) == "50.00"
