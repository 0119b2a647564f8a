from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from structbench.errors import ConfigError
from structbench.experiment.comparison import ComparisonSpec, load_comparison
from structbench.experiment.load import (
    build_experiment,
    config_folder,
    load_experiment,
    parse_conditions,
)
from structbench.experiment.schema import Experiment, json_schema
from structbench.experiment.strict_yaml import Document, parse
from structbench.experiment.sweep import SweepSpec, load_sweep
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from structbench.options import Options
from structbench.training.optimizers import SGD, Adam, OptimizerSpec
from structbench.training.schedules import Constant

SHIPPED = sorted(config_folder().rglob("*.yaml"))
SWEEPS = [path for path in SHIPPED if path.parent.name == "sweeps"]
COMPARISONS = [path for path in SHIPPED if "\nmodels:" in path.read_text() and path not in SWEEPS]


def test_some_configs_are_shipped() -> None:
    assert {"cnn", "fnn", "lecture"} <= {path.stem for path in SHIPPED}
    assert [path.stem for path in COMPARISONS] == [
        "cora",
        "depth",
        "finetune",
        "karate",
        "lecture",
        "mnist1d",
        "numbers",
    ]
    assert [path.stem for path in SWEEPS] == [
        "cora_sample_size", "cora_structure", "depth", "homophily",
        "mnist1d_sample_size", "mnist1d_structure", "numbers_length", "numbers_sample_size",
        "numbers_structure", "parameters", "sample_size", "shift", "structure",
    ]  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_config_is_valid_and_documented(path: Path) -> None:
    kind, command = ("comparison", "compare") if path in COMPARISONS else ("experiment", "train")
    name = path.relative_to(config_folder()).with_suffix("").as_posix()
    if path in SWEEPS:
        kind, command = "sweep", "sweep"
    header = path.read_text().split("\nmodel")[0]
    schema = path.read_text().partition("$schema=")[2].partition("\n")[0]
    assert (path.parent / schema).resolve() == config_folder().resolve() / f"{kind}.schema.json"
    assert f"structbench {command} configs/{name}.yaml" in header
    if kind == "experiment":
        assert load_experiment(name) == load_experiment(path)
    elif kind == "comparison":
        assert load_comparison([name]) == load_comparison([str(path)])
    else:
        assert load_sweep(name) == load_sweep(path)


def test_a_sweep_is_neither_an_experiment_nor_a_comparison() -> None:
    for load in (load_experiment, lambda name: load_comparison([name])):
        with pytest.raises(ConfigError, match="structbench sweep sweeps/shift"):
            load("sweeps/shift")
    with pytest.raises(ConfigError, match="it is a config of one comparison"):
        load_sweep("lecture")
    with pytest.raises(
        ConfigError, match="no packaged config 'sweeps/shft'; did you mean 'sweeps/shift'"
    ):
        load_sweep("sweeps/shft")
    with pytest.raises(ConfigError, match="did you mean 'sweeps/shift'"):
        load_sweep("sweeps_shift")


def test_a_comparison_is_not_an_experiment() -> None:
    with pytest.raises(ConfigError, match="structbench compare lecture"):
        load_experiment("lecture")


def test_the_lectures_configs_are_the_lectures_networks_trained_alike() -> None:
    cnn, fnn = load_experiment("cnn"), load_experiment("fnn")
    assert cnn.model == CNN()
    assert fnn.model == FNN()
    assert cnn.training == fnn.training
    assert cnn.data == fnn.data
    assert (cnn.training.epochs, cnn.training.batch_size) == (3, 64)
    assert (cnn.training.optimizer.name, cnn.training.optimizer.learning_rate) == ("adam", 1e-3)
    assert cnn.conditions == ("clean", "translate:2,2")


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("experiment", Experiment), ("comparison", ComparisonSpec), ("sweep", SweepSpec)],
)
def test_the_shipped_schema_is_the_printed_one(kind: str, asked: type[Options]) -> None:
    shipped = json.loads((config_folder() / f"{kind}.schema.json").read_text())
    assert shipped == json_schema(asked), f"write it anew: structbench schema {kind}"


def test_overrides_apply_in_turn_and_make_what_is_missing() -> None:
    experiment = load_experiment(
        "cnn",
        [
            "training.epochs=5",
            "training.epochs=7",
            "training.schedule.name=cosine",
            "model.channels=[4, 8]",
            "conditions=['rotate:30.0']",
        ],
    )
    assert experiment.training.epochs == 7
    assert experiment.training.schedule.name == "cosine"
    assert experiment.model.model_dump()["channels"] == (4, 8)
    assert experiment.conditions == ("rotate:30",)


MISTAKES = {
    "unknown key": ("model.chanels=[1]", "unknown key 'chanels'; did you mean 'channels'?"),
    "unknown key at the top": ("epochs=3", "unknown key 'epochs'; known: model, data"),
    "unknown key in optimizer": ("training.optimizer.lr=1", "known: name, learning_rate"),
    "unknown key in optional": (
        "training.early_stopping.patiens=2", "did you mean 'patience'?",
    ),
    "unknown model": ("model.family=cn", "model.family: unknown name 'cn'; did you mean 'cnn'?"),
    "no family": ("model={hidden: 3}", "needs 'family'"),
    "key of another model": (
        "model={family: fnn, channels: [3]}", "of fnn; 'channels' needs family: cnn",
    ),
    "key of another optimiser": (
        "training.optimizer.momentum=0", "key 'momentum' of adam; 'momentum' needs name: sgd",
    ),
    "beside what is known": (
        "training.optimizer={learning_rate: 1, wieght_decay: 1}", "did you mean 'weight_decay'?",
    ),
    "misspelt name": ("training.optimizer={nam: sgd}", "unknown key 'nam'; did you mean 'name'?"),
    "no schedule": (
        "training.schedule={warm_up: 0.2}", "of constant; 'warm_up' needs name: one_cycle",
    ),
    "misspelt, no schedule": (
        "training.schedule.warmup=0.2", "of constant; 'warm_up' needs name: one_cycle",
    ),
    "several have it": (
        "training.optimizer={name: sgd, betas: [0, 0]}", "'betas' needs name: adam or adamw",
    ),
    "unknown optimiser": ("training.optimizer.name=adm", "did you mean 'adam'?"),
    "unknown data": ("data.name=minst", "did you mean 'mnist'?"),
    "unknown condition": ("conditions=[rotat:3]", "conditions.0: unknown condition 'rotat'; did"),
    "word for number": ("training.epochs=three", "should be a valid integer, not 'three'"),
    "text for number": ("training.epochs='3'", "should be a valid integer, not '3'"),
    "fraction for count": ("training.epochs=1.5", "valid integer, not 1.5"),
    "word for share": ("data.structure_removed=all", "should be a valid number, not 'all'"),
    "number for mapping": ("training=3", "training: should be a mapping, not 3"),
    "word for model": ("model=cnn", "model: should be a mapping, not 'cnn'"),
    "number for list": ("model.channels=3", "model.channels: should be a list, not 3"),
    "no channels": ("model.channels=[]", "should have at least 1 item, has 0"),
    "no conditions": ("conditions=[]", "should have at least 1 item, has 0"),
    "null": ("training.epochs=", "not null"),
    "negative size": ("data.train_size=-5", "greater than or equal to 1, not -5"),
    "zero batch": ("training.batch_size=0", "greater than or equal to 1, not 0"),
    "negative width": ("model.hidden=-3", "greater than or equal to 1, not -3"),
    "huge width": ("model.hidden=99999999999", "less than or equal to"),
    "dropout of 1": ("model.dropout=1", "less than 1"),
    "not a number": ("training.optimizer.learning_rate=.nan", "finite number"),
    "negative seed": ("seed=-1", "seed: should be greater than or equal to 0"),
    "large seed": ("seed=4294967296", "less than or equal to 4294967295"),
    "too many examples": ("data.train_size=60001", "60,001 + validation_size 0 is more than"),
    "too much validation": ("data.validation_size=60000", "more than the 60,000 of mnist"),
    "too many test": ("data.test_size=10001", "more than the 10,000"),
    "no validation": ("training.early_stopping={patience: 1}", "needs a data.validation_size"),
    "nesterov": (
        "training.optimizer={name: sgd, momentum: 0, nesterov: true}",
        "training.optimizer: nesterov needs a momentum above 0",
    ),
    "geometry": ("model.kernel_size=40", "(28 + 2·1 − 40)/1 + 1 = -9"),
    "no value": ("training.epochs", "write it as key.path=value"),
    "no key": ("=3", "write it as key.path=value"),
    "tag": ("seed=!!python/name:os.system", "tags are not allowed"),
}  # fmt: skip


@pytest.mark.parametrize(("override", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_experiment("cnn", [override])
    (line,) = str(caught.value).splitlines()
    assert message in line


@pytest.mark.parametrize(
    ("override", "lines"),
    [
        (
            "conditions=['rotate:30', clean, 'rotate:30.0', clean]",
            ["conditions.2: rotate:30 stands here twice", "conditions.3: clean stands here twice"],
        ),
        (
            "conditions=['translate:0,0', 'translate:-0, 00']",
            ["conditions.1: translate:0,0 stands here twice"],
        ),
        (
            "training.augment=[clean, clean, 'shift:2', 'rotat:1']",
            ["training.augment.1: clean stands here twice", "training.augment.3: unknown cond"],
        ),
    ],
)
def test_a_condition_stands_once(override: str, lines: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_experiment("cnn", [override])
    found = [line.removeprefix(f"--set {override}: ") for line in str(caught.value).splitlines()]
    assert [line[: len(known)] for line, known in zip(found, lines, strict=True)] == lines
    with pytest.raises(ConfigError, match="stands here twice"):
        load_comparison(["lecture"], [override])
    with pytest.raises(ConfigError, match="stands here twice"):
        load_sweep("sweeps/shift", [override])


def test_conditions_that_are_asked_of_a_finished_run_stand_once() -> None:
    assert parse_conditions(["rotate:30.0", "clean"], "image") == ["rotate:30", "clean"]
    with pytest.raises(ConfigError) as caught:
        parse_conditions(["rotate:30", "clean", "rotate:30.0", "rot:1"], "image")
    lines = str(caught.value).splitlines()
    assert lines[0] == "--condition rotate:30.0: rotate:30 stands here twice"
    assert lines[1].startswith("--condition rot:1: unknown condition 'rot'")


def test_all_mistakes_come_at_once_with_line_and_column(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(
        "model:\n  family: cnn\n  chanels: [1]\n  hidden: many\n"
        "training:\n  epochs: -1\n  optimizer: {name: sgd, momentum: 2}\n"
        "conditions: [clean, rotat:3, 'translate:1']\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_experiment(config)
    lines = str(caught.value).splitlines()
    places = [line.removeprefix(str(config)).split(": ")[:2] for line in lines]
    assert places == [
        [":3:3", "model.chanels"],
        [":4:3", "model.hidden"],
        [":6:3", "training.epochs"],
        [":7:26", "training.optimizer.momentum"],
        [":8:21", "conditions.1"],
        [":8:30", "conditions.2"],
    ]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    for config, message in (
        (binary, "not UTF-8"),
        (empty, "a config is a mapping"),
        (tmp_path / "none.yaml", "no config at"),
        (tmp_path, "no config at"),
        ("cnnn", "no model or packaged config 'cnnn'; did you mean 'cnn'?"),
        ("rnnn", "no model or packaged config 'rnnn'; did you mean 'rnn'?"),
        ("configs/nothing", "no packaged config 'configs/nothing'; known: cnn,"),
    ):
        with pytest.raises(ConfigError, match=message):
            load_experiment(config)


def test_a_bare_name_is_the_packaged_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cnn").write_text("seed: 9")
    monkeypatch.chdir(tmp_path)
    assert load_experiment("cnn").seed == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with files that are named like packaged configs, or have no suffix."""
    (tmp_path / "sweeps").mkdir()
    for seed, name in enumerate(("cnn", "mine", "sweeps/shift", "sweeps/mine", "lecture.yml"), 1):
        (tmp_path / name).write_text(f"{{model: {{family: linear}}, seed: {seed}}}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("config", "seed"),
    [
        ("./cnn", 1),
        (".//cnn", 1),
        ("sweeps/../cnn", 1),
        ("./mine", 2),
        ("./sweeps/shift", 3),
        ("sweeps/mine", 4),
        ("lecture.yml", 5),
        (Path("cnn"), 1),
        (Path("./cnn"), 1),
        (Path("mine"), 2),
        (Path("fnn"), 0),
        ("cnn", 0),
    ],
)
def test_what_is_written_as_a_path_is_a_file(folder: Path, config: str | Path, seed: int) -> None:
    assert load_experiment(config).seed == seed


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("mine", "no model or packaged config 'mine'; .*; for a file, write ./mine$"),
        ("sweeps/shift", "structbench sweep sweeps/shift"),
        ("./fnn", "no config at ./fnn$"),
        ("./sweeps", "no config at ./sweeps$"),
        ("../none", "no config at ../none$"),
        (".", "no config at .$"),
        ("./" + "long" * 2000, "no config at ./long"),
        ("long" * 2000, "no model or packaged config 'long"),
    ],
)
def test_a_path_without_a_file_is_no_packaged_config(
    folder: Path, config: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_experiment(config)


def test_the_packaged_config_and_a_file_are_told_apart_in_every_command(folder: Path) -> None:
    (folder / "cnn").write_text("model: {family: linear}\ntraining: {epochs: 7}")
    spec = load_comparison(["./cnn", "fnn"])
    assert (spec.models["cnn"].family, spec.training.epochs) == ("linear", 7)
    assert load_comparison(["cnn", "fnn"]).models["cnn"].family == "cnn"
    with pytest.raises(ConfigError, match="two models are called 'cnn'"):
        load_comparison(["cnn", "./cnn"])
    text = "models: {a: {family: fnn}, b: {family: linear}}"
    (folder / "lecture").write_text(text)
    assert list(load_comparison(["./lecture"]).models) == ["a", "b"]
    assert list(load_comparison(["lecture"]).models) == ["cnn", "fnn"]
    (folder / "sweeps" / "shift").write_text(f"{text}\naxes: {{budget: [9000]}}")
    assert list(load_sweep("./sweeps/shift").models) == ["a", "b"]
    assert list(load_sweep("sweeps/shift").models) == ["cnn", "fnn"]


OPTIMIZERS_BY_OPTIONS = {
    "{}": Adam(),
    "{learning_rate: 0.01}": Adam(learning_rate=0.01),
    "{betas: [0.5, 0.9], weight_decay: 0.1}": Adam(betas=(0.5, 0.9), weight_decay=0.1),
    "{name: adam, learning_rate: 0.01}": Adam(learning_rate=0.01),
    "{name: sgd}": SGD(),
}


@pytest.mark.parametrize(("text", "optimizer"), OPTIMIZERS_BY_OPTIONS.items())
def test_without_a_name_the_optimizer_is_adam(
    tmp_path: Path, text: str, optimizer: OptimizerSpec
) -> None:
    config = tmp_path / "own.yaml"
    training = f"training: {{optimizer: {text}}}"
    models = "models: {a: {family: fnn}, b: {family: linear}}"
    config.write_text(f"model: {{family: fnn}}\n{training}")
    assert load_experiment(config).training.optimizer == optimizer
    config.write_text(f"{models}\n{training}\nrecipes: {{a: {{optimizer: {text}}}}}")
    spec = load_comparison([str(config)])
    assert spec.training.optimizer == spec.recipes["a"].optimizer == optimizer
    config.write_text(f"{models}\n{training}\naxes: {{budget: [9000]}}")
    assert load_sweep(config).training.optimizer == optimizer


@pytest.mark.parametrize("models", [["cnn", "fnn"], ["lecture"], ["./own.yaml", "linear"]])
def test_an_override_sets_a_part_of_the_optimizer_or_another(
    tmp_path: Path, models: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text("model: {family: fnn}\ntraining: {batch_size: 32}")
    part = load_comparison(models, ["training.optimizer.learning_rate=0.01"])
    assert part.training.optimizer == Adam(learning_rate=0.01)
    other = load_comparison(models, ["training.optimizer={name: sgd, momentum: 0.5}"])
    assert other.training.optimizer == SGD(momentum=0.5)
    if models != ["lecture"]:  # which says what the learning rate is
        assert load_comparison(models, ["training.optimizer.name=sgd"]).training.optimizer == SGD()


def test_without_a_name_the_schedule_is_constant() -> None:
    assert load_experiment("cnn", ["training.schedule={}"]).training.schedule == Constant()


VALID = [
    ("{}", True),
    ("{learning_rate: 0.1}", True),
    ("{name: adam, betas: [0.5, 0.9]}", True),
    ("{name: sgd, momentum: 0.5}", True),
    ("{momentum: 0.5}", False),
    ("{name: adm}", False),
]


@pytest.mark.parametrize(("optimizer", "valid"), VALID)
def test_an_editor_with_the_schema_says_what_the_command_says(optimizer: str, valid: bool) -> None:
    text = f"{{model: {{family: fnn}}, training: {{optimizer: {optimizer}}}}}"
    document = parse(text, "text")
    schema = json_schema()
    options = schema["$defs"]["Recipe"]["properties"]["optimizer"]["oneOf"]
    given = document.data["training"]["optimizer"]
    fitting = [o for o in options if _fits(given, o, schema["$defs"])]
    assert len(fitting) == valid
    with contextlib.nullcontext() if valid else pytest.raises(ConfigError):
        build_experiment(document)


def _fits(given: dict[str, Any], option: dict[str, Any], defined: dict[str, Any]) -> bool:
    """Whether the keys, and the name where there is one, are those of this member of a union."""
    keys = defined[option["$ref"].rpartition("/")[2]]["properties"]
    named = given.get("name", keys["name"]["const"]) == keys["name"]["const"]
    return given.keys() <= keys.keys() and set(option.get("required", ())) <= given.keys() and named


def test_an_experiment_is_frozen() -> None:
    experiment = load_experiment("cnn")
    with pytest.raises(ValidationError, match="frozen"):
        experiment.seed = 3  # type: ignore[misc]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "model",
                    "family",
                    "data",
                    "name",
                    "training",
                    "optimizer",
                    "conditions",
                    "seed",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_like)
def test_any_data_is_an_experiment_or_a_config_error(data: Any) -> None:
    with contextlib.suppress(ConfigError):
        build_experiment(Document(data))


@pytest.mark.parametrize("name", ["karate", "cora"])
def test_the_networks_of_a_shipped_graph_are_of_one_size(name: str) -> None:
    sizes = [e.layer_table.parameters for e in load_comparison([name]).experiments().values()]
    assert max(sizes) <= 1.02 * min(sizes)


@pytest.mark.parametrize("name", ["cora_sample_size", "cora_structure", "homophily"])
def test_the_networks_of_a_shipped_sweep_of_graphs_are_of_one_size(name: str) -> None:
    asked = load_sweep(f"sweeps/{name}").experiments().values()
    sizes = [experiment.layer_table.parameters for experiment in asked]
    assert max(sizes) <= 1.02 * min(sizes)
