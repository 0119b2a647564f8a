"""Commands on data that are no images."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Cli = Callable[..., Result]

SIGNALS = ("train", "fnn", "--set", "data.name=mnist1d")


def test_a_config_of_images_learns_signals_once_they_are_named(cli: Cli, runs: Path) -> None:
    shown = cli(*SIGNALS, "--smoke", "--runs-dir", runs)
    assert shown.exit_code == 0
    for text in ("clean", "translate:2", "500 test examples"):
        assert text in shown.stdout


def test_signals_are_augmented_permuted_and_tested_later(cli: Cli, runs: Path) -> None:
    asked = (
        "--set", "training.augment=[clean, 'shift:3', 'contrast:2', 'gaussian_noise:0.1']",
        "--set", "data.structure_removed=0.5", "--set", "conditions=[clean]",
    )  # fmt: skip
    trained = cli(*SIGNALS, *asked, "--smoke", "--runs-dir", runs, "--json")
    assert trained.exit_code == 0
    run = json.loads(trained.stdout)["run"]
    also = ("--condition", "occlude:5", "--condition", "invert")
    later = cli("evaluate", runs / run, *also, "--json")
    assert list(json.loads(later.stdout)["misclassification"]) == ["clean", "occlude:5", "invert"]
    refused = cli("evaluate", runs / run, "--condition", "rotate:30")
    assert refused.exit_code == 2
    assert "condition 'rotate' is for images, not for signals" in refused.stderr


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("train", "lenet5"), "lenet5 takes images, mnist1d has signals; those that do: "),
        (("compare", "lenet5", "fnn"), "lenet5 takes images, mnist1d has signals; those that do: "),
        (
            ("train", "fnn", "--set", "conditions=['translate:2,2']"),
            "condition 'translate:2,2' should be written translate:DX for signals",
        ),
        (
            ("train", "fnn", "--set", "training.augment=['shear:3']"),
            "condition 'shear' is for images, not for signals",
        ),
    ],
)
def test_what_does_not_fit_signals_is_one_line(
    cli: Cli, runs: Path, asked: tuple[str, ...], told: str
) -> None:
    refused = cli(*asked, "--set", "data.name=mnist1d", "--runs-dir", runs)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not runs.exists()
