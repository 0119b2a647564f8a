"""The command line as users meet it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import Result

from structbench.experiment.load import config_folder
from structbench.launch.execution import ONE_RUN, SEVERAL_RUNS, Execution, flag
from structbench.models import MODELS
from tests import kinds

Cli = Callable[..., Result]
Monkey = pytest.MonkeyPatch

TINY_ARGUMENTS = (
    "fnn", "--set", "model.hidden=[16]", "--set", "data={train_size: 300, test_size: 200}",
    "--set", "training.batch_size=50",
)  # fmt: skip


def test_train_shows_a_table_and_finds_the_run_again(cli: Cli, runs: Path) -> None:
    first = cli("train", *TINY_ARGUMENTS, "--runs-dir", runs)
    assert first.exit_code == 0
    for text in (
        "fnn · seed 0",
        "12,730",
        "translate:2,2",
        "95 % Wilson interval",
        "200 test examples",
    ):
        assert text in first.stdout
    assert first.stderr.count("epoch ") == 3, "not on a terminal: a line an epoch"
    again = cli("train", *TINY_ARGUMENTS, "--runs-dir", runs)
    assert again.stdout == first.stdout
    assert again.stderr == ""


def test_json_is_all_of_stdout_and_is_the_outcome(cli: Cli, runs: Path) -> None:
    result = cli("train", *TINY_ARGUMENTS, "--runs-dir", runs, "--json", "--seed", 5)
    outcome = json.loads(result.stdout)
    written = json.loads((runs / outcome["run"] / "outcome.json").read_text())
    assert outcome | {"sha256": written["sha256"]} == written
    assert outcome["format"] == 3
    assert outcome["seed"] == 5
    assert {
        "model", "parameters", "macs", "train_loss", "misclassification", "examples", "seconds",
        "precision", "device", "history",
    } <= outcome.keys()  # fmt: skip
    assert outcome["history"][0].keys() >= {"epoch", "train_loss", "seconds"}


def test_quiet_shows_the_result_only(cli: Cli, runs: Path) -> None:
    result = cli("train", *TINY_ARGUMENTS, "--runs-dir", runs, "--quiet")
    assert result.stderr == ""
    assert "misclassified" in result.stdout


def test_smoke_is_marked_and_kept_apart(cli: Cli, runs: Path) -> None:
    result = cli("train", "fnn", "--smoke", "--runs-dir", runs)
    assert "smoke run" in result.stdout
    assert [path.name.split("-s0-")[0] for path in runs.iterdir()] == ["smoke-fnn"]


def test_evaluate_adds_conditions(cli: Cli, runs: Path) -> None:
    name = json.loads(cli("train", *TINY_ARGUMENTS, "--runs-dir", runs, "--json").stdout)["run"]
    result = cli(
        "evaluate", name, "--condition", "invert", "--condition", "shift:1", "--runs-dir", runs
    )
    assert "invert" in result.stdout
    assert "shift:1" in cli("evaluate", runs / name, "--condition", "clean").stdout
    refused = cli("evaluate", runs / name, "--condition", "rot:1", "--condition", "x")
    assert refused.exit_code == 2
    assert "--condition rot:1: unknown condition 'rot'" in refused.stderr
    assert "--condition x" in refused.stderr


def test_runs_lists_runs(cli: Cli, runs: Path) -> None:
    assert "no runs in" in cli("runs", "--runs-dir", runs).stdout
    name = json.loads(cli("train", *TINY_ARGUMENTS, "--runs-dir", runs, "--json").stdout)["run"]
    (runs / "fnn-s1-0000000000").mkdir()
    (runs / "fnn-s1-0000000000" / "run.json").write_text("{}")
    listing = cli("runs", "--runs-dir", runs).stdout
    assert name in listing
    assert "unfinished: no epoch done" in listing
    rows = json.loads(cli("runs", "--runs-dir", runs, "--json").stdout)
    assert [row["state"] for row in rows] == ["finished", "unfinished"]
    assert rows[0]["outcome"]["parameters"] == 12_730


def test_models_lists_every_family_with_its_parameters(cli: Cli) -> None:
    listing = cli("models").stdout
    for name in MODELS:
        assert f"\n{name} " in listing
    assert "421,642" in listing
    assert "418,666" in listing


ODD = """
from typing import Literal
import torch
from torch import nn
from structbench import TorchModel

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.ParameterList([nn.Parameter(torch.zeros(784, 10))])
    def forward(self, x):
        return x.flatten(1) @ self.w[0]

class Odd(TorchModel):
    "Has [bold]x[nope] in its name."
    family: Literal["odd"] = "odd"
    def network(self, problem):
        return Net()

class Needs(TorchModel):
    family: Literal["needs"] = "needs"
    width: int
    def network(self, problem):
        return nn.Linear(self.width, 10)
"""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd [b]" / "odd.py"
    path.parent.mkdir()
    path.write_text(ODD)
    return path


def test_the_layers_inside_blocks_are_shown_when_they_are_asked_for(cli: Cli) -> None:
    small = ("models", "resnet", "--set", "model.depth=8")
    closed, opened = cli(*small).stdout, cli(*small, "--open").stdout
    assert "added: " not in closed
    assert opened.count("\n  added: its input") >= 1
    assert "\n  added: every second place of its input, and 16 maps of zeros" in opened


def test_models_lists_what_cannot_be_sized_and_reads_no_markup(cli: Cli, odd: Path) -> None:
    listing = cli("models", "--plugin", odd)
    assert listing.exit_code == 0
    for text in ("Has [bold]x[nope] in its", "needs width", "421,642"):
        assert text in listing.stdout
    layers = cli("models", "odd", "--plugin", odd).stdout
    assert "[torch.float32 of size 784x10]" in layers
    refused = cli("models", "needs", "--plugin", odd)
    assert (refused.exit_code, refused.stderr.count("width: is missing")) == (2, 1)


def test_a_whole_comparison_reads_no_markup(cli: Cli, odd: Path) -> None:
    config, runs = odd.with_name("[b].yaml"), odd.with_name("[runs]")
    config.write_text(
        "models: {'[red]x': {family: odd}, '[a]': {family: linear}}\n"
        "data: {train_size: 100, test_size: 50}\ntraining: {epochs: 1}\nseeds: 1"
    )
    found = cli("compare", config, "--plugin", odd, "--runs-dir", runs, "--verbose")
    assert found.exit_code == 0
    for text in ("\n[red]x ", "\n[a] ", "[red]x − [a]", f"report: {runs}/compare-"):
        assert text in found.stdout
    assert "/2 [red]x, seed 0: clean" in found.stderr
    assert "odd-s0-" in cli("runs", "--runs-dir", runs).stdout


def test_models_are_listed_where_docstrings_are_stripped() -> None:
    command = [sys.executable, "-OO", "-m", "structbench", "models"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listing.splitlines()[1:-1]] == list(MODELS)
    assert "421,642" in listing


def test_models_shows_a_model_layer_by_layer(cli: Cli) -> None:
    shown = cli("models", "cnn").stdout
    for text in ("(28 + 2·1 − 3)/1 + 1 = 28", "32·(1·3·3) + 32", "421,642", "4,241,152", "10×10"):
        assert text in shown
    altered = cli("models", "cnn", "--set", "model.hidden=64", "--set", "data.name=cifar10").stdout
    assert "Linear 64" in altered
    assert "32·(3·3·3) + 32" in altered


def test_models_shows_a_model_on_data_that_it_takes(cli: Cli, monkeypatch: Monkey) -> None:
    kinds.register(monkeypatch)
    options = ("--set", "model.hidden=null", "--set", "model.channels=[5]")
    shown = cli("models", "cnn", "--set", "data.name=mnist1d", *options).stdout
    assert "cnn on mnist1d" in shown
    for text in ("Conv 5 of 3", "(40 + 2·1 − 3)/1 + 1 = 40", "5·(1·3) + 5", "5×40", "MaxPool 2"):
        assert text in shown
    assert "3×3" not in shown
    # A family that takes no images is shown on what it takes.
    assert "reader on " in cli("models", "reader").stdout


def test_schema_is_json(cli: Cli) -> None:
    schema = json.loads(cli("schema").stdout)
    assert schema["properties"].keys() == {"model", "data", "training", "conditions", "seed"}
    assert schema["$defs"]["CNN"]["properties"]["dropout"]["description"]


def test_no_commands_help_is_cut_off_at_80_columns(cli: Cli, monkeypatch: Monkey) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in ([], ["runs"]):
        listed = cli(*words, "--help").stdout
        assert "Commands:" in listed
        assert "..." not in listed.partition("Commands:")[2]


def test_how_runs_are_performed_is_an_option_a_keyword_and_a_field(cli: Cli) -> None:
    for command in ("compare", "sweep", "train"):
        names = ONE_RUN if command == "train" else SEVERAL_RUNS
        shown = cli(command, "--help").stdout
        for field in fields(Execution):
            assert (f"  {flag(field)} " in shown) == (field.name in names), (command, field.name)
    assert {field.name for field in fields(Execution)} == {*ONE_RUN, *SEVERAL_RUNS}


def test_version(cli: Cli) -> None:
    assert cli("--version").stdout.strip() == version("structbench")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "cnnn"], 2, "did you mean 'cnn'"),
        (["train", "cnn", "--set", "seed=-1"], 2, "greater than or equal to 0"),
        (["train", "cnn", "--seed", "-1"], 2, "--set seed=-1"),
        (["train", "cnn", "--precision", "fp8"], 2, "fp8"),
        (["train", "cnn", "--device", "cuda"], 2, "finds no such device here"),
        (["train", "cnn", "--threads", "0"], 2, "--threads"),
        (["train"], 2, "CONFIG"),
        (["models", "cnnn"], 2, "did you mean 'cnn'"),
        (["models", "--set", "model.hidden=3"], 2, "need a family"),
        (["models", "cnn", "--set", "model.kernel_size=40"], 2, "layer conv2d1"),
        (["evaluate", "nothing", "--condition", "clean"], 4, "no run 'nothing'"),
        (
            ["train", "fnn", "--set", "training.optimizer.learning_rate=1e30", "--smoke"],
            5,
            "epoch 1",
        ),
    ],
    ids=str,
)
def test_mistakes_have_a_message_on_stderr_and_an_exit_code(
    cli: Cli, runs: Path, arguments: list[str], code: int, message: str
) -> None:
    where = [] if arguments[0] == "models" else ["--runs-dir", runs]
    result = cli(*arguments, *where)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_data_that_cannot_be_had_is_exit_code_3(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    result = cli("train", "cnn", "--set", "data.name=cifar10", "--data-dir", tmp_path / "here")
    assert result.exit_code == 3
    assert str(tmp_path / "here") in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_exits_with_130_and_the_same_command_goes_on(runs: Path) -> None:
    command = [
        sys.executable, "-m", "structbench", "train", "fnn", "--set", "training.epochs=6",
        "--set", "data.train_size=20000", "--runs-dir", str(runs),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("epoch 1/6")
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from the last finished epoch" in stderr
    assert "Traceback" not in stderr
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert "epoch 1/6" not in again.stderr
    assert len(json.loads(again.stdout)["history"]) == 6


def test_the_schema_named_in_the_configs_lies_beside_them() -> None:
    assert (config_folder() / "experiment.schema.json").is_file()
