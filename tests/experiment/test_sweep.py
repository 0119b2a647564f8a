"""What a sweep asks for: its grid, the runs of its points, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structbench.errors import BudgetError, ConfigError
from structbench.experiment.comparison import chains, config_text, load_comparison, make_plan
from structbench.experiment.sweep import (
    SweepSpec,
    load_sweep,
    make_comparison_plan,
    make_sweep_plan,
    sweep_points,
)
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN, SoftmaxRegression
from structbench.models.lenet import LeNet5
from structbench.models.resnet import Plain, ResNet
from structbench.training.optimizers import SGD, Adam
from structbench.training.schedules import Cosine, Step

TEXT = """name: own
models:
  fnn: {family: fnn, hidden: [8]}
  linear: {family: linear}
seeds: 2
data: {test_size: 200}
training: {epochs: 1}
conditions: [clean]
axes:
  data.train_size: [100, 200]
strengths:
  shift: {condition: "translate:{level},0", levels: {start: 0, stop: 2, step: 1}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(TEXT)
    return path


def test_the_points_are_the_comparisons_that_one_would_ask_for(
    config: Path, tmp_path: Path
) -> None:
    spec = load_sweep(config)
    assert spec.all_conditions == ("clean", "translate:0,0", "translate:1,0", "translate:2,0")
    plan = make_sweep_plan(spec, "cpu", tmp_path)
    assert [point.title for point, _ in plan.points] == [
        "data.train_size 100", "data.train_size 200",
    ]  # fmt: skip
    asked = ["data={test_size: 200, train_size: 200}", "training.epochs=1", "seeds=2"]
    alone = make_plan(
        load_comparison(["fnn", "linear"], [*asked, "models.fnn.hidden=[8]"]), "cpu", tmp_path
    )
    assert [r.id for r in plan.points[1][1].in_order] == [r.id for r in alone.in_order]
    assert plan.labels[plan.in_order[0].id] == "fnn at data.train_size 100"


def test_a_longer_axis_has_the_same_runs_and_more(config: Path, tmp_path: Path) -> None:
    ids = [
        {run.id for run in make_sweep_plan(load_sweep(config, more), "cpu", tmp_path).in_order}
        for more in ([], ["axes={data.train_size: [100, 150, 200]}"])
    ]
    assert ids[0] < ids[1]
    assert len(ids[1] - ids[0]) == 4


def test_a_sweep_may_name_its_seeds(config: Path, tmp_path: Path) -> None:
    spec = load_sweep(config, ["seeds=[42, 0]"])
    plan = make_sweep_plan(spec, "cpu", tmp_path)
    assert [[run.experiment.seed for run in at.in_order] for _, at in plan.points] == [
        [42, 42, 0, 0], [42, 42, 0, 0],
    ]  # fmt: skip
    assert spec.seed_numbers == plan.points[0][0].spec.seed_numbers == (42, 0)
    ablated = load_comparison(["lecture"], ["ablate_structure=true", "seeds=[42, 0]"])
    plan = make_comparison_plan(ablated, "cpu", tmp_path)
    assert [run.experiment.seed for run in plan.in_order] == [42, 42, 0, 0] * 2


def test_a_run_that_several_points_share_is_one_run(config: Path, tmp_path: Path) -> None:
    spec = load_sweep(config, ["axes={models.fnn.hidden: [[8], [9], [10]]}"])
    plan = make_sweep_plan(spec, "cpu", tmp_path)
    assert len(plan.in_order) == 2 * (3 + 1)
    assert [len(runs.in_order) for _, runs in plan.points] == [4, 4, 4]


@pytest.mark.parametrize(
    ("axis", "levels"),
    [
        ("{start: 1, stop: 7, step: 3}", (1, 4, 7)),
        ("{start: 1, stop: 6, step: 3}", (1, 4)),
        ("{start: 0, stop: 1, step: 0.1}", tuple(i / 10 for i in range(11))),
        ("{start: 100, stop: 10000, points: 5}", (100, 316, 1000, 3162, 10_000)),
        ("{start: 1, stop: 3, points: 9}", (1, 2, 3)),
        ("{start: 0.001, stop: 0.1, points: 3}", (0.001, 0.01, 0.1)),
        ("[adam, 3, null, [1]]", ("adam", 3, None, [1])),
    ],
)
def test_axes_are_lists_ranges_and_log_ranges(axis: str, levels: tuple[object, ...]) -> None:
    spec = SweepSpec(
        models={"a": FNN(), "b": FNN(hidden=(9,))},
        axes={"data.train_size": _parsed(axis)},
    )
    assert spec.axes["data.train_size"] == levels


def _parsed(text: str) -> Any:
    from structbench.experiment.strict_yaml import parse

    return parse(text, "axis").data


def test_the_grid_is_all_combinations_the_last_axis_fastest(config: Path) -> None:
    spec = load_sweep(config, ["axes={data.train_size: [1, 2], training.batch_size: [3, 4, 5]}"])
    levels = [tuple(point.levels.values()) for point in sweep_points(spec)]
    assert levels == [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]
    assert len({point.config for point in sweep_points(spec)}) == 6


def test_an_axis_is_set_by_the_key_that_it_varies(config: Path) -> None:
    spec = load_sweep(config, ["axes.data.train_size=[50, 60, 70]", "axes.budget=[500]"])
    assert spec.axes == {"data.train_size": (50, 60, 70), "budget": (500,)}
    spec = load_sweep(config, ["strengths.shift.levels=[1, 3]"])
    assert spec.strengths["shift"].levels == (1, 3)
    with pytest.raises(ConfigError) as error:
        load_sweep(config, ["axes.data.train_sise=[50]"])
    assert "--set axes.data.train_sise=[50]: data.train_sise: unknown key" in str(error.value)


def test_an_axis_over_names_takes_what_is_written_and_each_names_own_defaults(
    config: Path,
) -> None:
    axes = "axes={training.optimizer.learning_rate: [0.5], training.optimizer.name: [adam, sgd]}"
    points = sweep_points(load_sweep(config, [axes]))
    found = [point.spec.training.optimizer for point in points]
    assert found == [Adam(learning_rate=0.5), SGD(learning_rate=0.5)]
    points = sweep_points(
        load_sweep(
            config,
            ["axes={training.optimizer.name: [adam, sgd]}", "training.optimizer.weight_decay=0.1"],
        )
    )
    found = [point.spec.training.optimizer for point in points]
    assert found == [Adam(weight_decay=0.1), SGD(weight_decay=0.1)]
    points = sweep_points(
        load_sweep(config, ["axes={models.fnn.family: [lenet5, cnn]}", "models.fnn={family: fnn}"])
    )
    assert [point.spec.models["fnn"] for point in points] == [LeNet5(), CNN()]
    points = sweep_points(load_sweep(config, ["axes={training.schedule.name: [cosine, step]}"]))
    assert [point.spec.training.schedule for point in points] == [Cosine(), Step()]


@pytest.mark.parametrize("name", ["sweeps/sampel_size", "sweep/sample_size"])
def test_a_misspelt_name_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(ConfigError, match="did you mean 'sweeps/sample_size'"):
        load_sweep(name)


MISTAKES = {
    "unknown key": ("data.train_sise: [1]", "10:3: data.train_sise: unknown key", "train_size"),
    "wrong level": ("data.train_size: [1, 0]", "10:3: data.train_size: should be greater", "not 0"),
    "too many": ("data.train_size: [70000]", "10:3: data: train_size 70,000", "of mnist"),
    "wrong type": ("training.optimizer.name: [adam, 3]", "10:3: training.optimizer", "'3'"),
    "seeds": ("seeds: [1, 2]", "10:3: axes.seeds: 'seeds' is no key that an axis may", "known"),
    "typo": ("dta.train_size: [1]", "10:3: axes.dta.train_size", "did you mean 'data'"),
    "conditions": ("conditions: [clean]", "10:3: axes.conditions", "`strengths`"),
    "section": ("data: [1]", "10:3: axes.data: an axis varies one key", "data.train_size"),
    "one number": ("budget: 3", "10:3: axes.budget: should be a list, not 3", ""),
    "no levels": ("budget: []", "10:3: axes.budget: should have at least 1 item", ""),
    "twice": ("budget: [5, 5]", "10:3: axes.budget: 5 stands here twice", ""),
    "half a range": ("budget: {start: 3}", "10:3: axes.budget: a range is {start, stop", ""),
    "backwards": ("budget: {start: 3, stop: 1, step: 1}", "10:3: axes.budget: start 3", "above"),
    "standing still": ("budget: {start: 1, stop: 3, step: 0}", "10:3: axes.budget: step 0", ""),
    "log of zero": ("budget: {start: 0, stop: 3, points: 3}", "axes.budget: a log range", ""),
    "words": ("budget: {start: a, stop: 3, step: 3}", "axes.budget: start should be a number", ""),
}


@pytest.mark.parametrize(("axis", "message", "more"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_in_an_axis_have_a_place(config: Path, axis: str, message: str, more: str) -> None:
    config.write_text(TEXT.replace("data.train_size: [100, 200]", axis))
    with pytest.raises(ConfigError) as error:
        load_sweep(config)
    assert f"{config}:10:3" in str(error.value)
    assert message in str(error.value)
    assert more in str(error.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("strengths.shift.condition=translate:1,0", "say with {level} where"),
        ("strengths.shift.levels=[3, 1]", "two or more, and rise"),
        ("strengths.shift.levels=[1]", "two or more, and rise"),
        ("strengths.shift.levels=[a, b]", "should be numbers"),
        (
            "strengths.shift={condition: 'rotate:{level}', levels: [1, 1.00000000000001]}",
            "strengths.shift.condition: rotate:1 stands here twice",
        ),
        ("conditions=[clean, clean]", "conditions.1: clean stands here twice"),
        ("strengths.shift.levels=[0.5, 1.5]", "but must be a whole number"),
        ("strengths.shift.condition='transl:{level},0'", "unknown condition 'transl'"),
        ("axes={data.train_size: {start: 1, stop: 20000, step: 1}}", "no levels, or more than"),
        ("ablate_structure=true", "unknown key 'ablate_structure'"),
        ("models.fnn={family: linear}", "are the same network"),
    ],
)
def test_what_cannot_be_swept_is_refused(config: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_sweep(config, [override])
    assert message in str(error.value)


def test_a_sweep_over_nothing_is_refused(config: Path) -> None:
    with pytest.raises(ConfigError, match="a sweep needs axes or strengths"):
        load_sweep(config, ["axes={}", "strengths={}"])
    axis = "{start: 1, stop: 200, step: 1}"
    with pytest.raises(ConfigError, match="40,000 points are more than 10,000"):
        load_sweep(config, [f"axes={{data.train_size: {axis}, training.batch_size: {axis}}}"])


def test_all_mistakes_are_told_at_once(config: Path) -> None:
    config.write_text(TEXT.replace("[100, 200]", "[0, 100, 99999]"))
    with pytest.raises(ConfigError) as error:
        load_sweep(config)
    assert len(str(error.value).splitlines()) == 2


def test_a_budget_that_cannot_be_met_names_its_point(config: Path, tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="at budget 5,000: fnn cannot have 5,000 parameters"):
        make_sweep_plan(load_sweep(config, ["axes={budget: [5000]}"]), "cpu", tmp_path)


def test_what_is_left_in_the_folder_asks_for_the_same_again(config: Path, tmp_path: Path) -> None:
    spec = load_sweep(config)
    path = tmp_path / "sweep.yaml"
    path.write_text(config_text(spec))
    assert load_sweep(path) == spec


def test_the_sweep_over_shifts_is_of_the_lectures_runs(tmp_path: Path) -> None:
    lecture = {r.id for r in make_plan(load_comparison(["lecture"]), "cpu", tmp_path).in_order}
    shift = make_sweep_plan(load_sweep("sweeps/shift"), "cpu", tmp_path)
    assert {run.id for run in shift.in_order} == lecture


def test_taking_the_structure_out_is_an_axis(tmp_path: Path) -> None:
    ablated = load_comparison(["lecture"], ["ablate_structure=true"])
    plan = make_comparison_plan(ablated, "cpu", tmp_path)
    axis = load_sweep("sweeps/structure", ["axes={data.structure_removed: [0, 1]}"])
    swept = make_sweep_plan(axis, "cpu", tmp_path)
    assert [run.id for run in plan.in_order] == [run.id for run in swept.in_order]
    assert plan.labels == swept.labels
    packaged = make_sweep_plan(load_sweep("sweeps/structure"), "cpu", tmp_path)
    assert set(plan.labels) < set(packaged.labels)
    signals = make_sweep_plan(load_sweep("sweeps/mnist1d_structure"), "cpu", tmp_path)
    both = load_comparison(["mnist1d"], ["ablate_structure=true", "seeds=3"])
    asked = set(make_comparison_plan(both, "cpu", tmp_path).labels)
    assert len(asked & set(signals.labels)) == 2 * 3 * 3
    plain = make_comparison_plan(load_comparison(["lecture"]), "cpu", tmp_path)
    assert plain.in_order == plan.in_order[:6]
    assert set(plain.labels.values()) == {"cnn", "fnn"}


DEPTHS = """name: depths
models:
  plain: {family: plain, width: 4}
  residual: {family: resnet, width: 4}
  fnn: {family: fnn, hidden: [8]}
axes:
  AXIS
"""


def depths(config: Path, *axes: str) -> SweepSpec:
    config.write_text(DEPTHS.replace("AXIS", "\n  ".join(axes)))
    return load_sweep(config)


def test_an_axis_may_set_an_option_of_every_model_that_has_it(config: Path, tmp_path: Path) -> None:
    spec = depths(config, "models.*.depth: [8, 14]", "models.*.normalisation: [batch, none]")
    points = sweep_points(spec)
    assert [point.title for point in points[:2]] == [
        "depth 8, normalisation batch", "depth 8, normalisation none",
    ]  # fmt: skip
    assert points[1].config == "points/002-depth=8,normalisation=_none_.yaml"
    found = [point.spec.models for point in points]
    for name, model in (("plain", Plain), ("residual", ResNet)):
        assert [models[name] for models in found] == [
            model(width=4, depth=depth, normalisation=normalisation)
            for depth in (8, 14)
            for normalisation in ("batch", "none")
        ]
    assert {models["fnn"] for models in found} == {FNN(hidden=(8,))}
    again = tmp_path / "again.yaml"
    again.write_text(config_text(spec))
    assert load_sweep(again) == spec


def test_a_family_that_varies_has_the_option_or_not(config: Path) -> None:
    depths(config, "models.*.depth: [8]", "models.fnn.family: [fnn]")
    more = ["models.fnn={family: fnn}", "axes.models.fnn.family=[linear, plain]"]
    spec = load_sweep(config, more)
    linear, plain = (point.spec.models["fnn"] for point in sweep_points(spec))
    assert (linear, plain) == (SoftmaxRegression(), Plain(depth=8))


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (["models.*.depht: [8]"], "7:3: models.plain.depht: unknown key 'depht'; did you mean 'de"),
        (["models.*.depth: [8, 9]"], "7:3: models.residual.depth: should be 6n + 2"),
        (["models.*: [{family: cnn}]"], "7:3: axes.models.*: an axis varies one key"),
        (
            ["models.*.depth: [8]", "models.plain.depth: [8, 14]"],
            "axes: models.*.depth varies models.plain.depth too: leave one of them out",
        ),
    ],
)
def test_an_axis_of_every_model_is_refused_with_its_place(
    config: Path, axes: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        depths(config, *axes)
    assert message in str(error.value)


def test_the_sweep_of_depths_is_of_the_comparisons_runs(tmp_path: Path) -> None:
    asked = make_plan(load_comparison(["depth"]), "cpu", tmp_path)
    swept = make_sweep_plan(load_sweep("sweeps/depth"), "cpu", tmp_path)
    assert {run.id for run in asked.in_order} < {run.id for run in swept.in_order}
    assert chains(asked.first) == (
        ("plain_20", "plain_56"),
        ("residual_20", "residual_56"),
        ("plain_20_bare", "plain_56_bare"),
        ("residual_20_bare", "residual_56_bare"),
    )
