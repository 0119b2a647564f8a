"""Plain torch modules, and functions that make them, as families."""

from __future__ import annotations

from pathlib import Path

import pytest

from structbench import (
    compare,
    evaluate,
    load_comparison,
    load_experiment,
    load_plugin,
    train,
)
from structbench.errors import ConfigError
from structbench.models.plugins import _families, named_model
from structbench.problem import Problem
from structbench.store.runs import Store
from tests.own import SMALL, experiment, net, written

MNIST = Problem("image", (1, 28, 28), 10)
FITTED = """
from enum import Enum
from pathlib import Path
class Act(Enum):
    relu, tanh = "relu", "tanh"
class Net(nn.Module):
    '''A tower.

    More of it.'''
    widths = ("hidden",)
    def __init__(self, {data}, hidden: {kind} = {default}, act: Act = Act.relu, rate=0.5,
                 where: Path = Path("x"), least: int = None, deep: dict[str, list[int]] = {{}},
                 device=None, weights: "nn.Module | None" = None):
        super().__init__()
        self.act = {{Act.relu: F.relu, Act.tanh: torch.tanh}}[act]
        sizes = [784, *hidden]
        self.parts = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Linear(sizes[-1], {classes})
    def forward(self, x):
        x = x.flatten(1)
        for part in self.parts:
            x = self.act(part(x))
        return self.out(x)
"""


def fitted(
    folder: Path, data: str = "num_classes", kind: str = "list[int]", default: str = "[8, 4]"
) -> Path:
    classes = data.split(",")[-1].strip(" *")
    classes = {"problem": "problem.classes"}.get(classes, classes)
    return written(folder, FITTED.format(data=data, kind=kind, default=default, classes=classes))


@pytest.mark.parametrize(
    "data", ["classes", "num_classes", "input_shape, in_channels, classes", "problem", "*, classes"]
)
def test_parameters_are_given_what_the_data_set_has(tmp_path: Path, data: str) -> None:
    family = named_model(f"{fitted(tmp_path, data)}:Net")
    assert family().layer_table(MNIST).parameters == 785 * 8 + 9 * 4 + 5 * 10
    assert set(family.model_fields) == {
        "family", "hidden", "act", "rate", "where", "least", "deep"
    }  # fmt: skip


def test_the_others_are_options_that_a_config_sets_and_a_run_keeps(tmp_path: Path) -> None:
    path = fitted(tmp_path)
    asked = experiment(
        path,
        "Net",
        "model.hidden=[5]",
        "model.act=tanh",
        "model.where=a/b",
        "model.least=3",
        "model.deep={a: [1]}",
    )
    assert asked.layer_table.parameters == 785 * 5 + 6 * 10
    outcome = train(asked, runs_dir=tmp_path / "runs")
    run, again = Store(tmp_path / "runs").read(outcome.summary.run)
    assert run.experiment == asked
    assert again.summary == outcome.summary
    with pytest.raises(ConfigError, match="unknown key 'hiden'; did you mean 'hidden'"):
        load_experiment("Net", ["model.hiden=[3]"])
    with pytest.raises(ConfigError, match=r"model\.act"):
        load_experiment("Net", ["model.act=sigmoid"])


@pytest.mark.parametrize(
    ("kind", "default"), [("list[int]", "[8, 4]"), ("tuple[int, ...]", "(8, 4)")]
)
def test_widths_in_lists_scale_like_those_in_tuples(
    tmp_path: Path, kind: str, default: str
) -> None:
    spec = load_comparison(
        [f"{fitted(tmp_path, kind=kind, default=default)}:Net", "fnn"], ["budget=20000"]
    )
    found = spec.experiments()["Net"]
    assert abs(found.layer_table.parameters - 20000) <= 400
    assert type(found.model.hidden) is (list if "list" in kind else tuple)  # type: ignore[attr-defined]


def test_a_function_and_one_that_hands_keywords_on_are_models(tmp_path: Path) -> None:
    body = (
        net().replace("self):", "self, num_classes=3):", 1).replace("784, 10", "784, num_classes")
    )
    path = written(
        tmp_path, body + "def make(**rest): return Net(**rest)\nmake2 = lambda: Net(10)\n"
    )
    for name in ("Net", "make", "make2"):
        assert named_model(f"{path}:{name}")().layer_table(MNIST).parameters == 7850


def test_one_of_an_installed_package_is_a_model_where_the_data_fit(tmp_path: Path) -> None:
    name = "torchvision.models:squeezenet1_1"
    with pytest.raises(ConfigError, match=r"features.0, Conv2d\(3, 64.*is given 1×1×28×28"):
        load_experiment(name)
    family = named_model(name)
    assert family.source
    assert family.source.installed.startswith("torchvision ")
    photographs = Problem("image", (3, 32, 32), 10)
    # torchvision's own count for 1,000 classes, with a last convolution for 10 instead.
    assert family().layer_table(photographs).parameters == 1_235_496 - 513 * 990


def test_a_parameter_that_is_neither_is_named(tmp_path: Path) -> None:
    body = net().replace("self):", "self, depth):", 1)
    path = written(tmp_path, body)
    with pytest.raises(ConfigError, match="depth: is missing"):
        load_experiment(f"{path}:Net")
    assert load_experiment(f"{path}:Net", ["model.depth=3"]).layer_table.parameters == 7850


def test_what_a_file_offers_is_said_where_none_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, net() + "def make(): return Net()\ndef _helper(): pass\n")
    with pytest.raises(ConfigError, match=r"name a model in it: \S+:Net or \S+:make$"):
        load_experiment(str(path))
    with pytest.raises(ConfigError, match="no model 'Nut'; did you mean 'Net'"):
        named_model(f"{path}:Nut")
    assert [family.__name__ for family in load_plugin(path)] == ["Net"]
    assert load_experiment("make").layer_table.parameters == 7850


@pytest.mark.parametrize("widths", ["(64, 128)", "3", "property(len)", "None", "'hidden'"])
def test_widths_that_are_no_names_are_the_classes_own(tmp_path: Path, widths: str) -> None:
    body = net().replace("def __init__", f"widths = {widths}\n    def __init__", 1)
    assert named_model(f"{written(tmp_path, body)}:Net").widths == ()


def test_a_set_is_no_option(tmp_path: Path) -> None:
    body = net().replace("self):", "self, kinds: set[str] = {'a', 'b'}):", 1)
    path = written(tmp_path, body)
    assert set(named_model(f"{path}:Net").model_fields) == {"family"}
    body = """
class Own(TorchModel):
    family: Literal["own"] = "own"
    kinds: set[str] = {"a", "b"}
    def network(self, classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, classes))
"""
    named_model(f"{written(tmp_path / 'own', body)}:Own")
    with pytest.raises(ConfigError, match="an option that is a set, kinds"):
        train(load_experiment("own", SMALL), runs_dir=tmp_path)


def test_widths_of_a_family_are_names(tmp_path: Path) -> None:
    body = """
class Own(TorchModel):
    family: Literal["own"] = "own"
    widths = "hidden"
    hidden: int = 3
    def network(self, classes): ...
"""
    with pytest.raises(ConfigError, match="widths should be names of options"):
        named_model(f"{written(tmp_path, body)}:Own")


def test_what_a_file_has_from_another_or_made_of_its_own_is_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text("from torch import nn\n" + net().replace("Net", "Other"))
    given = "from functools import partial\nfrom parts import Other\nLess = partial(Other)\n"
    path = written(tmp_path, given)
    for name in ("Other", "Less"):
        run = train(experiment(path, name), runs_dir=tmp_path).summary.run
        _families.clear()
        load_plugin(path)
        assert evaluate(tmp_path / run, ["rotate:20"]).summary.run == run


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("SHARED", "is a Linear made once"),
        ("NUMBER", "is an int made once"),
        ("Other", "is not derived from torch.nn.Module"),
        ("cnn", "the name 'cnn' is taken"),
    ],
)
def test_what_is_no_model_is_said(tmp_path: Path, name: str, told: str) -> None:
    body = (
        "SHARED = nn.Linear(784, 10)\nNUMBER = 3\nclass Other: pass\nclass cnn(nn.Module): pass\n"
    )
    with pytest.raises(ConfigError, match=told):
        named_model(f"{written(tmp_path, body)}:{name}")


@pytest.mark.usefixtures("few_pictures")
def test_two_modules_are_compared_with_one_that_is_built_in(tmp_path: Path) -> None:
    path = written(tmp_path, net() + "class Wide(Net): pass\n")
    asked = [*SMALL, "seeds=2"]
    found = compare(
        load_comparison([f"{path}:Net", f"{path}:Wide", "linear"], asked), runs_dir=tmp_path
    )
    assert list(found.models) == ["Net", "Wide", "linear"]
    shares = {
        name: model.misclassification["clean"].by_seed for name, model in found.models.items()
    }
    # The same layers with the same seed, whatever they are called.
    assert shares["Net"] == shares["Wide"] == shares["linear"]
