"""Runs of data of one's own, wherever they are performed: the path travels, the data do not."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from structbench import load_experiment
from structbench.data.own import places
from structbench.errors import DataError
from structbench.experiment.run import Run, make_run
from structbench.launch.execution import Execution
from structbench.launch.task import Reply, Task, perform_task

ASKED = ("training.epochs=1", "model={family: linear}")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """40 images of two classes, never the same in two tests."""
    seed = [int(part) for part in str(tmp_path).encode()]
    rng = np.random.default_rng(seed)
    path = tmp_path / "mes images.npz"
    images = rng.integers(0, 256, (40, 5, 5), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(40) % 2)
    return path


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Iterator[Run]:
    """Of a process that knows where the data lie; then they are forgotten."""
    named, opened = dict(places._named), dict(places._open)
    yield make_run(load_experiment("linear", ASKED, data=data), "cpu", tmp_path / "none")
    for known, before in ((places._named, named), (places._open, opened)):
        known.clear()
        known.update(before)  # type: ignore[arg-type]


def sha256(run: Run) -> str:
    content: Any = run.experiment.data
    return str(content.content.sha256)


# Hears what is said, and forgets it.
BOARD = SimpleNamespace(leave=SimpleNamespace(remote=lambda run, word: None))


def performed_elsewhere(packed: bytes, tmp_path: Path) -> Reply:
    execution = Execution(runs_dir=tmp_path / "runs", data_dir=tmp_path / "none", launcher="ray")
    task = Task(packed, (), {}, execution, ["structbench", "compare"], f"test-{tmp_path.name}")
    reply: Reply = pickle.loads(perform_task(pickle.dumps(task), BOARD))
    return reply


def test_a_node_of_a_cluster_finds_them_under_the_same_path(run: Run, tmp_path: Path) -> None:
    packed = pickle.dumps(run)
    places._named.clear()
    places._open.clear()
    reply = performed_elsewhere(packed, tmp_path)
    assert reply.attempt.outcome, reply.attempt.error
    assert not [name for name, of in reply.files.items() if str(tmp_path).encode() in of]


@pytest.mark.parametrize("what", ["gone", "other"])
def test_where_the_data_are_not_the_error_names_them(
    run: Run, data: Path, tmp_path: Path, what: str
) -> None:
    packed = pickle.dumps(run)
    places._named.clear()
    places._open.clear()
    if what == "gone":
        data.rename(tmp_path / "elsewhere.npz")
    else:
        data.write_bytes(data.read_bytes() + b"\0")
    error = performed_elsewhere(packed, tmp_path).attempt.error
    assert isinstance(error, DataError)
    assert f"{sha256(run)[:12]}…" in str(error)
    assert "mes images.npz" in str(error)
    assert ": on " in str(error), "on which node"
    assert "\n" not in str(error)
