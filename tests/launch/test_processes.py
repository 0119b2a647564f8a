"""Runs in processes, whoever calls and however those end."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import numpy as np
import pytest

from structbench import load_experiment
from structbench.errors import ConfigError, RunFailed
from structbench.experiment.run import Run, make_run
from structbench.experiment.schema import Experiment
from structbench.launch import processes
from structbench.launch.execution import Execution
from structbench.launch.launchers import Observer, launch
from structbench.launch.worker import Worker
from structbench.models.plugins import load_plugin
from structbench.store.runs import Store
from structbench.training.progress import Progress

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
def three(tiny: Experiment, tmp_path: Path) -> list[Run]:
    seeds = [tiny.model_copy(update={"seed": seed}) for seed in range(3)]
    return [make_run(experiment, "cpu", tmp_path) for experiment in seeds]


@pytest.fixture
def no_python() -> Iterator[None]:
    """Processes that end as soon as they are started."""
    resource_tracker.ensure_running()  # which is started with the same executable
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
    multiprocessing.set_executable("/bin/false")
    yield
    multiprocessing.set_executable(sys.executable)
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


@pytest.mark.skipif(not Path("/bin/false").exists(), reason="POSIX")
@pytest.mark.parametrize("forks", [True, False])
def test_a_process_that_cannot_start_is_not_remembered_against_its_run(
    three: list[Run],
    tmp_path: Path,
    no_python: None,
    monkeypatch: pytest.MonkeyPatch,
    forks: bool,
) -> None:
    monkeypatch.setattr("structbench.launch.server.can_fork", lambda device: forks)
    execution = Execution(runs_dir=tmp_path / "runs", jobs=2, threads=1)
    found = list(launch(three, execution))
    assert [str(f.error) for f in found] == ["its process could not start (exit code 1)"] * 3
    assert not any(isinstance(f.error, RunFailed) for f in found)
    assert not list(tmp_path.glob("runs/*/failure.json"))


@pytest.fixture
def of_ones_own(tmp_path: Path) -> Run:
    """A run of 40 images in a file."""
    images = np.random.default_rng(0).integers(0, 256, (40, 5, 5), dtype=np.uint8)
    np.savez(tmp_path / "mes images.npz", images=images, labels=np.arange(40) % 2)
    asked = ("training.epochs=1",)
    experiment = load_experiment("linear", asked, data=tmp_path / "mes images.npz")
    return make_run(experiment, "cpu", tmp_path)


def test_where_there_is_no_fork_the_bits_are_the_same(
    three: list[Run], of_ones_own: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three, found = [*three, of_ones_own], []
    for forks in (True, False):
        monkeypatch.setattr("structbench.launch.server.can_fork", lambda device, f=forks: f)
        store = Store(tmp_path / str(forks))
        assert all(f.outcome for f in launch(three, Execution(runs_dir=store.root, jobs=2)))
        found.append([(store.folder(r) / "weights.safetensors").read_bytes() for r in three])
    assert found[0] == found[1]


def test_where_no_more_processes_can_be_started_those_there_are_do_it_all(
    three: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[int]()

    def few(execution: Execution, forked: bool) -> Worker:
        if len(started) == most:
            raise OSError(24, "Too many open files")
        started.append(1)
        return Worker(execution, forked)

    monkeypatch.setattr(processes, "Worker", few)
    most = 1
    assert all(f.outcome for f in launch(three, Execution(runs_dir=tmp_path / "one", jobs=3)))
    most = len(started)
    with pytest.raises(ConfigError, match=r"no process can be started \(.*Too many open files\)"):
        list(launch(three, Execution(runs_dir=tmp_path / "none", jobs=3)))


def test_a_program_that_has_a_fork_server_of_its_own_keeps_it(tmp_path: Path) -> None:
    script = SCRIPT.replace(
        'print("begins")',
        "import multiprocessing, multiprocessing.forkserver as server\n"
        "server.ensure_running()\nown = server._forkserver._forkserver_pid",
    )
    (tmp_path / "script.py").write_text(
        f"{script}\nassert server._forkserver._forkserver_pid == own\n"
        "assert server._forkserver._preload_modules == ['__main__']\n"
    )
    done = ended("script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


class Killer(Observer):
    """Kills each process of a run the first time, or always, that it is heard of."""

    def __init__(self, run: Run, always: bool):
        self.run, self.always, self.kills = run, always, 0

    def step(self, run: Run, progress: Progress) -> None:
        if run.id == self.run.id and (self.always or not self.kills):
            self.kills += 1
            for child in multiprocessing.active_children():
                child.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
@pytest.mark.parametrize("always", [False, True])
def test_a_run_whose_process_died_comes_again_once_where_nobody_asked_for_so_many(
    tiny: Experiment, tmp_path: Path, always: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("structbench.launch.room.cores", lambda: 1)
    training = tiny.training.model_copy(update={"epochs": 60})
    run = make_run(tiny.model_copy(update={"training": training}), "cpu", tmp_path)
    killer = Killer(run, always)
    how = Execution(runs_dir=tmp_path / "runs", launcher="processes")
    (found,) = launch([run], how, killer)
    assert killer.kills == (2 if always else 1)
    assert bool(found.outcome) is not always
    assert isinstance(found.error, RunFailed) is always


class Order(Observer):
    def __init__(self) -> None:
        self.begun: list[str] = []

    def step(self, run: Run, progress: Progress) -> None:
        if run.id not in self.begun:
            self.begun.append(run.id)


def test_the_longest_come_first(tiny: Experiment, tmp_path: Path) -> None:
    def of(epochs: int) -> Run:
        training = tiny.training.model_copy(update={"epochs": epochs})
        return make_run(tiny.model_copy(update={"training": training}), "cpu", tmp_path)

    runs, order = [of(epochs) for epochs in (1, 3, 2)], Order()
    how = Execution(runs_dir=tmp_path / "runs", launcher="processes", jobs=1)
    assert len(list(launch(runs, how, order))) == 3
    assert order.begun == [runs[1].id, runs[2].id, runs[0].id]


def test_a_process_has_the_environment_of_its_command_not_of_the_first_one(
    three: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, witness = tmp_path / "mine.py", tmp_path / "witness"
    plugin.write_text(
        f"{PLUGIN}\nimport os\nPath({str(witness)!r}).write_text(os.environ.get('SAID', 'none'))\n"
    )
    monkeypatch.setenv("SAID", "first")
    load_plugin(plugin)
    execution = Execution(runs_dir=tmp_path / "runs", launcher="processes", jobs=1)
    assert next(launch(three[:1], execution)).outcome
    assert witness.read_text() == "first"
    monkeypatch.setenv("SAID", "second")
    assert next(launch(three[1:2], execution)).outcome
    assert witness.read_text() == "second"
    monkeypatch.delenv("SAID")
    assert next(launch(three[2:], execution)).outcome
    assert witness.read_text() == "none"


def test_within_a_pool_runs_come_one_after_another(tmp_path: Path) -> None:
    script = SCRIPT.replace('print("begins")', "import multiprocessing").replace(
        'print(compare(spec, runs_dir="runs", jobs=2, threads=1).name)',
        "def name(jobs):\n"
        '    return compare(spec, runs_dir="runs", jobs=jobs).name\n'
        'if __name__ == "__main__":\n'
        '    with multiprocessing.get_context("spawn").Pool(1) as pool:\n'
        "        print(pool.apply(name, [None]))\n"
        '        [path.unlink() for path in Path("runs").glob("fnn-*/outcome.json")]\n'
        "        pool.apply(name, [2])\n",
    )
    (tmp_path / "script.py").write_text(f"from pathlib import Path\n{script}")
    done = ended("script.py", cwd=tmp_path)
    assert done.stdout.startswith("compare-linear-fnn-")
    assert "may start no others: leave out jobs" in done.stderr.splitlines()[-1]


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
