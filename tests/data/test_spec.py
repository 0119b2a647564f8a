"""The `data:` section: which keys it has depends on the data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest
from typer.testing import Result

from structbench.data import DATASETS
from structbench.data.graphs.spec import GraphSpec, MadeGraphSpec
from structbench.data.images.spec import ImageSpec
from structbench.data.sequences.spec import SequenceSpec
from structbench.data.spec import DataSpec
from structbench.data.specs import OWN_SPECS, data_spec
from structbench.errors import ConfigError
from structbench.experiment.comparison import ComparisonSpec
from structbench.experiment.load import build, load_experiment
from structbench.experiment.schema import Experiment, json_schema
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
    monkeypatch.setitem(_families, "neighbours", kinds.Neighbours)
    monkeypatch.setenv("STRUCTBENCH_DATA", os.devnull)


def test_the_name_says_which_keys_there_are() -> None:
    grids = {"name", "train_size", "validation_size", "test_size", "structure_removed"}
    assert set(data_spec({"name": "mnist1d"}).model_dump()) == grids
    for described in ({}, {"name": "cifar10"}):
        data = data_spec(described)
        assert type(data) is ImageSpec
        assert set(data.model_dump()) == grids | {"side"}
    data = data_spec({"name": "numbers", "source": "es"})
    assert isinstance(data, SequenceSpec)
    assert data_spec(data.model_dump(mode="json")) == data
    with pytest.raises(ValueError, match="numbers is described by SequenceSpec"):
        DataSpec(name="numbers")
    with pytest.raises(ValueError, match="mnist is described by ImageSpec"):
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
        ("{name: cora, tokens: bpe}", "unknown key 'tokens' of cora; 'tokens' needs name: numbers"),
        ("{name: cora, nodes: 9}", "data.nodes: unknown key 'nodes' of cora; 'nodes' needs name: "),
        ("{train_per_class: 2}", "'train_per_class' needs name: cora or karate or social"),
        ("{test_share: 0.5}", "unknown key 'test_share' of mnist; 'test_share' needs --data PATH"),
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


GRAPH = "model: {{family: neighbours}}\ndata: {{{}}}\nconditions: [{}]"
TESTED = "that are not tested"


@pytest.mark.parametrize(
    ("data", "conditions", "told"),
    [
        ("name: cora, train_size: 20, train_per_class: 2", "", "two ways to say it: give one"),
        ("name: cora, test_size: 2709", "", "test_size 2,709 is more than the 2,708 of cora"),
        ("name: cora, train_size: 2032", "", f"train_size 2,032 + validation_size 0 is more than "
         f"the 2,031 of cora {TESTED}"),
        ("name: cora, test_size: 2600, validation_size: 108", "", f"is more than the 108 of cora "
         f"{TESTED}"),
        ("name: cora, train_per_class: 291", "", "train_per_class 291 · 7 classes + validation_"
         f"size 0 is more than the 2,031 of cora {TESTED}"),
        ("name: cora, train_per_class: 200", "", "train_per_class 200 is more than the 135 nodes "
         f"of class 'Rule Learning' {TESTED}"),
        ("name: karate, train_per_class: 14", "", "more than the 26 of karate"),
        ("name: karate", "'add_edges:9'", "condition 'add_edges:9': 702 more edges are asked for, "
         "and the graph of 34 nodes has room for 483"),
        ("name: social, nodes: 10, degree: 9, homophily: 0.44, features: 1", "'rewire_edges:1'",
         "condition 'rewire_edges:1': no two edges of this graph can exchange their ends"),
        ("name: social, nodes: 10, degree: 0.2, structure_removed: 1", "", "structure_removed: no"),
        ("name: social, nodes: 2", "", "data.nodes: should be greater than or equal to 4, not 2"),
        ("name: social, groups: 1", "", "data.groups: should be greater than or equal to 2, not 1"),
        ("name: social, nodes: 8, groups: 9", "", "data: groups 9 are more than the nodes, 8"),
    ],
)  # fmt: skip
def test_what_is_wrong_of_graphs_is_told_in_a_line(data: str, conditions: str, told: str) -> None:
    text = GRAPH.format(data, conditions or "clean")
    with pytest.raises(ConfigError) as error:
        build(Experiment, parse(text, "config"))
    (line,) = str(error.value).splitlines()
    assert told in line


def test_graphs_are_described_by_their_keys() -> None:
    cora, social = (data_spec({"name": name}) for name in ("cora", "social"))
    assert type(cora) is GraphSpec
    assert type(social) is MadeGraphSpec
    assert social.model_dump().keys() - cora.model_dump().keys() == {
        "nodes", "groups", "degree", "homophily", "telling", "features",
    }  # fmt: skip
    for spec in (cora, social):
        assert data_spec(spec.model_dump(mode="json")) == spec
        assert (spec.kind, spec.problem.kind) == ("graph", "graph")
    with pytest.raises(ValueError, match="social is described by MadeGraphSpec"):
        GraphSpec(name="social")
    build(Experiment, parse(GRAPH.format("name: cora, train_per_class: 135", "clean"), "config"))


@pytest.mark.parametrize(
    ("data", "sizes"),
    [
        ({"name": "cora"}, (100, 200)),
        ({"name": "cora", "train_per_class": 20, "test_size": 2000}, (100, 200)),
        ({"name": "cora", "train_per_class": 2, "test_size": 9}, (14, 9)),
        ({"name": "social", "nodes": 20}, (15, 5)),
        ({"name": "numbers", "numbers": [0, 99]}, (80, 20)),
        ({"name": "mnist", "train_size": 10}, (10, 1000)),
    ],
)
def test_a_smoke_run_has_a_few_examples(data: dict[str, object], sizes: tuple[int, int]) -> None:
    spec = data_spec(data)
    fewer = spec.smaller(*spec.dataset.smoke_sizes)
    assert (fewer.train_examples, fewer.test_size) == sizes
    assert data_spec(fewer.model_dump(mode="json")) == fewer


def test_a_schema_says_which_data_sets_have_which_keys() -> None:
    schema = json_schema()
    *known, own = schema["properties"]["data"]["oneOf"]
    members = [*known, *own["anyOf"]]
    named = {}
    for member in members:
        name = member["$ref"].rpartition("/")[2]
        named[name] = schema["$defs"][name]["properties"]["name"]["enum"]
    assert {"own"} == set(chain(*(named.pop(each.__name__) for each in OWN_SPECS.values())))
    assert sorted(chain(*named.values())) == sorted(DATASETS)
    assert named["SequenceSpec"] == ["numbers"]
    assert (named["GraphSpec"], named["MadeGraphSpec"]) == (["karate", "cora"], ["social"])
    assert [member.get("required") for member in members] == [
        ["name"],
        None,
        *[["name"]] * (len(members) - 2),
    ]


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
