"""What a comparison asks for, from the command line or a config, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from structbench.errors import BudgetError, ConfigError
from structbench.experiment.comparison import (
    ComparisonSpec,
    chains,
    config_text,
    load_comparison,
    make_plan,
    require_comparable,
)
from structbench.experiment.load import load_experiment
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from tests.conftest import TINY

SMALL = "data={train_size: 300, test_size: 200}"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    text = (
        "models:\n  wide: {family: fnn, hidden: [64]}\n  narrow: {family: fnn, hidden: [8]}\n"
        "baseline: wide\nseeds: 3\nconditions: [invert]\n"
    )
    return written(tmp_path / "own.yaml", text)


def test_families_are_compared_with_the_lectures_recipe() -> None:
    spec = load_comparison(["cnn", "fnn"])
    assert spec.models == {"cnn": CNN(), "fnn": FNN()}
    assert (spec.seeds, spec.reference) == (5, "fnn")
    assert spec.conditions == ("clean", "translate:2,2")
    assert spec.experiments()["cnn"] == load_experiment("cnn")


def test_the_lecture_is_a_config() -> None:
    spec = load_comparison(["lecture"])
    assert spec == load_comparison(["cnn", "fnn"], ["seeds=3"])


def test_a_config_names_all_in_one_file(config: Path) -> None:
    spec = load_comparison([str(config)], ["seeds=4", "models.narrow.hidden=[9]"])
    assert spec.models == {"wide": FNN(hidden=(64,)), "narrow": FNN(hidden=(9,))}
    assert (spec.baseline, spec.seeds, spec.conditions) == ("wide", 4, ("invert",))


def test_a_family_takes_the_recipe_of_the_config_beside_it(tmp_path: Path) -> None:
    own = "model: {family: fnn, hidden: [20]}\ntraining: {epochs: 7}\n"
    spec = load_comparison([str(written(tmp_path / "own.yaml", own)), "linear"])
    assert list(spec.models) == ["own", "linear"]
    assert spec.training.epochs == 7


def test_configs_with_other_recipes_are_refused_by_what_differs(tmp_path: Path) -> None:
    one = written(tmp_path / "one.yaml", "model: {family: fnn}\ntraining: {batch_size: 32}\n")
    two = written(tmp_path / "two.yaml", "model: {family: linear}\ntraining: {batch_size: 64}\n")
    with pytest.raises(ConfigError, match=r"not comparable: training.batch_size differs") as error:
        load_comparison([str(one), str(two)])
    assert "one 32, two 64" in str(error.value)
    assert "recipes:" in str(error.value)


def test_recipes_may_differ_where_the_config_says_so(config: Path, tmp_path: Path) -> None:
    asked = load_comparison([str(config)], ["recipes.narrow.epochs=9"])
    plan = make_plan(asked, "cpu", tmp_path)
    epochs = {name: runs[0].experiment.training.epochs for name, runs in plan.runs.items()}
    assert epochs == {"wide": 3, "narrow": 9}
    other = load_comparison([str(config)], ["recipes.narrow.precision=bf16"])
    with pytest.raises(ConfigError, match=r"training.precision differs: wide fp32, narrow bf16"):
        make_plan(other, "cpu", tmp_path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"data_digest": "other"}, "data"),
        ({"torch_version": "1.0"}, "torch"),
        ({"device": "cuda"}, "device"),
    ],
)
def test_runs_on_other_ground_are_not_comparable(
    tmp_path: Path, change: dict[str, Any], what: str
) -> None:
    run = make_plan(load_comparison(["fnn", "linear"]), "cpu", tmp_path).runs["fnn"][0]
    with pytest.raises(ConfigError, match=f"not comparable: {what} differs"):
        require_comparable({"a": run, "b": replace(run, **change)}, recipes_differ=True)


def test_other_subsets_are_not_comparable(tmp_path: Path) -> None:
    run = make_plan(load_comparison(["fnn", "linear"]), "cpu", tmp_path).runs["fnn"][0]
    fewer = replace(run, experiment=load_experiment("fnn", ["data.train_size=100"]))
    with pytest.raises(ConfigError, match=r"data.train_size differs: a None, b 100"):
        require_comparable({"a": run, "b": fewer}, recipes_differ=True)


def test_runs_are_paired_by_seed_and_come_seed_by_seed(tmp_path: Path) -> None:
    plan = make_plan(load_comparison(["cnn", "fnn"], ["seeds=2"]), "cpu", tmp_path)
    order = [(r.experiment.seed, r.experiment.model.family) for r in plan.in_order]
    assert order == [(seed, family) for seed in (0, 1) for family in ("cnn", "fnn")]


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("3", (0, 1, 2)),
        ("[0, 1, 2]", (0, 1, 2)),
        ("[123, 0, 42]", (123, 0, 42)),
        ("[7]", (7,)),
        ("[4294967295]", (4294967295,)),
    ],
)
def test_seeds_are_so_many_or_those_of_a_list_in_its_order(
    tmp_path: Path, text: str, seeds: tuple[int, ...]
) -> None:
    asked = load_comparison(["cnn", "fnn"], [f"seeds={text}"])
    plan = make_plan(asked, "cpu", tmp_path)
    assert asked.seed_numbers == seeds
    for name, runs in plan.runs.items():
        assert [run.experiment for run in runs] == [
            load_experiment(name, [f"seed={seed}"]) for seed in seeds
        ]
    again = written(tmp_path / "comparison.yaml", config_text(asked))
    assert load_comparison([str(again)]) == asked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "seeds: should have at least 1 item, has 0"),
        ("[1, 2, 1]", "seeds: 1 stands here twice"),
        ("[0, -1]", "seeds.1: should be greater than or equal to 0, not -1"),
        ("[4294967296]", "seeds.0: should be less than or equal to 4294967295"),
        ("[1.0]", "seeds.0: should be a valid integer, not 1.0"),
        ("[true]", "seeds.0: should be a valid integer, not True"),
        ("[a, 1]", "seeds.0: should be a valid integer, not 'a'"),
        ("'3'", "seeds: should be a valid integer, not '3'"),
        ("10001", "seeds: should be less than or equal to 10000"),
        ("{a: 1}", "seeds: should be a valid integer, not {'a': 1}"),
    ],
)
def test_what_is_no_number_and_no_list_of_seeds_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_comparison(["cnn", "fnn"], [f"seeds={text}"])
    assert str(error.value).startswith(f"--set seeds={text}: {message}")
    assert len(str(error.value).splitlines()) == 1


def test_a_comparisons_run_is_the_run_that_train_makes(tmp_path: Path) -> None:
    plan = make_plan(load_comparison(["cnn", "fnn"]), "cpu", tmp_path)
    asked = load_experiment("cnn", ["seed=3"])
    assert plan.runs["cnn"][3].experiment == asked


def test_a_budget_sets_the_widths(tmp_path: Path) -> None:
    found = load_comparison(["cnn", "fnn"], ["budget=100000"]).experiments()
    for experiment in found.values():
        assert experiment.layer_table.parameters == pytest.approx(100_000, rel=0.02)
    assert found["cnn"].model != CNN()
    with pytest.raises(BudgetError, match="linear cannot have 100,000 parameters"):
        load_comparison(["cnn", "linear"], ["budget=100000"]).experiments()


@pytest.mark.parametrize(
    ("models", "overrides", "message"),
    [
        (["cnn"], [], "needs two models"),
        (["cnn", "cnn"], [], "two models are called 'cnn'"),
        (["cnn", "fmn"], [], "no model or packaged config 'fmn'; did you mean 'fnn'"),
        (["cnn", "fnn"], ["baseline=rnn"], r"baseline: 'rnn' is none of the models \(cnn, fnn\)"),
        (["cnn", "fnn"], ["seeds=0"], "seeds: should be greater than or equal to 1"),
        (["cnn", "fnn"], ["sedes=3"], "unknown key 'sedes'; did you mean 'seeds'"),
        (["cnn", "fnn"], ["models.fnn.hiden=[3]"], "unknown key 'hiden'; did you mean 'hidden'"),
        (["cnn", "fnn"], ["models.cnn.kernel_size=99"], "models.cnn: layer conv2d1"),
        (["cnn", "fnn"], ["margin=0"], "margin: should be greater than 0"),
        (["cnn", "fnn"], ["conditions=[rot]"], "rot"),
        (
            ["cnn", "fnn"],
            ["ablate_structure=true", "data.structure_removed=1"],
            "takes the structure out",
        ),
        (["cnn", "fnn"], ["models.cnn={family: fnn}"], "are the same network, trained alike"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    models: list[str], overrides: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_comparison(models, overrides)


def test_mistakes_in_a_config_have_a_place(config: Path) -> None:
    config.write_text(config.read_text() + "margin: wide\nbugdet: 3\n")
    with pytest.raises(ConfigError) as error:
        load_comparison([str(config)])
    lines = str(error.value).splitlines()
    assert lines[0].startswith(f"{config}:7:")
    assert lines[1].startswith(f"{config}:8:1: bugdet: unknown key 'bugdet'; did you mean 'budget'")


def test_what_is_left_in_the_folder_asks_for_the_same_again(tmp_path: Path) -> None:
    spec = load_comparison(
        ["cnn", "fnn"], [*TINY[1:], "models.cnn.channels=[4]", "budget=20000", "baseline=cnn"]
    )
    path = written(tmp_path / "comparison.yaml", config_text(spec))
    assert load_comparison([str(path)]) == spec
    assert isinstance(spec, ComparisonSpec)


def test_models_that_differ_in_depth_alone_are_a_chain() -> None:
    models = {
        "deep": {"family": "plain", "depth": 20},
        "shallow": {"family": "plain", "depth": 8},
        "wide": {"family": "plain", "depth": 14, "width": 32},
        "otherwise": {"family": "plain", "depth": 14},
        "residual": {"family": "resnet", "depth": 8},
        "rnn": {"family": "rnn", "depth": 2},
        "flat": {"family": "rnn"},
        "fnn": {"family": "fnn"},
    }
    recipes = {"otherwise": {"epochs": 7}}
    spec = ComparisonSpec.model_validate({"models": models, "recipes": recipes})
    assert chains(spec.experiments()) == (("shallow", "deep"), ("flat", "rnn"))


def test_an_option_of_every_model_is_set_at_once() -> None:
    spec = load_comparison(["depth"], ["models.*.width=4", "models.*.squeeze=true"])
    assert {(m.width, m.squeeze) for m in spec.models.values()} == {(4, True)}  # type: ignore[attr-defined]
    some = load_comparison(["lecture"], ["models.*.dropout=0.1"]).models
    assert {m.dropout for m in some.values()} == {0.1}  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match=r"models\.cnn\.widht: unknown key 'widht'"):
        load_comparison(["lecture"], ["models.*.widht=4"])
