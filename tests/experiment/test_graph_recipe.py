"""On a graph a step is a pass over the whole: the recipe says so, and nothing else can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import yaml

from structbench.errors import ConfigError
from structbench.experiment.comparison import config_text, load_comparison
from structbench.experiment.load import load_experiment
from structbench.experiment.sweep import load_sweep, sweep_points
from structbench.models.plugins import _families
from tests import kinds

ONE = "model: {family: neighbours}\ndata: {name: ring}\ntraining: {epochs: 20}\n"
TWO = """
models: {one: {family: neighbours}, other: {family: others}}
data: {name: ring}
recipes: {other: {epochs: 7}}
"""
REFUSED = r"training.batch_size: a step is a pass over the whole graph; leave it out, or null"


class Others(kinds.Neighbours):
    """As Neighbours."""

    family: Literal["others"] = "others"  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kinds.register(monkeypatch)
    monkeypatch.setitem(_families, "others", Others)
    monkeypatch.chdir(tmp_path)


def config(text: str, name: str = "own.yaml") -> str:
    Path(name).write_text(text)
    return name


def test_a_step_takes_all_nodes() -> None:
    experiment = load_experiment(config(ONE))
    assert experiment.training.batch_size is None
    assert experiment.training.all_steps(60) == 20
    again = config(yaml.safe_dump(experiment.model_dump(mode="json")), "again.yaml")
    assert load_experiment(again) == experiment
    assert load_experiment(again, ["training.batch_size=null"]) == experiment


def test_another_batch_is_refused_where_it_stands() -> None:
    with pytest.raises(ConfigError, match=rf"^--set training.batch_size=32: {REFUSED}$"):
        load_experiment(config(ONE), ["training.batch_size=32"])
    written = ONE.replace("epochs: 20", "batch_size: 64")
    with pytest.raises(ConfigError, match=rf"^own.yaml:3:12: {REFUSED}$"):
        load_experiment(config(written))


def test_so_it_is_in_a_comparison_and_in_its_recipes() -> None:
    spec = load_comparison([config(TWO)])
    asked = spec.experiments()
    assert all(experiment.training.batch_size is None for experiment in asked.values())
    assert asked["other"].training.epochs == 7
    assert load_comparison([config(config_text(spec), "again.yaml")]) == spec
    with pytest.raises(ConfigError, match=r"recipes.other.batch_size: a step is a pass over"):
        load_comparison([config(TWO)], ["recipes.other.batch_size=8"])
    with pytest.raises(ConfigError, match=REFUSED):
        load_comparison([config(TWO)], ["training.batch_size=8"])


def test_so_it_is_at_each_point_of_a_sweep() -> None:
    sweep = config(TWO + "axes: {data.train_size: [8, 16]}\n")
    for point in sweep_points(load_sweep(sweep)):
        assert point.spec.training.batch_size is None
    axis = config(TWO + "axes: {training.batch_size: [8, 16]}\n")
    with pytest.raises(ConfigError, match="a step is a pass over the whole graph"):
        load_sweep(axis)


def test_all_at_once_can_be_asked_of_any_kind() -> None:
    experiment = load_experiment("fnn", ["training.batch_size=null", "data.train_size=500"])
    assert experiment.training.batch(500) == 500
    assert experiment.training.all_steps(500) == experiment.training.epochs
