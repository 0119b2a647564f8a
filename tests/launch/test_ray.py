"""Several runs on a Ray cluster of two nodes, both on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from structbench import load_experiment
from structbench.errors import ConfigError, Interrupted, Notice
from structbench.experiment.run import Run, make_run
from structbench.experiment.schema import Experiment
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.launchers import Observer, launch
from structbench.machine.files import read_json
from structbench.models import plugins
from structbench.store.runs import Store
from structbench.training.progress import Progress

ray = pytest.importorskip("ray", reason='needs Ray: pip install "ray[client]>=2.40"')


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a core each, and this process connected to the first."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster as Nodes

    before = signal.getsignal(signal.SIGTERM)  # which a node replaces, and so does ray.init
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    ray.init(nodes.address, logging_level="ERROR", log_to_driver=False)
    yield nodes
    ray.shutdown()
    nodes.shutdown()
    signal.signal(signal.SIGTERM, before)


def seeds(experiment: Experiment, number: int, epochs: int = 3) -> list[Run]:
    training = experiment.training.model_copy(update={"epochs": epochs})
    return [
        make_run(
            experiment.model_copy(update={"seed": seed, "training": training}), "cpu", Path("data")
        )
        for seed in range(number)
    ]


def performed(store: Store, **how: Any) -> Execution:
    return Execution(runs_dir=store.root, data_dir=Path("data"), **how)


def on_ray(runs: list[Run], execution: Execution, watch: Observer | None = None) -> list[Attempt]:
    return list(launch(runs, replace(execution, launcher="ray"), watch))


def content(store: Store, run: Run) -> dict[str, bytes]:
    """What is in a run's folder, but not when and how long."""
    folder = store.folder(run)
    dated = ("provenance.json", "history.jsonl", "outcome.json")
    files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
    return {name: b"" if name in dated else path.read_bytes() for name, path in files.items()}


def test_all_launchers_give_the_same_bits(cluster: Any, tiny: Experiment, tmp_path: Path) -> None:
    runs = seeds(tiny, 3)
    stores = {name: Store(tmp_path / name) for name in ("serial", "processes", "ray")}
    for name, store in stores.items():
        jobs = 2 if name == "processes" else None
        execution = performed(store, threads=1, launcher=name, jobs=jobs)
        found = list(launch(runs, execution))
        assert {f.run.id for f in found} == {run.id for run in runs}
        assert all(f.outcome for f in found), [f.error for f in found]
    for run in runs:
        serial, processes, on_cluster = (content(store, run) for store in stores.values())
        assert serial == processes == on_cluster
        outcome = stores["ray"].read(run.id)[1]
        assert outcome.summary.files
        (sitting,) = read_json(stores["ray"].folder(run) / "provenance.json")
        assert sitting["threads"] == 1
        assert "default_worker" not in sitting["command"]
    assert all(f.found for f in on_ray(runs, performed(stores["ray"])))


def test_data_of_ones_own_are_found_under_the_same_path(cluster: Any, tmp_path: Path) -> None:
    found, lost = (_of_ones_own(tmp_path / f"{name} images.npz") for name in ("mes", "tes"))
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    assert all(f.outcome for f in launch([found], performed(here, launcher="serial")))
    (tmp_path / "tes images.npz").rename(tmp_path / "elsewhere.npz")
    ended = {f.run.id: f for f in on_ray([found, lost], performed(there))}
    assert ended[found.id].outcome, ended[found.id].error
    assert content(here, found) == content(there, found)
    error = str(ended[lost.id].error)
    assert error.startswith("there is no file or folder")
    assert f"with SHA-256 {lost.data_digest[:12]}… were named: on " in error


def _of_ones_own(path: Path) -> Run:
    """A run of 40 images in a file."""
    rng = np.random.default_rng(path.name.encode()[0])
    np.savez(path, images=rng.integers(0, 256, (40, 5, 5), np.uint8), labels=np.arange(40) % 2)
    return seeds(load_experiment("linear", data=path), 1, epochs=1)[0]


def test_what_a_folder_holds_is_gone_on_from(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    stores = [Store(tmp_path / name) for name in ("whole", "parts")]
    (run,) = seeds(tiny, 1)
    list(launch([run], performed(stores[0], threads=1)))
    with pytest.raises(Interrupted):
        list(launch([run], performed(stores[1], threads=1), _After(1)))
    begun = (stores[1].folder(run) / "history.jsonl").read_text().splitlines()
    assert 1 <= len(begun) < 3
    (found,) = on_ray([run], performed(stores[1], threads=1))
    assert found.outcome
    assert [epoch.model_dump_json() for epoch in found.outcome.summary.history][
        : len(begun)
    ] == begun
    assert content(stores[0], run) == content(stores[1], run), "its checkpoints are gone too"
    more = make_run(
        run.experiment.model_copy(update={"conditions": ("clean", "invert")}), "cpu", tmp_path
    )
    weights = (stores[1].folder(run) / "weights.safetensors").stat().st_mtime_ns
    (found,) = on_ray([more], performed(stores[1]))
    assert found.outcome
    assert "invert" in stores[1].read(run.id)[1].predictions
    assert (stores[1].folder(run) / "weights.safetensors").stat().st_mtime_ns == weights


class _After(Observer):
    """Ctrl-C when an epoch after this one is under way."""

    def __init__(self, epoch: int):
        self.epoch = epoch

    def step(self, run: Run, progress: Progress) -> None:
        if progress.epoch > self.epoch:
            raise KeyboardInterrupt


def test_a_run_that_fails_does_not_keep_the_others(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    wild = tiny.model_dump(mode="json")
    wild["training"]["optimizer"]["learning_rate"] = 1e30
    runs = [*seeds(Experiment.model_validate(wild), 1), *seeds(tiny, 2)]
    store = Store(tmp_path / "runs")
    found = {f.run.id: f for f in on_ray(runs, performed(store))}
    assert "the training loss is nan" in str(found[runs[0].id].error)
    assert all(found[run.id].outcome for run in runs[1:])
    failed = [entry for entry in store.entries() if entry.state == "failed"]
    assert [entry.name for entry in failed] == [runs[0].id]


OWN = """
import os, signal, sys
from pathlib import Path
from typing import Literal
from torch import nn
from structbench import TorchModel
from parts.inner import OUTPUTS

class Own(TorchModel):
    family: Literal["own"] = "own"
    deadly: str = ""
    def network(self, problem):
        if self.deadly and "pytest" not in sys.modules:  # in a worker
            if not Path(self.deadly).exists():
                Path(self.deadly).write_text(__file__)
                os.kill(os.getpid(), signal.SIGKILL)
        return nn.Sequential(nn.Flatten(), nn.Linear(784, OUTPUTS))
"""


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """A model of the user's own, which can kill the first worker that builds it."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.py").write_text("OUTPUTS = 10\n")
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return plugins.load_plugin(path)[0]


def test_a_plugin_travels_as_content_and_a_dead_worker_costs_a_retry(
    cluster: Any, own: Any, tiny: Experiment, tmp_path: Path
) -> None:
    deadly = tiny.model_copy(update={"model": own(deadly=str(tmp_path / "killed"))})
    store = Store(tmp_path / "runs")
    (found,) = on_ray(seeds(deadly, 1), performed(store))
    assert found.outcome, found.error
    loaded_from = Path((tmp_path / "killed").read_text())
    assert loaded_from.name == "own.py"
    assert loaded_from.parent != tmp_path
    (run,) = store.entries()
    assert (run.state, run.reason) == ("finished", "")
    assert (store.root / run.name / "source" / "parts" / "inner.py.txt").is_file()


class _Kills(Observer):
    """Removes a node once it has heard that two runs are under way."""

    def __init__(self, nodes: Any, node: Any):
        self.nodes, self.node, self.heard = nodes, node, set[str]()

    def step(self, run: Run, progress: Progress) -> None:
        self.heard.add(run.id)
        if len(self.heard) == 2 and self.node:
            self.nodes.remove_node(self.node, allow_graceful=False)
            self.node = None


def test_a_node_that_dies_costs_a_retry(cluster: Any, tiny: Experiment, tmp_path: Path) -> None:
    node = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    watch = _Kills(cluster, node)
    store = Store(tmp_path / "runs")
    # Words come once a second: the runs must last longer, also on a quick machine.
    found = on_ray(seeds(tiny, 4, epochs=600), performed(store), watch)
    assert watch.node is None, "a node was killed"
    assert len(found) == 4
    assert all(f.outcome for f in found), [f.error for f in found]


class _Stops(Observer):
    def done(self, finished: Attempt) -> None:
        raise KeyboardInterrupt


def test_interrupted_it_keeps_what_is_finished_and_goes_on(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    runs = seeds(tiny, 6)
    store = Store(tmp_path / "runs")
    with pytest.raises(Interrupted, match="stopped"):
        on_ray(runs, performed(store), _Stops())
    assert [store.is_finished(run) for run in runs].count(True) == 1
    assert len(list(store.root.iterdir())) == 1, "nothing of the others, no lock either"
    found = on_ray(runs, performed(store))
    assert [f.found for f in found].count(True) == 1
    assert all(f.outcome for f in found)


def test_a_run_that_another_process_holds_is_waited_for_at_the_end(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    from tests.faults.test_lock import end, holder

    runs, store = seeds(tiny, 2), Store(tmp_path / "runs")
    with ExitStack() as held:
        process = holder(store.folder(runs[0]), 60)
        held.callback(end, process)
        waited = launch(runs, performed(store, launcher="ray"))
        assert next(waited).run == runs[1]
        threading.Timer(0.5, process.kill).start()
        with pytest.warns(Notice, match=f"held by process {process.pid} .*: waiting for it"):
            assert next(waited).outcome
        assert not list(waited)


def test_another_torch_on_a_node_is_refused(cluster: Any, tiny: Experiment, tmp_path: Path) -> None:
    (run,) = seeds(tiny, 1)
    (found,) = on_ray([replace(run, torch_version="1.0")], performed(Store(tmp_path)))
    assert isinstance(found.error, ConfigError)
    assert "the run is for torch 1.0" in str(found.error)


def test_a_device_that_a_node_lacks_is_refused_there(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    (run,) = seeds(tiny, 1)
    execution = performed(Store(tmp_path), launcher="ray", gpus_per_run=0)
    (found,) = on_ray([replace(run, device="mps")], execution)
    assert isinstance(found.error, ConfigError)
    assert "finds no such device here: on " in str(found.error)


def test_a_run_that_no_node_has_room_for_waits_and_says_so(
    cluster: Any, tiny: Experiment, tmp_path: Path
) -> None:
    store = Store(tmp_path / "runs")
    execution = performed(store, launcher="ray", cpus_per_run=64)
    waiting = launch(seeds(tiny, 1), execution)
    ctrl_c = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    ctrl_c.start()
    with (
        pytest.warns(Notice, match="no node of the Ray cluster has 64 CPU"),
        pytest.raises(Interrupted),
    ):
        next(waiting)
    ctrl_c.join()
    assert not list((tmp_path / "runs").iterdir())


def test_where_there_is_no_cluster_it_is_said_what_may_be_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from structbench.launch.ray import _connect

    class NoRay:
        """Fails as ray.init does after 30 s."""

        @staticmethod
        def init(address: str, **options: Any) -> None:
            raise ConnectionError("ray client connection timeout")

    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(ConfigError, match=r"at ray://there:1: .* set RAY_AUTH_MODE=token"):
        _connect(NoRay, "ray://there:1")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with (
        pytest.warns(Notice, match="connection timeout: starting one on this machine"),
        pytest.raises(ConnectionError),
    ):
        _connect(NoRay, "auto")
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with pytest.raises(ConfigError, match=r"at auto: ray client connection timeout$"):
        _connect(NoRay, "auto")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_driver_that_was_killed_goes_on_where_it_was(cluster: Any, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "structbench", "compare", "linear", "fnn", "--seeds", "4", "--quiet",
        "--set", "data={train_size: 500, test_size: 100}", "--set", "training.epochs=20",
        "--runs-dir", str(tmp_path), "--launcher", "ray",
    ]  # fmt: skip
    there = {**os.environ, "RAY_ADDRESS": cluster.address}
    with subprocess.Popen(command, env=there, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob("*/outcome.json")):
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.02)
        process.kill()
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/outcome.json")}
    assert 1 <= len(kept) < 8
    again = subprocess.run(command, env=there, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert len(list(tmp_path.glob("*/outcome.json"))) == 8
    assert kept == {path: path.stat().st_mtime_ns for path in kept}, "none was trained again"
    assert "Traceback" not in again.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_sigterm_ends_the_cluster_that_the_command_started(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "structbench", "compare", "linear", "fnn", "--seeds", "2",
        "--set", "training.epochs=200", "--runs-dir", str(tmp_path),
        "--launcher", "ray", "--address", "local",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            while not list(tmp_path.glob("*/.holder.json")):
                assert process.poll() is None
                time.sleep(0.1)
            begun = in_session(process.pid)
        finally:
            process.terminate()
        stdout, stderr = process.communicate(timeout=60)
    assert any("raylet" in line for line in begun), begun
    assert process.returncode == 143, stderr
    assert stdout == ""
    assert stderr == "structbench: stopped; the same command goes on from there\n"
    assert not list(tmp_path.iterdir())
    deadline = time.monotonic() + 20
    while in_session(process.pid):
        assert time.monotonic() < deadline, in_session(process.pid)
        time.sleep(0.1)


def in_session(number: int) -> list[str]:
    """The processes of a session; Ray gives its workers process groups of their own."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-s", str(number)], capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines()
