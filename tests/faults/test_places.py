"""Clocks, time zones, paths and file systems as they are."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from structbench import Experiment, api, load_comparison, train
from structbench.store.results import read_comparison
from structbench.store.runs import Store

# Few test examples: a report takes longer to draw than they to learn.
SMALL = ("models.fnn.hidden=[8]", "data={train_size: 300, test_size: 20}", "training.epochs=1")


def test_a_clock_that_jumps_back_changes_nothing(
    tiny: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(tiny, runs_dir=tmp_path / "a")
    jumps = iter(range(10**9, 0, -(10**6)))
    monkeypatch.setattr(time, "time", lambda: float(next(jumps)))
    second = train(tiny, runs_dir=tmp_path / "b")
    assert second.summary.misclassification == first.summary.misclassification
    assert 0 < second.summary.seconds < 1000
    assert all(epoch.seconds > 0 for epoch in second.summary.history)


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    """Sets the time zone of this process, and in the end what it was."""
    with pytest.MonkeyPatch.context() as patch:

        def change(zone: str) -> None:
            patch.setenv("TZ", zone)
            if hasattr(time, "tzset"):  # Windows has none, and reads TZ in other ways
                time.tzset()

        yield change
    if hasattr(time, "tzset"):
        time.tzset()


def test_times_are_utc_whatever_the_time_zone(
    tiny: Experiment, tmp_path: Path, in_zone: Callable[[str], None]
) -> None:
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        in_zone(zone)
        runs = tmp_path / zone.replace("/", "-")
        train(tiny, runs_dir=runs)
        (path,) = runs.glob("*/provenance.json")
        assert json.loads(path.read_text())[0]["started"].endswith("+00:00")
    ids = {path.name for runs in tmp_path.iterdir() for path in runs.iterdir()}
    assert len(ids) == 1


@pytest.mark.parametrize("name", ["with space", "ünï-モデル 📈", "-a'b\"%41{x}$HOME"])
def test_any_path_will_do(tiny: Experiment, tmp_path: Path, name: str) -> None:
    runs = tmp_path / name / "runs"
    spec = load_comparison(["linear", "fnn"], [*SMALL, "seeds=1"])
    comparison = api.compare(spec, runs_dir=runs)
    assert (runs / comparison.name / "report.html").is_file()
    run = comparison.models["fnn"].runs[0]
    assert "invert" in api.evaluate(runs / run, ["invert"]).predictions
    assert not any(check.problems for check in api.verify(runs_dir=runs))


def test_a_folder_that_was_moved_is_as_good(tiny: Experiment, tmp_path: Path) -> None:
    spec = load_comparison(["linear", "fnn"], [*SMALL, "seeds=2"])
    name = api.compare(spec, runs_dir=tmp_path / "here").name
    shutil.move(tmp_path / "here", tmp_path / "there")
    runs = tmp_path / "there"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*")}
    assert api.compare(spec, runs_dir=runs).name == name
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*")} == before, "all is found"
    read_comparison(runs / name)
    api.write_report(name, runs_dir=runs)
    assert str(tmp_path / "here") not in (runs / name / "report.html").read_text()


def test_names_differ_by_more_than_case(tmp_path: Path) -> None:
    from structbench.experiment.comparison import make_plan

    spec = load_comparison(["cnn", "fnn", "linear", "lenet5"], ["ablate_structure=true"])
    runs = make_plan(spec, "cpu", tmp_path).in_order
    assert len({run.id.casefold() for run in runs}) == len(runs)
    assert all(run.id.isascii() and ":" not in run.id for run in runs)


def test_no_file_has_a_name_that_some_system_refuses(tiny: Experiment, tmp_path: Path) -> None:
    asked = tiny.model_copy(update={"conditions": ("clean", "translate:-2,2", "rotate:1e-3")})
    train(asked, runs_dir=tmp_path)
    (entry,) = Store(tmp_path).entries()
    for path in (tmp_path / entry.name).rglob("*"):
        assert not set(path.name) & set('<>:"/\\|?*'), path
        assert not path.name.endswith((".", " "))
