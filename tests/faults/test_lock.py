"""Never two writers: who holds a run is named, and a dead holder holds nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from structbench import Execution, Experiment, api, load_comparison, train
from structbench.errors import Held, Notice
from structbench.experiment.run import make_run
from structbench.launch.attempt import Attempt
from structbench.launch.launchers import Observer, launch
from structbench.machine.lock import hold, is_held, tidy
from structbench.store.runs import Store
from tests.conftest import TINY

HOLD = (
    "import sys, time\nfrom pathlib import Path\nfrom structbench.machine.lock import hold\n"
    "with hold(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(float(sys.argv[2]))"
)


def holder(folder: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that holds a folder by now."""
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def folder(tiny: Experiment, runs: Path) -> Path:
    return Store(runs).folder(make_run(tiny, "cpu", runs))


def test_a_held_run_says_by_whom(tiny: Experiment, runs: Path, folder: Path) -> None:
    process = holder(folder, 60)
    try:
        with pytest.raises(Held, match=f"is held by process {process.pid} on .* since 20.*--wait"):
            train(tiny, runs_dir=runs)
        assert train(tiny.model_copy(update={"seed": 1}), runs_dir=runs), "another run is free"
    finally:
        end(process)


def test_a_dead_holders_lock_is_free_at_once(tiny: Experiment, runs: Path, folder: Path) -> None:
    end(holder(folder, 60))
    assert (folder / ".holder.json").exists()
    assert train(tiny, runs_dir=runs).summary.examples["clean"] == 200
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_wait_waits_until_the_other_is_done(tiny: Experiment, runs: Path, folder: Path) -> None:
    process = holder(folder, 1)
    with pytest.warns(Notice, match=f"waiting for .* held by process {process.pid}"):
        train(tiny, runs_dir=runs, wait=True)
    process.communicate()
    assert process.returncode == 0


def test_what_another_process_finished_is_not_trained_again(tiny: Experiment, runs: Path) -> None:
    command = [
        sys.executable, "-m", "structbench", "train", "fnn", "--set", "data.train_size=3000",
        "--wait", "--json", "--quiet", "--runs-dir", str(runs),
    ]  # fmt: skip
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    first, second = (json.loads(process.communicate(timeout=120)[0]) for process in both)
    assert first == second
    (path,) = runs.glob("*/provenance.json")
    assert len(json.loads(path.read_text())) == 1, "one session: one of them found it"


def test_only_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom structbench.machine.lock import hold\n"
        "folder = Path(sys.argv[1])\n"
        "for _ in range(20):\n"
        "    with hold(folder, wait=True):\n"
        "        (folder / 'inside').touch(exist_ok=False)\n"
        "        time.sleep(0.001)\n"
        "        (folder / 'inside').unlink()\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(folder)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    assert list(folder.iterdir()) == []


def test_what_a_killed_process_left_is_deleted(tmp_path: Path) -> None:
    end(holder(tmp_path, 60))
    (tmp_path / ".outcome.json.123.tmp").write_text("half")
    (tmp_path / "outcome.json").write_text("whole")
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["outcome.json"]


def test_tidying_leaves_a_folder_that_is_held_alone(tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / ".x.tmp").write_text("being written")
        tidy(tmp_path)
        assert (tmp_path / ".x.tmp").exists()


@pytest.mark.usefixtures("few_pictures")
@pytest.mark.parametrize("jobs", [1, 2])
def test_several_runs_wait_at_the_end_for_one_that_another_process_is_at(
    runs: Path, jobs: int
) -> None:
    spec = load_comparison(["linear", "fnn"], ["models.fnn.hidden=[16]", "seeds=2", *TINY[1:3]])
    name = api.compare(spec, runs_dir=runs).models["fnn"].runs[0]
    for folder in runs.glob("*-s*"):
        (folder / "outcome.json").unlink()
    process, ended = holder(runs / name, 60), list[str]()

    class Last(Observer):
        def done(self, attempt: Attempt) -> None:
            ended.append(attempt.run.id)
            if len(ended) == 3:
                end(process)

    who = rf"{name} is held by process {process.pid} on .*: waiting for it"
    with pytest.warns(Notice, match=who) as said:
        found = api.compare(
            spec, runs_dir=runs, jobs=jobs, progress=lambda plan: nullcontext(Last())
        )
    assert not found.excluded
    assert (len(ended), ended[-1], len(said)) == (4, name, 1)


def test_a_held_run_that_the_other_process_has_finished_is_found(
    tiny: Experiment, runs: Path, folder: Path
) -> None:
    train(tiny, runs_dir=runs)
    (folder / "outcome.json").rename(folder / "aside")
    process, run = holder(folder, 60), make_run(tiny, "cpu", runs)

    def finish() -> None:
        time.sleep(0.3)
        (folder / "aside").rename(folder / "outcome.json")
        end(process)

    other = threading.Thread(target=finish)
    other.start()
    with pytest.warns(Notice, match="waiting for it"):
        (found,) = launch([run], Execution(runs_dir=runs))
    other.join()
    assert found.found
    assert not is_held(folder)


def test_what_a_dead_process_has_left_holds_nothing(tmp_path: Path) -> None:
    process = holder(tmp_path, 60)
    assert is_held(tmp_path)
    end(process)
    assert not is_held(tmp_path)
    assert not list(tmp_path.iterdir())
