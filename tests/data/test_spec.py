"""The `data:` section: which keys it has depends on the data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from structbench.data.spec import DataSpec, SequenceSpec, data_spec
from structbench.errors import ConfigError
from structbench.experiment.comparison import ComparisonSpec
from structbench.experiment.load import build, load_experiment
from structbench.experiment.schema import Experiment
from structbench.experiment.strict_yaml import parse
from structbench.experiment.sweep import SweepSpec, sweep_points
from structbench.models.plugins import _families
from tests import kinds

SMALL = "{name: numbers, numbers: [0, 999], train_size: 100, test_size: 50}"
CONTEST = f"""
models: {{a: {{family: reader}}, b: {{family: reader}}}}
recipes: {{a: {{epochs: 1}}}}
data: {SMALL}
"""


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_families, "reader", kinds.Reader)
    monkeypatch.setenv("STRUCTBENCH_DATA", os.devnull)


def test_the_name_says_which_keys_there_are() -> None:
    grids = {"name", "train_size", "validation_size", "test_size", "structure_removed"}
    for described in ({}, {"name": "cifar10"}):
        data = data_spec(described)
        assert type(data) is DataSpec
        assert set(data.model_dump()) == grids
    data = data_spec({"name": "numbers", "source": "es"})
    assert isinstance(data, SequenceSpec)
    assert data_spec(data.model_dump(mode="json")) == data
    with pytest.raises(ValueError, match="numbers is described by a SequenceSpec"):
        DataSpec(name="numbers")
    with pytest.raises(ValueError, match="mnist is described by a DataSpec"):
        SequenceSpec(name="mnist")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{tokens: words}",
            "5:8: data.tokens: unknown key 'tokens' of mnist; 'tokens' needs name:",
        ),
        ("{name: kmnist, tokens: bpe}", "5:22: data.tokens: unknown key 'tokens' of kmnist; "),
        ("{name: number}", "data.name: unknown data set 'number'; did you mean 'numbers'?"),
        ("{name: numbers, tokns: x}", "data.tokns: unknown key 'tokns'; did you mean 'tokens'?"),
        (
            "{name: numbers, tokens: word}",
            "data.tokens: unknown value 'word'; did you mean 'words'",
        ),
        ("{name: numbers, numbers: [1, 2]}", "data.numbers: [1, 2] holds 2 numbers"),
        ("{name: numbers, numbers: [0, 9], train_size: 9}", "5:1: data: train_size 9 + "),
        ("[numbers]", "data: should be a mapping"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"model:\n  family: reader\n\ntraining: {{epochs: 1}}\ndata: {text}\n")
    with pytest.raises(ConfigError) as error:
        load_experiment(config)
    (line,) = str(error.value).splitlines()
    assert line.startswith(str(config))
    assert told in line


def test_keys_of_sequences_are_set_and_swept() -> None:
    document = parse("model: {family: reader}", "config")
    asked = build(
        Experiment,
        document,
        [
            "data.name=numbers",
            "data.tokens=characters",
            "data.numbers=[0, 99]",
        ],
    )
    assert isinstance(asked.data, SequenceSpec)
    assert asked.data.tokens == "characters"
    assert Experiment.model_validate(asked.model_dump(mode="json")) == asked
    axes = "axes: {data.tokens: [words, characters], data.numbers: [[0, 249], [0, 299]]}"
    points = sweep_points(build(SweepSpec, parse(CONTEST + axes, "config")))
    found = [point.spec.data for point in points]
    assert [(data.tokens, data.numbers) for data in found if isinstance(data, SequenceSpec)] == [
        (tokens, (0, high)) for tokens in ("words", "characters") for high in (249, 299)
    ]


def test_each_seed_has_enough_other_numbers_before_anything_is_trained() -> None:
    build(ComparisonSpec, parse(f"{CONTEST}conditions: ['digits:3']", "config"))
    for text in ("conditions: ['digits:1']", "conditions: [clean, 'digits:2']"):
        told = r"condition 'digits:\d': \d+ of the [19]0 numbers .* and 88 are to be tested on"
        with pytest.raises(ConfigError, match=told):
            build(ComparisonSpec, parse(CONTEST + text, "config"), ["seeds=3", "data.test_size=88"])
    text = f"model: {{family: reader}}\ndata: {SMALL}\ntraining: {{augment: ['digits:3']}}"
    with pytest.raises(ConfigError, match="augment: digits:3 chooses other examples"):
        build(Experiment, parse(text, "config"))


def test_too_few_other_numbers_are_exit_2(
    cli: Callable[..., Result], tmp_path: Path, runs: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"model: {{family: reader}}\ndata: {SMALL}\nconditions: ['digits:1']\n")
    refused = cli("train", config, "--runs-dir", runs)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "digits:1" in refused.stderr
    assert not runs.exists()
