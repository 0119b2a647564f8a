"""How many runs at a time: by cores, by memory, by what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from structbench import Execution, Experiment
from structbench.experiment.cost import memory
from structbench.experiment.run import Run, make_run
from structbench.launch import room
from structbench.launch.room import Room, at_once


@pytest.fixture
def run(tiny: Experiment, tmp_path: Path) -> Run:
    return make_run(tiny, "cpu", tmp_path)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "cores", lambda: 16)


def free(monkeypatch: pytest.MonkeyPatch, runs: float, run: Run) -> None:
    """As much memory as so many of these runs are expected to need."""
    monkeypatch.setattr(room, "free_memory", lambda: runs * memory(run.experiment))


def test_a_core_for_each_thread_of_each_run_and_a_gpu_for_one() -> None:
    assert at_once("cpu", Execution()) == 16
    assert at_once("cpu", Execution(threads=3)) == 5
    assert at_once("cpu", Execution(threads=64)) == 1
    assert at_once("cuda", Execution()) == 1


def test_memory_is_left_for_those_that_have_just_begun(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = Room.of("cpu", Execution())
    free(monkeypatch, 3.5, run)
    assert [space.is_for(run, n, n) for n in range(5)] == [True, True, True, False, False]
    assert space.is_for(run, 10, 0), "those have what they need"
    assert not space.is_for(run, 16, 0), "no core"
    free(monkeypatch, 0, run)
    assert space.is_for(run, 0, 0), "one at least"


def test_what_a_run_was_measured_to_take_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    space = Room.of("cpu", Execution())
    free(monkeypatch, 3.5, run)
    space.note(100, 300)
    assert space.is_for(run, 1, 0)
    assert not space.is_for(run, 1, 1)
    assert space.is_for(run, 1, 1, held=3 * memory(run.experiment)), "it has that already"


def test_what_was_asked_for_is_done(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 0, run)
    space = Room.of("cpu", Execution(jobs=20))
    assert space.is_for(run, 19, 19)
    assert not space.is_for(run, 20, 0)
