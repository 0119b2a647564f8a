r"""Folders as a version left them are read; of another format, refused by their number.

`formats/3` was left by this, in the version that introduced format 3; of the comparison's folder
only the JSON and the YAML are kept, from which the rest is made:

    structbench compare linear fnn --seeds 2 --set "data={train_size: 200, test_size: 100}" \
        --set models.fnn.hidden=[8] --set training.epochs=2 --threads 1 --ablate-structure \
        --runs-dir runs
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from structbench import api, compare, load_comparison
from structbench.errors import RunFolderError
from structbench.outcome import FORMAT
from structbench.store.results import read_comparison
from structbench.store.runs import Store

FROZEN = Path(__file__).parent / "formats"
SMALL = ("data={train_size: 100, test_size: 50}", "training.epochs=1", "seeds=1")


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    shutil.copytree(FROZEN / str(FORMAT), tmp_path / "runs")
    return tmp_path / "runs"


def test_frozen_runs_are_read(frozen: Path) -> None:
    entries = list(Store(frozen).entries())
    assert [entry.state for entry in entries] == ["finished"] * 8
    for entry in entries:
        run, outcome = Store(frozen).read(entry.name)
        assert (outcome.summary.format, run.experiment.data.train_size) == (FORMAT, 200)
        assert outcome.summary.examples == {"clean": 100, "translate:2,2": 100}
        assert outcome.wrong("clean").mean() == outcome.summary.misclassification["clean"]
        assert Store(frozen).weights(entry.name)
    assert not any(check.problems for check in api.verify(runs_dir=frozen))


def test_a_frozen_run_gains_a_condition_and_is_reported(frozen: Path) -> None:
    name = next(path.name for path in frozen.glob("linear-s0-*"))
    _, before = Store(frozen).read(name)
    outcome = api.evaluate(name, ["invert"], runs_dir=frozen)
    assert outcome.summary.examples["invert"] == 100
    for condition, share in before.summary.misclassification.items():
        assert outcome.summary.misclassification[condition] == share
    assert (api.write_report(name, runs_dir=frozen) / "report.html").is_file()
    assert not any(check.problems for check in api.verify(runs_dir=frozen))


def test_a_frozen_comparison_is_read_and_reported(frozen: Path) -> None:
    (folder,) = frozen.glob("compare-*")
    found = read_comparison(folder)
    assert (found.format, found.seeds, list(found.models)) == (FORMAT, (0, 1), ["linear", "fnn"])
    assert found.without_structure
    assert len(found.changes) == 6  # of two models and one lead, under two conditions
    assert (api.write_report(folder, runs_dir=frozen) / "report.html").is_file()
    assert read_comparison(folder) == found
    assert not any(check.problems for check in api.verify(runs_dir=frozen))


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder as this version leaves it."""
    runs = tmp_path_factory.mktemp("new")
    spec = load_comparison(["linear", "fnn"], [*SMALL, "models.fnn.hidden=[4]"])
    compare(spec, runs_dir=runs, threads=1)
    return runs


@pytest.mark.parametrize("number", [0, 1, 99, "3", None, 1e9, True])
def test_a_format_that_is_not_known_is_refused_by_its_number(
    tmp_path: Path, new: Path, number: object
) -> None:
    shutil.copytree(new, tmp_path, dirs_exist_ok=True)
    (folder,) = tmp_path.glob("compare-*")
    run = next(tmp_path.glob("fnn-s0-*"))
    for path in (run / "outcome.json", folder / "comparison.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": number}))
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        Store(tmp_path).read(run.name)
    with pytest.raises(RunFolderError, match=r"has format .*read it with the version that"):
        read_comparison(folder)
