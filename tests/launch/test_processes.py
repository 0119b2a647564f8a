"""Runs in processes, whoever calls and however those end."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from structbench.errors import ConfigError, RunFailed
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.launch.execution import Execution
from structbench.launch.launchers import launch
from structbench.models.plugins import load_plugin

# As a notebook's cell or a first script: nothing keeps it from being run again on import.
SCRIPT = """
print("begins")
from structbench import compare, load_comparison
spec = load_comparison(
    ["linear", "fnn"],
    ["seeds=2", "models.fnn.hidden=[8]", "data={train_size: 200, test_size: 100}",
     "training.epochs=1"],
)
print(compare(spec, runs_dir="runs", jobs=2, threads=1).name)
"""
PLUGIN = """
from pathlib import Path
from typing import Literal
from torch import nn
from structbench import TorchModel
class Mine(TorchModel):
    family: Literal["of_processes"] = "of_processes"
    def network(self, problem):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
"""


def ended(*words: str, cwd: Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=cwd, input=given, capture_output=True, text=True, check=False
    )


def test_a_script_without_a_guard_is_run_once(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = ended("script.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    begins, name = done.stdout.split()
    assert begins == "begins"
    assert (tmp_path / "runs" / name / "report.html").is_file()


def test_a_script_that_is_its_own_plugin_is_told_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        f"{PLUGIN}\nfrom structbench import load_plugin\nload_plugin(Path(__file__))\n"
        + SCRIPT.replace('"linear", "fnn"', '"linear", "of_processes"').replace(
            '"models.fnn.hidden=[8]", ', ""
        )
    )
    done = ended("script.py", cwd=tmp_path)
    assert done.returncode == 1
    assert 'within `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("runs/*/failure.json"))


@pytest.fixture
def no_python() -> Iterator[None]:
    """Processes that end as soon as they are started."""
    resource_tracker.ensure_running()  # which is started with the same executable
    multiprocessing.set_executable("/bin/false")
    yield
    multiprocessing.set_executable(sys.executable)


@pytest.mark.skipif(not Path("/bin/false").exists(), reason="POSIX")
def test_a_process_that_cannot_start_is_not_remembered_against_its_run(
    tiny: Experiment, tmp_path: Path, no_python: None
) -> None:
    runs = [make_run(tiny.model_copy(update={"seed": seed}), "cpu", tmp_path) for seed in range(3)]
    execution = Execution(runs_dir=tmp_path / "runs", jobs=2, threads=1)
    found = list(launch(runs, execution))
    assert [str(f.error) for f in found] == ["its process could not start (exit code 1)"] * 3
    assert not any(isinstance(f.error, RunFailed) for f in found)
    assert not list(tmp_path.glob("runs/*/failure.json"))


def test_a_plugin_that_has_changed_to_worse_meanwhile_is_said_once(
    tiny: Experiment, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    load_plugin(path)
    path.write_text("1/0")
    runs = [make_run(tiny.model_copy(update={"seed": seed}), "cpu", tmp_path) for seed in range(2)]
    with pytest.raises(ConfigError, match=r"mine\.py fails: ZeroDivisionError"):
        list(launch(runs, Execution(runs_dir=tmp_path / "runs", jobs=2, threads=1)))
