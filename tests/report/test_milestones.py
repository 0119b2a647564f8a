"""The table of the lecture's milestones."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from torchvision import models
from typer.testing import Result

from structbench.models import MODELS
from structbench.models.milestones import MILESTONES, Counted, counted
from structbench.report.model_tables import milestones_table
from tests.own import net, written

Cli = Callable[..., Result]


@pytest.fixture(scope="module")
def found() -> list[Counted]:
    return [counted(milestone) for milestone in MILESTONES]


def test_they_are_as_large_as_the_libraries_say_and_as_deep_as_they_are_called(
    found: list[Counted],
) -> None:
    assert {c.milestone.spec.family: (c.layers, c.parameters) for c in found} == {
        "lenet5": (5, 61_706),
        "alexnet": (8, 61_100_840),
        "vgg19": (19, 143_667_240),
        "resnet152": (152, 60_192_808),
        "seresnet152": (152, 66_821_848),
        "senet154": (154, 115_088_984),
    }


def test_multiply_accumulates_are_those_that_torchvision_publishes(found: list[Counted]) -> None:
    macs = {c.milestone.spec.family: c.macs or 0 for c in found}
    for name in ("alexnet", "vgg19", "resnet152"):
        published = models.get_model_weights(name).DEFAULT.meta["_ops"]  # in thousand millions
        assert round(macs[name] / 1e9, 3) == published


def test_each_number_that_was_published_says_what_it_is_of(found: list[Counted]) -> None:
    table = milestones_table(found)
    rows = {row[1]: row for row in table.rows}
    assert rows["AlexNet"] == (
        "2012", "AlexNet", "8", "61,100,840", "714,188,480", "18.2 % (validation)",
        "15.3 % (test, 7 networks)", "Krizhevsky et al., 2012, table 2",
    )  # fmt: skip
    assert rows["LeNet-5"][5:7] == ("0.95 % (test)", "")
    assert all(row[5] and row[7] for row in table.rows)
    assert "What the lecture calls SENet, with 152 layers, is SE-ResNet-152" in table.note


def test_a_program_can_read_them(found: list[Counted], cli: Cli) -> None:
    facts = json.loads(cli("models", "milestones", "--json").stdout)
    assert [each["parameters"] for each in facts] == [each.parameters for each in found]
    (of,) = (each for each in facts if each["network"] == "ResNet-152")
    assert (of["layers"], of["classes"], of["input_shape"]) == (152, 1000, [3, 224, 224])
    assert of["error"] == {
        "percent": "4.49", "networks": "one network", "tested_on": "validation", "top": 5,
    }  # fmt: skip
    assert of["error_together"]["networks"] == "6 networks"


def test_without_timm_its_rows_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr("structbench.models.torch_model._tables", {})
    without = [counted(milestone) for milestone in MILESTONES if milestone.year in (1998, 2017)]
    lenet, *others = milestones_table(without).rows
    assert lenet[2:4] == ("5", "61,706")
    for row, name in zip(others, ("SE-ResNet-152", "SENet-154"), strict=True):
        assert (row[1], row[2:5]) == (name, ("", "", ""))
        assert row[-1] == 'needs the extra zoo: pip install "structbench[zoo]"'


def test_the_word_is_no_familys_but_a_users_own_may_have_it(cli: Cli, tmp_path: Path) -> None:
    assert "milestones" not in MODELS
    body = net().replace("class Net", "class milestones")
    path = written(tmp_path, body)
    assert "7,850 parameters" in cli("models", "milestones", "--plugin", path).stdout


def test_json_is_for_milestones(cli: Cli) -> None:
    refused = cli("models", "--json")
    assert refused.exit_code == 2
    assert "--json is for `structbench models milestones`" in refused.stderr
