"""Folders that earlier versions wrote: read, or refused by name with what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from structbench import api
from structbench.errors import RunFolderError
from structbench.outcome import FORMAT
from structbench.results.comparison import FORMAT as COMPARISON_FORMAT
from structbench.store.results import read_comparison
from structbench.store.runs import Store

# A folder for each format there was, as that version left it.
FROZEN = Path(__file__).parent / "formats"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    shutil.copytree(FROZEN / "1", tmp_path / "runs")
    return tmp_path / "runs"


def test_there_is_a_frozen_example_of_each_earlier_format() -> None:
    assert {path.name for path in FROZEN.iterdir()} == {str(n) for n in range(1, FORMAT)}
    assert COMPARISON_FORMAT == FORMAT


def test_format_1_is_read(runs: Path) -> None:
    entries = list(Store(runs).entries())
    assert [entry.state for entry in entries] == ["finished"] * 4
    for entry in entries:
        run, outcome = Store(runs).read(entry.name)
        assert (outcome.summary.format, run.experiment.data.train_size) == (1, 200)
        assert outcome.wrong("clean").mean() == outcome.summary.misclassification["clean"]
        assert Store(runs).weights(entry.name)
    (folder,) = runs.glob("compare-*")
    comparison = read_comparison(folder)
    assert (comparison.format, comparison.seeds) == (1, (0, 1))
    assert not any(check.problems for check in api.verify(runs_dir=runs))


def test_format_1_gains_conditions_and_reports(runs: Path) -> None:
    name = next(path.name for path in runs.glob("linear-s0-*"))
    before = json.loads((runs / name / "outcome.json").read_text())["misclassification"]
    outcome = api.evaluate(name, ["invert"], runs_dir=runs)
    assert outcome.summary.misclassification.items() >= before.items()
    assert json.loads((runs / name / "outcome.json").read_text())["format"] == FORMAT
    (folder,) = runs.glob("compare-*")
    assert (api.write_report(folder, runs_dir=runs) / "report.html").is_file()
    assert not any(check.problems for check in api.verify(runs_dir=runs))


@pytest.mark.parametrize("number", [0, FORMAT + 1, "2", None, 1e9])
def test_a_format_that_is_not_known_is_refused_by_its_number(runs: Path, number: object) -> None:
    run, comparison = next(runs.glob("fnn-s0-*")), next(runs.glob("compare-*"))
    for path in (run / "outcome.json", comparison / "comparison.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        Store(runs).read(run.name)
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        read_comparison(comparison)
