"""Condition `training`: some of the examples that were learned from, of each kind, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from structbench import Experiment, evaluate, train
from structbench.data.examples import PADDING, Examples
from structbench.data.spec import LoadedData, default_data_folder
from structbench.errors import ConfigError
from structbench.evaluation import shared_of
from structbench.experiment.load import build, load_experiment
from structbench.experiment.strict_yaml import parse
from structbench.experiment.sweep import SweepSpec
from structbench.models.plugins import _families, named_model
from structbench.outcome import Outcome
from structbench.problem import END
from structbench.store.runs import Store
from structbench.training.checkpoint import unpacked
from tests import kinds, own

EXPERIMENTS = {
    "image": "model: {family: cnn, channels: [4], hidden: 8}\n"
    "data: {train_size: 251, test_size: 60, structure_removed: 0.5}\n"
    "training: {epochs: 2, augment: [clean, 'translate:1,1']}",
    "signal": "model: {family: fnn, hidden: [16]}\n"
    "data: {name: mnist1d, train_size: 2500, validation_size: 50, test_size: 70}\n"
    "training: {epochs: 3}",
    "sequence": "model: {family: reader}\n"
    "data: {name: numbers, numbers: [0, 999], train_size: 40, test_size: 20}\n"
    "training: {epochs: 20, batch_size: 20, optimizer: {name: adam, learning_rate: 0.03}}\n"
    "conditions: [clean]",
    "graph": "model: {family: gcn}\ndata: {name: karate}\n"
    "training: {epochs: 9, optimizer: {learning_rate: 1e-3}}",
}


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_families, "reader", kinds.Reader)


def asked(kind: str, *overrides: str) -> Experiment:
    return build(Experiment, parse(EXPERIMENTS[kind], "config"), overrides)


def loaded(experiment: Experiment) -> LoadedData:
    return experiment.data.load(default_data_folder(), experiment.seed)


def trained_network(experiment: Experiment, outcome: Outcome, runs: Path) -> nn.Module:
    network = experiment.model.network(experiment.data.problem)
    network.load_state_dict(unpacked(Store(runs).weights_file(outcome.summary.run)))
    return network.eval()


def wrong(network: nn.Module, examples: Examples) -> Iterator[bool]:
    """Asked one by one."""
    shared = shared_of(network, examples, torch.device("cpu"))
    for i in range(len(examples)):
        first, *_ = (torch.from_numpy(array[i : i + 1]) for array in examples.inputs)
        label = examples.labels[i]
        if label.ndim:
            yield sentence(network, first, len(label)) != label.tolist()
            continue
        seen = first.float() / 255 if first.dtype == torch.uint8 else first
        yield int(network(seen, *shared).argmax()) != label


def sentence(network: nn.Module, source: torch.Tensor, places: int) -> list[int]:
    said = [END]
    while len(said) <= places and said[1:][-1:] != [END]:
        said.append(int(network(source, torch.tensor([said]))[0, -1].argmax()))
    return said[1:] + [PADDING] * (places + 1 - len(said))


@pytest.mark.parametrize("kind", EXPERIMENTS)
def test_a_finished_run_is_asked_what_it_learned_from(kind: str, runs: Path) -> None:
    experiment = asked(kind)
    before = train(experiment, runs_dir=runs)
    outcome = evaluate(before.summary.run, ["training"], runs_dir=runs)
    found, data = outcome.predictions["training"], loaded(experiment)
    assert set(found.examples.tolist()) <= set(data.train.rows.tolist())
    assert len(set(found.examples.tolist())) == min(len(data.train), 2000)
    place = {row: place for place, row in enumerate(data.train.rows.tolist())}
    chosen = data.train.take(np.array([place[row] for row in found.examples.tolist()]))
    with torch.no_grad():
        network = trained_network(experiment, outcome, runs)
        said = list(wrong(network, data.prepared(chosen)))
    assert outcome.wrong("training").tolist() == said
    assert 0 < sum(said) < len(said)
    assert outcome.summary.examples["training"] == len(said)
    notices = [text.removeprefix("under training: ") for text in outcome.summary.notices]
    assert set(notices) == set(before.summary.notices)


def sample(experiment: Experiment) -> NDArray[np.int64]:
    return loaded(experiment).tested("training", experiment.seed).rows


def test_the_sample_follows_from_what_was_learned_from_alone() -> None:
    every = sample(asked("image", "data.train_size=null"))
    assert len(every) == 2000
    for same in ("seed=3", "data.structure_removed=0", "training.epochs=9", "data.test_size=9"):
        assert (sample(asked("image", "data.train_size=null", same)) == every).all()
    # In the order of each seed, and yet the same ones.
    ordered = [sample(asked("image", "data.train_size=60000", f"seed={s}")) for s in (0, 1)]
    assert all((rows == every).all() for rows in ordered)
    seeds = [sample(asked("signal", f"seed={s}")) for s in (0, 1)]
    assert [len(rows) for rows in seeds] == [2000, 2000]
    assert (seeds[0] != seeds[1]).any()


def test_it_is_stratified() -> None:
    data = loaded(asked("image", "data.train_size=null"))
    counts = np.bincount(data.tested("training", 0).labels)
    assert (abs(counts - np.bincount(data.train.labels) / 30) <= 1).all()


def told(kind: type[Any], text: str) -> str:
    with pytest.raises(ConfigError) as error:
        build(kind, parse(text, "config"))
    return str(error.value)


CONTEST = "models: {a: {family: fnn}, b: {family: linear}}\ntraining: {epochs: 1}\n"


def test_it_alters_nothing_and_takes_no_number() -> None:
    text = "model: {family: fnn}\ntraining: {augment: [training]}"
    assert "augment: training chooses other examples" in told(Experiment, text)
    text = "model: {family: fnn}\nconditions: ['training:3']"
    assert "condition 'training:3' should be written training" in told(Experiment, text)
    text = CONTEST + "strengths: {x: {condition: 'training:{level}', levels: [1, 2]}}"
    assert "should be written training" in told(SweepSpec, text)


def test_its_last_batch_is_tried_before_anything_is_trained(runs: Path, tmp_path: Path) -> None:
    refuses = "if not self.training and len(x) == 3: raise ValueError('three')"
    named_model(f"{own.written(tmp_path, own.net(forward=refuses))}:Net")
    small = ["data={train_size: 253, test_size: 40}", "training.epochs=1"]
    train(load_experiment("Net", small), runs_dir=runs)
    with pytest.raises(ConfigError, match="when asked for 3 examples at a time"):
        train(load_experiment("Net", [*small, "conditions=[clean, training]"]), runs_dir=runs)
