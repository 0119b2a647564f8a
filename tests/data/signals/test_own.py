"""Signals of one's own: from a path to runs, and to a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from structbench import evaluate, load_experiment, train
from structbench.data.signals.spec import OwnSignalSpec
from structbench.data.specs import data_spec
from structbench.errors import ConfigError, DataError
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from tests.data.signals.waves import recorded, wav, waves

Cli = Callable[..., Result]
X, Y = waves(60, 40)
NAMES = np.array(["sine", "square"])
CNN = "model={family: cnn, channels: [4], hidden: null}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.savez(tmp_path / "waves.npz", signals=X, labels=NAMES[Y])
    return tmp_path / "waves.npz"


def asked(path: Path, *overrides: str) -> Experiment:
    return load_experiment("cnn", [CNN, "training.epochs=1", *overrides], data=path)


def test_what_is_known_of_them_is_in_the_config(path: Path) -> None:
    data = asked(path, "data.test_share=0.5").data
    assert isinstance(data, OwnSignalSpec)
    content = data.content
    assert (content.train_examples, content.test_examples) == (30, 30)
    assert (content.shape, content.classes) == ((1, 40), ("sine", "square"))
    assert asked(path).conditions == ("clean", "translate:2")
    assert str(path) not in asked(path).model_dump_json()


def test_both_classes_keep_their_share_and_every_signal_is_there_once(path: Path) -> None:
    data = asked(path).data.load(path.parent, seed=0)
    assert (len(data.train), len(data.test)) == (48, 12)
    assert np.bincount(data.test.labels).tolist() == [6, 6]
    found = np.concatenate([data.train.inputs[0], data.test.inputs[0]])
    assert sorted(x.tobytes() for x in found) == sorted(x.tobytes() for x in X)
    again = asked(path, "seed=3").data.load(path.parent, seed=3)
    assert np.array_equal(data.test.rows, again.test.rows)


def run_id(path: Path, *overrides: str) -> str:
    return make_run(asked(path, *overrides), "cpu", path.parent).id


def test_a_length_that_changes_nothing_is_the_same_run(path: Path) -> None:
    ids = {length: run_id(path, f"data.length={length}") for length in (40, 39, 41)}
    assert ids[40] == run_id(path)
    assert len(set(ids.values())) == 3


def test_a_file_elsewhere_is_the_same_run_and_another_byte_another(path: Path) -> None:
    before = run_id(path)
    moved = path.rename(path.with_name("other name.npz"))
    assert run_id(moved) == before
    np.savez(moved, signals=X, labels=NAMES[1 - Y])
    assert run_id(moved) != before


@pytest.mark.parametrize("length", [0, 2**20 + 1, "long"])
def test_lengths_that_are_none_are_refused(path: Path, length: object) -> None:
    with pytest.raises(ConfigError, match=r"data\.length"):
        asked(path, f"data.length={length}")


def test_what_is_written_down_of_other_data_is_refused(path: Path) -> None:
    said = asked(path).data.model_dump(mode="json")
    assert data_spec(said) == asked(path).data
    said["content"] |= {"shape": [1, 4, 10], "sha256": "0" * 64}
    with pytest.raises(ValueError, match=r"shape \[1, 4, 10\] is of no signal"):
        data_spec(said)


def test_a_part_that_asks_for_more_than_there_is_is_refused(path: Path) -> None:
    with pytest.raises(ConfigError, match="more than the 48 of these data"):
        asked(path, "data.train_size=49")


def test_conditions_of_signals_and_structure_apply(path: Path, runs: Path) -> None:
    more = ["conditions=[clean, 'gaussian_noise:0.1', training]", "data.structure_removed=0.5"]
    outcome = train(asked(path, *more), runs_dir=runs)
    counted = {name: len(outcome.wrong(name)) for name in outcome.predictions}
    assert counted == {"clean": 12, "gaussian_noise:0.1": 12, "training": 48}


def test_copies_are_on_one_side_and_told(tmp_path: Path, runs: Path) -> None:
    np.savez(tmp_path / "twice.npz", x=np.concatenate([X, X]), y=np.concatenate([Y, Y]))
    experiment = asked(tmp_path / "twice.npz")
    data = experiment.data.load(tmp_path, seed=0)
    train_ones, test_ones = ({x.tobytes() for x in p.inputs[0]} for p in (data.train, data.test))
    assert not train_ones & test_ones
    outcome = train(experiment, runs_dir=runs)
    told = ("60 of 120 examples are copies of others",)
    assert outcome.summary.notices == told
    more = evaluate(outcome.summary.run, ["invert"], runs_dir=runs)
    assert more.summary.notices == told, "once, whatever else is asked"


def test_recordings_are_compared_and_their_classes_named(
    cli: Cli, tmp_path: Path, runs: Path
) -> None:
    for i, (signal, kind) in enumerate(zip(X, Y, strict=True)):
        folder = "a name of a class that is long" if kind else "sine"
        recorded(tmp_path, f"waves/{folder}/{i}.wav", wav(signal.clip(-1, 1)[: 40 - i % 3]))
    few = ("--seeds", "1", "--jobs", "1", "--runs-dir", runs, "--set", "training.epochs=1")
    more: tuple[Any, ...] = ("--data", tmp_path / "waves", "--set", "data.length=40", *few)
    found = cli("compare", "cnn", "fnn", *more, "--condition", "clean")
    assert found.exit_code == 0, found.stderr
    assert "shorter and filled up with zeros" in found.stdout
    (comparison,) = runs.glob("compare-*")
    page = (comparison / "report.html").read_text()
    assert "sine  B" in page
    assert "a name of a cla…  A" in page
    (run, *_) = runs.glob("cnn-*")
    said = json.loads((run / "run.json").read_text())["experiment"]["data"]
    assert said["content"]["classes"] == ["a name of a class that is long", "sine"]
    assert str(tmp_path) not in (run / "run.json").read_text()


def test_what_cannot_be_read_is_one_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,1,2,3\nb,1,x,3\n")
    refused = cli("train", "cnn", "--data", tmp_path / "bad.csv")
    assert refused.exit_code == DataError.exit_code == 3
    assert refused.stderr.count("\n") == 1
    assert "bad.csv:2: 'x' is no number" in refused.stderr
