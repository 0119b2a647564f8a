"""Training from Python: found again, resumed, extended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import structbench
from structbench import (
    Experiment,
    Outcome,
    StructBenchError,
    compare,
    evaluate,
    load_comparison,
    load_experiment,
    train,
)
from structbench.errors import ConfigError, DataError, Interrupted, Notice
from structbench.store.runs import Store
from structbench.training import progress
from structbench.training.progress import Progress


def same(a: Outcome, b: Outcome) -> bool:
    """Bit for bit, up to what a clock says."""

    def timeless(outcome: Outcome) -> object:
        summary = outcome.summary.model_dump(exclude={"seconds"})
        # These two say when.
        del summary["files"]["history.jsonl"], summary["files"]["provenance.json"]
        for epoch in summary["history"]:
            del epoch["seconds"]
        return summary

    return timeless(a) == timeless(b) and all(
        (a.predictions[c].confidence == b.predictions[c].confidence).all()
        and (a.predictions[c].predicted == b.predictions[c].predicted).all()
        for c in a.predictions
    )


def never(progress: Progress) -> None:
    raise AssertionError("nothing should be trained")


def test_every_public_name_can_be_imported() -> None:
    for name in structbench.__all__:
        assert getattr(structbench, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        structbench.nothing  # noqa: B018


def test_a_run_learns_and_is_found_again(tiny: Experiment, runs: Path) -> None:
    outcome = train(tiny, runs_dir=runs)
    assert outcome.summary.misclassification["clean"] < 0.5
    assert outcome.summary.examples == {"clean": 200, "translate:2,2": 200}
    assert outcome.summary.parameters == 784 * 16 + 16 + 16 * 10 + 10
    assert [epoch.epoch for epoch in outcome.summary.history] == [1, 2, 3]
    assert same(train(tiny, runs_dir=runs, on_progress=never), outcome)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    tiny: Experiment, tmp_path: Path
) -> None:
    first, second = (train(tiny, runs_dir=tmp_path / name) for name in "ab")
    assert same(first, second)
    other = train(tiny.model_copy(update={"seed": 1}), runs_dir=tmp_path / "a")
    assert not same(first, other)


def test_a_keyword_that_says_nothing_of_one_run_is_refused(tiny: Experiment, runs: Path) -> None:
    with pytest.raises(ConfigError, match="no keyword 'thread'; did you mean 'threads'"):
        train(tiny, runs_dir=runs, thread=1)
    with pytest.raises(ConfigError, match="no keyword 'jobs'; known: device, threads"):
        train(tiny, runs_dir=runs, jobs=2)
    assert not runs.exists()


def test_force_trains_anew(tiny: Experiment, runs: Path) -> None:
    train(tiny, runs_dir=runs)
    epochs: list[Progress] = []
    train(tiny, runs_dir=runs, force=True, on_progress=epochs.append)
    assert len([p for p in epochs if p.history]) == 3


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("stop_after", [1, 2, 3])
@pytest.mark.parametrize("model", ["fnn", "cnn"])
def test_interrupted_and_resumed_is_bit_identical(
    optimizer: str, stop_after: int, model: str, tmp_path: Path
) -> None:
    options = {"fnn": "hidden: [16], dropout: 0.2", "cnn": "channels: [4, 8], hidden: 16"}[model]
    experiment = load_experiment(
        "cnn",
        [
            f"model={{family: {model}, {options}}}",
            "data={train_size: 300, test_size: 200, validation_size: 100}",
            f"training.optimizer={{name: {optimizer}, learning_rate: 0.01}}",
            "training.early_stopping.patience=1000",
            "training.augment=[clean, 'shift:2']",
            "training.batch_size=50",
        ],
    )

    def interrupt(progress: Progress) -> None:
        if len(progress.history) == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="goes on from the last finished epoch"):
        train(experiment, runs_dir=tmp_path / "stopped", on_progress=interrupt)
    (entry,) = Store(tmp_path / "stopped").entries()
    assert entry.state == "unfinished"
    seen: list[Progress] = []
    resumed = train(experiment, runs_dir=tmp_path / "stopped", on_progress=seen.append)
    assert len([p for p in seen if p.history]) == 3 - stop_after
    whole = train(experiment, runs_dir=tmp_path / "whole")
    assert same(resumed, whole)
    ours, theirs = (Store(tmp_path / f).weights(whole.summary.run) for f in ("stopped", "whole"))
    assert all((ours[name] == theirs[name]).all() for name in theirs)


def test_a_run_of_some_steps_is_resumed_to_the_same_bits(
    tiny: Experiment, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WORD_EVERY", 0.0)  # a fast machine has no word after the 70th
    recipe = tiny.training.model_copy(update={"steps": 500})  # 83 epochs of 6 steps, and 2 steps
    experiment = tiny.model_copy(update={"training": recipe})

    def stop(word: Progress) -> None:
        if word.epoch > 70:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="goes on from the last finished epoch"):
        train(experiment, runs_dir=runs / "a", on_progress=stop)
    kept = sorted((runs / "a").rglob("checkpoint-*"))
    assert [path.name.split("-")[1] for path in kept] == ["000034", "000068"]
    resumed = train(experiment, runs_dir=runs / "a")
    assert same(resumed, train(experiment, runs_dir=runs / "b"))
    assert resumed.summary.history[-1].epoch == 84


def test_a_stop_in_the_first_epoch_starts_again(tiny: Experiment, runs: Path) -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="before the first epoch"):
        train(tiny, runs_dir=runs, on_progress=interrupt)
    assert len(train(tiny, runs_dir=runs).summary.history) == 3


def interrupted_after(epochs: int, experiment: Experiment, runs: Path) -> list[Path]:
    """Train, stop after so many epochs; the checkpoints, oldest first."""

    def interrupt(progress: Progress) -> None:
        if len(progress.history) == epochs:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(experiment, runs_dir=runs, on_progress=interrupt)
    return sorted(runs.glob("*/checkpoint-*"))


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_damaged_checkpoint_costs_its_epoch(
    tiny: Experiment, tmp_path: Path, damaged: int
) -> None:
    kept = interrupted_after(2, tiny, tmp_path / "runs")
    assert len(kept) == 2
    for path in kept[-damaged:]:
        path.write_bytes(path.read_bytes()[:100])
    seen: list[Progress] = []
    with pytest.warns(Notice, match="is damaged.*going on from the one before it"):
        resumed = train(tiny, runs_dir=tmp_path / "runs", on_progress=seen.append)
    assert len([p for p in seen if p.history]) == 1 + damaged
    assert same(resumed, train(tiny, runs_dir=tmp_path / "whole"))
    assert not list((tmp_path / "runs").glob("*/checkpoint*"))


def test_only_two_checkpoints_are_kept(tiny: Experiment, runs: Path) -> None:
    longer = tiny.model_copy(update={"training": tiny.training.model_copy(update={"epochs": 9})})
    kept = interrupted_after(7, longer, runs)
    assert [path.name.split("-")[1] for path in kept] == ["000006", "000007"]


def test_a_resumed_run_keeps_its_number_of_threads(tiny: Experiment, runs: Path) -> None:
    import json

    def interrupt(progress: Progress) -> None:
        if progress.history:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(tiny, runs_dir=runs, threads=2, on_progress=interrupt)
    train(tiny, runs_dir=runs)
    (provenance,) = runs.glob("*/provenance.json")
    assert [session["threads"] for session in json.loads(provenance.read_text())] == [2, 2]


def test_threads_follow_from_what_is_asked_and_from_nothing_else(runs: Path) -> None:
    few = ["data={train_size: 128, test_size: 100}", "training.epochs=1"]
    spec = load_comparison(["cnn", "linear"], [*few, "seeds=1"])
    found = compare(spec, runs_dir=runs, jobs=1)
    assert found.threads == (1,)
    cnn = load_experiment("cnn", [*few, "conditions=[clean]"])
    assert train(cnn, runs_dir=runs).summary.threads == 1, "found again"
    assert train(cnn, runs_dir=runs, force=True).summary.threads == 2, "alone"
    assert train(cnn, runs_dir=runs, force=True, threads=3).summary.threads == 3
    again = evaluate(found.models["cnn"].runs[0], ["invert"], runs_dir=runs)
    assert again.summary.threads == 3
    assert compare(spec, runs_dir=runs).threads == (1, 3)


def test_more_conditions_cost_an_evaluation_only(tiny: Experiment, runs: Path) -> None:
    name = train(tiny, runs_dir=runs).summary.run
    asked = tiny.model_copy(update={"conditions": ("clean", "translate:2,2", "gaussian_noise:0.5")})
    first = train(asked, runs_dir=runs, on_progress=never)
    assert first.summary.run == name
    assert list(first.predictions) == ["clean", "translate:2,2", "gaussian_noise:0.5"]
    both = evaluate(name, ["rotate:30.0", "clean"], runs_dir=runs)
    assert list(both.predictions)[-1] == "rotate:30"
    fresh = train(
        tiny.model_copy(update={"conditions": tuple(both.predictions)}),
        runs_dir=runs.parent / "fresh",
    )
    assert fresh.summary.misclassification == both.summary.misclassification
    assert evaluate(runs / name, ["invert"], runs_dir="elsewhere").wrong("invert").shape == (200,)


def test_a_condition_asked_for_later_has_the_answers_of_one_asked_for_at_once(runs: Path) -> None:
    """To the bit, for a network whose sums depend on how its weights lie in memory."""
    small = ["data={train_size: 300, test_size: 200}", "training.epochs=1"]
    at_once = train(load_experiment("cnn", small), runs_dir=runs.parent / "at_once")
    clean = train(load_experiment("cnn", [*small, "conditions=[clean]"]), runs_dir=runs)
    later = evaluate(clean.summary.run, ["translate:2,2"], runs_dir=runs)
    assert (at_once.wrong("translate:2,2") == later.wrong("translate:2,2")).all()
    one, two = (outcome.predictions["translate:2,2"].confidence for outcome in (at_once, later))
    assert (one == two).all()


def test_permuting_pixels_does_not_change_the_linear_models_task(tmp_path: Path) -> None:
    """Each pixel keeps its values, so only the initial weights are shared out otherwise."""
    small = [
        "model={family: linear}",
        "data={train_size: 2000, test_size: 1000}",
        "training.epochs=5",
    ]
    plain = train(load_experiment("cnn", small), runs_dir=tmp_path)
    permuted = train(
        load_experiment("cnn", [*small, "data.structure_removed=1"]), runs_dir=tmp_path
    )
    assert plain.summary.run != permuted.summary.run
    for condition in ("clean", "translate:2,2"):
        difference = plain.wrong(condition).mean() - permuted.wrong(condition).mean()
        assert abs(difference) < 0.02


def test_other_data_than_it_was_trained_on_is_refused(
    tiny: Experiment, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = train(tiny, runs_dir=runs).summary.run
    monkeypatch.setattr("structbench.data.images.embedded.SHA256", {"other": "content"})
    with pytest.raises(DataError, match="not the data"):
        evaluate(name, ["invert"], runs_dir=runs)


def test_a_network_too_large_for_this_machine_is_a_clear_error(runs: Path) -> None:
    huge = load_experiment("fnn", ["model.hidden=[2000000000, 2000000000]"])
    with pytest.raises(StructBenchError, match="cannot be made here"):
        train(huge, runs_dir=runs)


def test_a_cnn_learns_real_digits_and_knows_nothing_of_torchvision(runs: Path) -> None:
    code = f"""
import sys
from structbench import load_experiment, train
small = ["data={{train_size: 3000, test_size: 500}}", "training.epochs=2"]
experiment = load_experiment("cnn", small)
outcome = train(experiment, runs_dir={str(runs)!r})
assert outcome.summary.misclassification["clean"] < 0.15, outcome.summary
assert "torchvision" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_outcomes_hold_one_boolean_for_each_example(tiny: Experiment, runs: Path) -> None:
    outcome = train(tiny, runs_dir=runs)
    wrong = outcome.wrong("translate:2,2")
    assert wrong.dtype == np.bool_
    assert wrong.mean() == outcome.summary.misclassification["translate:2,2"]
    confidence = outcome.predictions["clean"].confidence
    assert ((confidence >= 0.1) & (confidence <= 1)).all()
