from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structbench.experiment.load import load_experiment
from structbench.experiment.run import Run, make_run
from structbench.streams import stream, stream_seed


def run_of(*overrides: str, **changes: Any) -> Run:
    facts = {"device": "cpu", "data_digest": "d", "torch_version": "2"} | changes
    return Run(load_experiment("cnn", overrides), **facts)


def test_the_name_is_stable_and_says_model_and_seed() -> None:
    assert run_of("seed=7").id == run_of("seed=7").id
    assert run_of("seed=7").id.startswith("cnn-s7-")
    assert len(run_of().id) == len("cnn-s0-") + 10


@pytest.mark.parametrize(
    ("overrides", "changes"),
    [
        (["seed=1"], {}),
        (["training.epochs=4"], {}),
        (["training.precision=bf16"], {}),
        (["training.steps=100"], {}),
        (["data.structure_removed=0.5"], {}),
        (["data.structure_removed=1"], {}),
        (["data.test_size=100"], {}),
        (["model.hidden=64"], {}),
        ([], {"device": "cuda"}),
        ([], {"data_digest": "e"}),
        ([], {"torch_version": "3"}),
        ([], {"smoke": True}),
    ],
    ids=str,
)
def test_whatever_can_change_a_result_changes_the_name(
    overrides: list[str], changes: dict[str, Any]
) -> None:
    assert run_of(*overrides, **changes).id != run_of().id


def test_conditions_and_spelt_out_defaults_do_not() -> None:
    assert run_of("conditions=[invert]").id == run_of().id
    assert run_of("model={family: cnn}", "training={epochs: 3}").id == run_of().id


def test_none_of_the_structure_has_one_name() -> None:
    assert run_of("data.structure_removed=0").id == run_of("data.structure_removed=0.0").id
    assert run_of("data.structure_removed=0").id == run_of().id


def test_smoke_is_smaller_and_never_larger_than_what_was_asked(tmp_path: Path) -> None:
    smoke = make_run(load_experiment("cnn"), "cpu", tmp_path, smoke=True)
    assert smoke.id.startswith("smoke-cnn-s0-")
    asked = smoke.experiment
    assert (asked.data.train_size, asked.data.test_size, asked.training.epochs) == (2000, 1000, 1)
    steps = make_run(load_experiment("cnn", ["training.steps=500"]), "cpu", tmp_path, smoke=True)
    assert (steps.experiment.training.steps, steps.experiment.training.epochs) == (32, 3)
    small = load_experiment("cnn", ["data={train_size: 50, test_size: 20}"])
    kept = make_run(small, "cpu", tmp_path, smoke=True).experiment.data
    assert (kept.train_size, kept.test_size) == (50, 20)


def test_streams_are_named_and_independent() -> None:
    names: list[tuple[str | int, ...]] = [("order", 0), ("order", 1), ("subset",)]
    draws = {(seed, *n): stream(seed, *n).integers(2**60) for seed in (0, 1) for n in names}
    assert len(set(draws.values())) == 6
    assert stream(0, "order", 1).integers(2**60) == draws[0, "order", 1]
    assert 0 <= stream_seed(2**32 - 1, "x") < 2**63
    # Frozen: a change here would change the results of every run there is.
    assert stream_seed(0, "initialisation") == 1211873466182239562
