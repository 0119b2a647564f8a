"""`structbench data`."""

from __future__ import annotations

import json
from collections.abc import Callable

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


def test_one_is_shown_with_the_conditions_that_fit(cli: Cli) -> None:
    shown = cli("data", "mnist").stdout
    for text in ("60,000 to train, 10,000 to test", "1×28×28", "clean, translate:2,2", "LeCun"):
        assert text in shown
    for name, row in CONDITIONS["image"].items():
        assert f"{row.usage(name)}  " in shown
        assert row.purpose in shown
    found = json.loads(cli("data", "cifar10", "--json").stdout)
    assert (found["kind"], found["input_shape"], found["classes"]) == ("image", [3, 32, 32], 10)
    assert found["conditions"]["rotate:DEGREES"].startswith("Rotated counter-clockwise")


def test_an_unknown_one_is_refused(cli: Cli) -> None:
    refused = cli("data", "minst")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "did you mean 'mnist'" in refused.stderr
