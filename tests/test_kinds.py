"""A next kind is new files: data sets of the other kinds go the whole way."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from structbench import Experiment, Outcome, evaluate, train, verify
from structbench.data.conditions import CONDITIONS
from structbench.data.examples import PADDING
from structbench.data.spec import DataSpec
from structbench.errors import ConfigError, Interrupted
from structbench.experiment.run import make_run
from structbench.models import MODELS, ModelSpec
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from structbench.models.plugins import _families
from structbench.perform import perform
from structbench.problem import END, Problem
from structbench.store.runs import Store
from structbench.training.optimizers import Adam
from structbench.training.progress import Progress
from structbench.training.recipe import Recipe
from tests import kinds

RECIPE = Recipe(steps=160, batch_size=20, optimizer=Adam(learning_rate=0.03))
PASSES = Recipe(steps=160, optimizer=Adam(learning_rate=0.03))
TOYS = {"echo": kinds.Reader(), "ring": kinds.Neighbours()}


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


def asked(data: str, model: ModelSpec | None = None, seed: int = 0) -> Experiment:
    spec = DataSpec(name=data, validation_size=10)
    training = PASSES if data == "ring" else RECIPE
    return Experiment(model=model or TOYS[data], data=spec, training=training, seed=seed)


def trained(experiment: Experiment, runs: Path) -> Outcome:
    """An outcome, which is found again as it was written."""
    outcome = train(experiment, runs_dir=runs)
    _, again = Store(runs).read(outcome.summary.run)
    assert again.summary == outcome.summary
    for condition, found in outcome.predictions.items():
        for name, array in vars(found).items():
            assert np.array_equal(array, getattr(again.predictions[condition], name))
    return outcome


@pytest.mark.parametrize("data", TOYS)
def test_each_kind_learns_and_is_tested_under_its_own_conditions(data: str, runs: Path) -> None:
    outcome = trained(asked(data), runs)
    summary = outcome.summary
    assert summary.examples == {"same": 20, "dropped:5": 15}
    assert summary.misclassification["same"] < 0.5
    assert summary.history[-1].validation_loss is not None
    dropped, plain = outcome.predictions["dropped:5"], outcome.predictions["same"]
    assert (dropped.examples == plain.examples[5:]).all()
    assert set(dropped.labels.ravel().tolist()) <= {0, PADDING}
    assert evaluate(runs / summary.run, ["dropped:1"]).summary.examples["dropped:1"] == 19


@pytest.mark.parametrize(
    "model",
    [
        CNN(channels=(6, 6), kernel_size=(5, 3), stride=(2, 1), pooling="none", hidden=None),
        CNN(channels=(16,), hidden=32),
        FNN(hidden=(64, 64), residual=True, dropout=0.1),
    ],
    ids=str,
)
def test_a_signal_is_learned_along_its_axis(model: ModelSpec, runs: Path) -> None:
    recipe = Recipe(epochs=8, batch_size=50, optimizer=Adam(learning_rate=0.01))
    data = DataSpec(name="mnist1d", train_size=1000, test_size=200)
    summary = trained(Experiment(model=model, data=data, training=recipe), runs).summary
    assert summary.misclassification["clean"] < 0.75
    assert summary.notices == ()


def test_an_answer_of_several_symbols_is_wrong_where_any_is(runs: Path) -> None:
    found = trained(asked("echo"), runs).predictions["same"]
    assert found.predicted.shape == found.labels.shape == (20, 3)
    for answer in found.predicted.tolist():
        assert set(answer[answer.index(END) + 1 :]) <= {PADDING}
    rows = zip(found.predicted.tolist(), found.labels.tolist(), strict=True)
    assert found.wrong.tolist() == [predicted != label for predicted, label in rows]
    assert found.confidence.shape == (20,)


def test_each_seed_may_test_other_examples(runs: Path) -> None:
    tested = [trained(asked("ring", seed=s), runs).predictions["same"].examples for s in (0, 1)]
    assert set(tested[0].tolist()) != set(tested[1].tolist())
    assert all(len(set(rows.tolist())) == 20 for rows in tested)


def test_a_trial_is_as_small_as_the_data_set_says(tmp_path: Path) -> None:
    data = make_run(asked("echo"), "cpu", tmp_path, smoke=True).experiment.data
    assert (data.train_size, data.test_size) == (40, 10)


def refused(**changes: object) -> str:
    with pytest.raises(ValidationError) as error:
        Experiment.model_validate({"model": {"family": "fnn"}, **changes})
    found = error.value.errors()
    (details,) = [e for e in found if e["type"] != "default_factory_not_called"]
    return f"{'.'.join(map(str, details['loc']))}: {details['ctx']['error']}"


def test_a_model_is_refused_that_does_not_take_the_kind() -> None:
    told = refused(model={"family": "lenet5"}, data={"name": "mnist1d"})
    takers = [name for name, family in MODELS.items() if "signal" in family.takes]
    do = ", ".join(takers)
    images = "mnist, fashion_mnist, kmnist, cifar10, cifar100"
    assert told == (
        f": lenet5 takes images, mnist1d has signals; those that do: {do}; data.name for lenet5: "
        f"{images}"
    )
    assert {"fnn", "linear"} <= set(takers)
    told = refused(model={"family": "rnn"}, data={"name": "ring"})
    do = ", ".join(name for name, family in MODELS.items() if "graph" in family.takes)
    assert "rnn takes images, sequences and signals, ring has graphs" in told
    assert f"; those that do: {do}, neighbours; data.name for rnn: mnist, " in told


def test_a_condition_is_looked_up_among_those_of_the_kind() -> None:
    signals = {"name": "mnist1d"}
    told = refused(data=signals, conditions=["clean", "rotate:30"])
    known = ", ".join(CONDITIONS["signal"])
    assert told == (
        f"conditions.1: condition 'rotate' is for images, not for signals; known: {known}"
    )
    told = refused(data=signals, conditions=["clean", "translate:2,2"])
    assert told.endswith("condition 'translate:2,2' should be written translate:DX for signals")
    told = refused(data=signals, conditions=["clena"])
    assert told == "conditions.0: unknown condition 'clena'; did you mean 'clean'?"
    told = refused(data=signals, training={"augment": ["clean", "shift"]})
    assert told == "training.augment.1: condition 'shift' should be written shift:K"
    kept = asked("echo").model_dump() | {"conditions": [" dropped:03"]}
    assert Experiment.model_validate(kept).conditions == ("dropped:3",)


def test_a_graph_is_not_augmented() -> None:
    told = refused(model=kinds.Neighbours(), data={"name": "ring"}, training={"augment": ["same"]})
    assert told == "training: augment: examples of a graph cannot be altered one by one"


class Cutter(kinds.Neighbours):
    """Cuts the graph that all batches share."""

    family: Literal["cutter"] = "cutter"  # type: ignore[assignment]

    def network(self, problem: Problem) -> nn.Module:
        network = super().network(problem)
        network.register_forward_pre_hook(_cut)
        return network


def _cut(module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
    given[1].values().zero_()


def test_what_all_batches_share_may_not_be_altered(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_families, "cutter", Cutter)
    with pytest.raises(ConfigError, match="cutter alters in place what all batches share"):
        train(asked("ring", Cutter()), runs_dir=runs)
    assert not list(runs.glob("*/outcome.json"))


def test_what_is_known_of_a_conditions_examples_is_a_notice_once(runs: Path) -> None:
    outcome = trained(asked("echo"), runs)
    assert outcome.summary.notices == ("under dropped:5: 5 sentences are left out",)
    run = runs / outcome.summary.run
    for _ in range(2):
        later = evaluate(run, ["dropped:1", "dropped:5"])
        assert later.summary.notices == (
            "under dropped:5: 5 sentences are left out",
            "under dropped:1: 1 sentences are left out",
        )


@pytest.mark.parametrize("how", ["steps", "anew", "at once"])
def test_what_is_seen_inside_is_kept_with_a_run(how: Any, runs: Path) -> None:
    outcome = trained(asked("echo", kinds.Reader(how=how)), runs)
    assert outcome.summary.misclassification["same"] == 0
    attends = () if how == "at once" else ("alignments",)
    names = {"aligned", *attends, "gradient_new", "gradient_trained", "gradient_count"}
    assert set(outcome.summary.tensors) == names
    assert outcome.tensors["gradient_count"].tolist()[:3] == [20, 20, 20]
    run = outcome.summary.run
    evaluate(runs / run, ["dropped:2"])
    again = Store(runs).read(run)[1]
    assert "dropped:2" in again.predictions
    for name, array in outcome.tensors.items():
        assert np.array_equal(again.tensors[name], array)
        assert again.tensors[name].dtype == array.dtype
    assert all(not check.problems for check in verify([runs / run]))
    file = runs / run / "tensors" / "gradient_new.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert any("gradient_new" in problem for problem in verify([runs / run])[0].problems)


def test_networks_that_keep_what_they_said_answer_as_those_that_do_not(runs: Path) -> None:
    found = [
        trained(asked("echo", model), runs / model.how).predictions["same"]
        for model in (kinds.Reader(how="steps"), kinds.Reader(how="anew"))
    ]
    assert np.array_equal(found[0].predicted, found[1].predicted)
    assert found[0].confidence == pytest.approx(found[1].confidence, rel=1e-5)


def test_an_interrupted_training_of_sequences_goes_on_to_the_same_bits(runs: Path) -> None:
    recipe = RECIPE.model_copy(update={"steps": None, "epochs": 4})
    experiment = asked("echo").model_copy(update={"training": recipe})
    whole = trained(experiment, runs / "whole")

    def stop(progress: Progress) -> None:
        if len(progress.history) == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(experiment, runs_dir=runs / "parts", on_progress=stop)
    parts = trained(experiment, runs / "parts")
    stores = [Store(runs / name).weights_file(whole.summary.run) for name in ("whole", "parts")]
    assert stores[0] == stores[1]
    for name, array in whole.tensors.items():
        assert np.array_equal(parts.tensors[name], array)


def test_an_outcome_of_sequences_can_be_sent_to_another_process(tmp_path: Path) -> None:
    training = Recipe(steps=2, batch_size=20, precision="bf16")
    experiment = asked("echo").model_copy(update={"training": training})
    performed = perform(make_run(experiment, "cpu", tmp_path), tmp_path)
    again = pickle.loads(pickle.dumps(performed))
    assert again.weights == performed.weights
    assert again.outcome.summary == performed.outcome.summary
    for name, array in performed.outcome.tensors.items():
        assert np.array_equal(again.outcome.tensors[name], array)
