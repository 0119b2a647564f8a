"""`structbench data`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import Result

from structbench.data import DATASETS
from structbench.data.conditions import CONDITIONS

Cli = Callable[..., Result]


def test_all_data_sets_are_listed_with_what_they_are(cli: Cli) -> None:
    shown = cli("data").stdout
    for name, dataset in DATASETS.items():
        (line,) = [line for line in shown.splitlines() if line.startswith(f"{name} ")]
        assert f"{dataset.train_examples:,}" in line
        assert dataset.licence in line
    assert [found["name"] for found in json.loads(cli("data", "--json").stdout)] == list(DATASETS)


SHOWN = {
    "mnist": ("60,000 to train, 10,000 to test", "1×28×28", "clean, translate:2,2", "LeCun"),
    "karate": ("34 nodes, 78 edges", "4.6 on average; 86 % join nodes", "Mr. Hi, Officer"),
    "cora": ("2,031 to train, 677 to test; nodes", "1,433 features", "Theory", "Sen et al."),
    "social": ("nodes, which the seed draws after the graph", "80 % join", "Deshpande"),
    "mnist1d": ("4,000 to train, 1,000 to test", "1×40", "clean, translate:2 ", "Greydanus"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_one_is_shown_with_the_conditions_that_fit(cli: Cli, name: str) -> None:
    shown = cli("data", name).stdout
    for text in SHOWN[name]:
        assert text in shown
    for condition, row in CONDITIONS[DATASETS[name].kind].items():
        assert f"{row.usage(condition)}  " in shown
        assert row.purpose in shown


def test_what_is_shown_is_found_as_json(cli: Cli) -> None:
    found = json.loads(cli("data", "cifar10", "--json").stdout)
    assert (found["kind"], found["input_shape"], found["classes"]) == ("image", [3, 32, 32], 10)
    assert found["conditions"]["rotate:DEGREES"].startswith("Rotated counter-clockwise")


def test_a_graph_is_found_as_json(cli: Cli) -> None:
    found = json.loads(cli("data", "cora", "--json").stdout)
    assert (found["nodes"], found["edges"], found["drawn_by_seed"]) == (2708, 5278, False)
    assert found["homophily"] == pytest.approx(0.81, abs=0.001)
    assert len(found["class_names"]) == 7


def test_an_unknown_one_is_refused(cli: Cli) -> None:
    refused = cli("data", "minst")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "did you mean 'mnist'" in refused.stderr
