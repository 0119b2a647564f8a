"""Killed at any moment of its writing, the same call goes on and ends bit-identical."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from structbench import load_comparison, load_experiment
from structbench.api import verify
from structbench.store.results import read_comparison
from tests.faults.victim import call, end_server


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    yield
    end_server()


pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")

EXPERIMENT = load_experiment(
    "fnn",
    ["model={family: fnn, hidden: [16], dropout: 0.2}", "data={train_size: 200, test_size: 100}",
     "training={epochs: 2, batch_size: 50}", "conditions=[clean]"],
)  # fmt: skip
COMPARISON = load_comparison(
    ["linear", "fnn"],
    ["models.fnn.hidden=[8]", "data={train_size: 200, test_size: 100}", "seeds=2",
     "training={epochs: 1, batch_size: 50}", "conditions=[clean]"],
)  # fmt: skip

# What says when, or how long: all else must be the same bytes.
CLOCKS = ("provenance.json",)


def timeless(path: Path) -> bytes:
    """The content of a file without what a clock says."""
    if path.suffix not in (".json", ".jsonl"):
        return path.read_bytes()

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            left_out = ("seconds", "files", "sha256", "command")
            return {k: without(v) for k, v in value.items() if k not in left_out}
        return [without(v) for v in value] if isinstance(value, list) else value

    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    return json.dumps([without(json.loads(line)) for line in lines]).encode()


def contents(folder: Path, clocks: Sequence[str] = CLOCKS) -> dict[str, bytes]:
    """All files below a folder, by their paths."""
    return {
        str(path.relative_to(folder)): timeless(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in clocks
    }


def require_survival(
    tmp_path: Path, name: str, *arguments: Any, start: Path | None = None,
    every: int = 1, look: Callable[[Path], object] | None = None,
    clocks: Sequence[str] = CLOCKS, **named: Any,
) -> int:  # fmt: skip
    """Kill the call at every so many moments, call it again, compare; the number of kills.

    start: a runs folder that each attempt begins with
    """

    def fresh(label: str) -> Path:
        runs = tmp_path / label
        shutil.copytree(start, runs) if start else runs.mkdir()
        return runs

    code, moments = call(name, *arguments, runs_dir=(whole := fresh("whole")), **named)
    assert code == 0
    expected = contents(whole, clocks)
    kills = 0
    for deadly in range(1, moments + 1, every):
        runs = fresh("killed")
        code, _ = call(name, *arguments, runs_dir=runs, deadly=deadly, **named)
        assert code == -signal.SIGKILL
        if look:
            look(runs)
        code, _ = call(name, *arguments, runs_dir=runs, **named)
        assert code == 0, f"after moment {deadly}"
        assert contents(runs, clocks) == expected, f"after moment {deadly}"
        kills += 1
        shutil.rmtree(runs)
    return kills


def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    kills = require_survival(
        tmp_path, "train", EXPERIMENT, every=3, look=lambda r: verify(runs_dir=r)
    )
    assert kills >= 37


def test_killed_at_any_time_it_goes_on(tmp_path: Path) -> None:
    longer = EXPERIMENT.model_copy(
        update={"training": EXPERIMENT.training.model_copy(update={"epochs": 20})}
    )
    assert call("train", longer, runs_dir=tmp_path / "whole")[0] == 0
    expected = contents(tmp_path / "whole")
    killed = 0
    for i in range(20):
        runs = tmp_path / str(i)
        code, _ = call("train", longer, runs_dir=runs, after=0.02 + 0.02 * i)
        killed += code == -signal.SIGKILL
        assert call("train", longer, runs_dir=runs)[0] == 0
        assert contents(runs) == expected
    assert killed >= 5, "some of them were still at work"


def test_a_killed_evaluation_goes_on(tmp_path: Path) -> None:
    start = tmp_path / "start"
    assert call("train", EXPERIMENT, runs_dir=start)[0] == 0
    (run,) = start.iterdir()
    assert require_survival(tmp_path, "evaluate", run.name, ["invert"], start=start) >= 20


def test_a_killed_comparison_goes_on(tmp_path: Path) -> None:
    kills = require_survival(
        tmp_path, "compare", COMPARISON, jobs=1, every=53,
        clocks=("provenance.json", "report.html"),  # the page lists each run's sessions
    )  # fmt: skip
    assert kills >= 8


def test_a_killed_report_is_written_anew(tmp_path: Path) -> None:
    start = tmp_path / "start"
    assert call("compare", COMPARISON, jobs=1, runs_dir=start)[0] == 0
    (folder,) = start.glob("compare-*")
    name = folder.name
    kills = require_survival(
        tmp_path, "write_report", name, start=start, every=23,
        look=lambda runs: read_comparison(runs / name),
    )  # fmt: skip
    assert kills >= 4
