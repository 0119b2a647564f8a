"""Several runs: one after another, and in processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from structbench.errors import ConfigError, Interrupted, RunFailed
from structbench.experiment.run import Run, make_run
from structbench.experiment.schema import Experiment
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.launchers import Observer, launch
from structbench.store.runs import Store
from structbench.training.progress import Progress


@pytest.fixture
def four(tiny: Experiment, tmp_path: Path) -> list[Run]:
    seeds = [tiny.model_copy(update={"seed": seed}) for seed in range(4)]
    return [make_run(experiment, "cpu", tmp_path) for experiment in seeds]


def performed(store: Store, **how: Any) -> Execution:
    return Execution(runs_dir=store.root, **how)


def weights(store: Store, run: Run) -> bytes:
    return (store.folder(run) / "weights.safetensors").read_bytes()


def test_processes_give_the_bits_of_one_after_another(four: list[Run], tmp_path: Path) -> None:
    stores = [Store(tmp_path / name) for name in ("one", "two")]
    for store, jobs in zip(stores, (1, 2), strict=True):
        found = list(launch(four, performed(store, threads=1, jobs=jobs)))
        assert {f.run.id for f in found} == {run.id for run in four}
        assert all(f.error is None for f in found)
    one, two = stores
    assert all(weights(one, run) == weights(two, run) for run in four)


class Events(Observer):
    def __init__(self) -> None:
        self.steps: list[str] = []
        self.ended: list[str] = []

    def step(self, run: Run, progress: Progress) -> None:
        self.steps.append(run.id)

    def done(self, finished: Attempt) -> None:
        self.ended.append(finished.run.id)


@pytest.mark.parametrize("jobs", [1, 2])
def test_finished_runs_are_found_and_the_watch_is_told(
    four: list[Run], tmp_path: Path, jobs: int
) -> None:
    store = Store(tmp_path / "runs")
    list(launch(four[:2], performed(store)))
    events = Events()
    list(launch(four, performed(store, jobs=jobs), events))
    assert set(events.steps) == {run.id for run in four[2:]}
    assert sorted(events.ended) == sorted(run.id for run in four)
    assert events.ended[:2] == [run.id for run in four[:2]]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_fails_does_not_keep_the_others(
    four: list[Run], tmp_path: Path, jobs: int
) -> None:
    wild = four[0].experiment.model_dump(mode="json")
    wild["training"]["optimizer"]["learning_rate"] = 1e30
    runs = [make_run(Experiment.model_validate(wild), "cpu", tmp_path), *four[1:]]
    execution = performed(Store(tmp_path / "runs"), jobs=jobs)
    found = {f.run.id: f for f in launch(runs, execution)}
    assert "the training loss is nan" in str(found[runs[0].id].error)
    assert all(found[run.id].outcome for run in runs[1:])


class Killer(Observer):
    """Kills one of the processes as soon as the first is heard of."""

    def __init__(self) -> None:
        self.killed = ""

    def step(self, run: Run, progress: Progress) -> None:
        if not self.killed:
            self.killed = run.id
            os.kill(_children()[0], signal.SIGKILL)


def _children() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_a_killed_process_takes_its_own_run_and_no_other(four: list[Run], tmp_path: Path) -> None:
    longer = [
        make_run(
            run.experiment.model_copy(
                update={"training": run.experiment.training.model_copy(update={"epochs": 60})}
            ),
            "cpu",
            tmp_path,
        )
        for run in four
    ]
    store = Store(tmp_path / "runs")
    found = {f.run.id: f for f in launch(longer, performed(store, threads=1, jobs=2), Killer())}
    failed = [f for f in found.values() if f.error]
    assert [type(f.error) for f in failed] == [RunFailed]
    assert "its process died" in str(failed[0].error)
    assert sum(f.outcome is not None for f in found.values()) == 3
    known = [f for f in launch(longer, performed(store)) if f.error]
    assert [str(f.error) for f in known] == [str(failed[0].error)], "remembered, not tried again"
    again = list(launch(longer, performed(store, retry_failed=True)))
    assert all(f.outcome for f in again), "the failed run goes on from its checkpoint"


class Stop(Observer):
    def step(self, run: Run, progress: Progress) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_no_process_and_the_next_call_goes_on(
    four: list[Run], tmp_path: Path, jobs: int
) -> None:
    store = Store(tmp_path / "runs")
    with pytest.raises(Interrupted, match="stopped"):
        list(launch(four, performed(store, jobs=jobs), Stop()))
    assert not _children()
    assert all(f.outcome for f in launch(four, performed(store)))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"launcher": "rya"}, "no launcher 'rya'; did you mean 'ray'"),
        ({"launcher": "ray", "jobs": 2}, "--jobs is for --launcher processes, not for ray"),
        ({"launcher": "serial", "jobs": 2}, "--jobs is for --launcher processes, not for serial"),
    ],
)
def test_a_launcher_is_asked_for_what_it_can_do(
    four: list[Run], tmp_path: Path, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        list(launch(four, performed(Store(tmp_path / "runs"), **asked)))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"cpus_per_run": 2, "launcher": "processes"}, "--cpus-per-run is for --launcher ray, not"),
        ({"gpus_per_run": 0.5}, "--gpus-per-run is for --launcher ray"),
        ({"address": "10.0.0.1:6379", "launcher": "ray"}, "known: auto, local, ray://HOST:PORT"),
        ({"launcher": "ray", "gpus_per_run": float("nan")}, "--gpus-per-run nan: at least 0"),
        ({"jobs": 0}, "--jobs 0: at least 1"),
        ({"threads": 5000}, "--threads 5000: at most 1024"),
        ({"job": 2}, "no keyword 'job'; did you mean 'jobs'"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Execution.of(asked)


def test_what_is_asked_of_a_cluster() -> None:
    def on_ray(**asked: Any) -> Execution:
        return Execution(launcher="ray", **asked)

    assert on_ray().run_device == "cpu"
    assert on_ray(gpus_per_run=0.25).run_device == "cuda"
    assert on_ray(device="cuda").run_device == "cuda", "the machine that asks needs no GPU"
    assert on_ray().share("cpu") == {"num_cpus": 1, "num_gpus": 0}
    assert on_ray().share("cuda") == {"num_cpus": 1, "num_gpus": 1}
    assert on_ray(gpus_per_run=0.25).share("cuda") == {"num_cpus": 1, "num_gpus": 0.25}


def test_where_ray_is_missing_it_is_said_how_to_install_it(
    four: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r'pip install "ray\[client\]>=2.40"'):
        list(launch(four, performed(Store(tmp_path), launcher="ray")))
    assert not list(tmp_path.iterdir())
