"""What is known of a run before it is performed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from structbench.data.spec import DataSpec
from structbench.experiment.comparison import load_comparison
from structbench.experiment.cost import cost, memory, threads
from structbench.experiment.load import load_experiment
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.training.recipe import Recipe
from tests import kinds


@pytest.mark.parametrize(
    ("model", "changes", "number"),
    [
        ("fnn", [], 1),  # 27 million multiply-accumulates in a forward pass of 64
        ("cnn", [], 2),  # 271 million
        ("cnn", ["training.batch_size=16"], 1),
        ("cnn", ["training.batch_size=256"], 4),
        ("cnn", ["training.batch_size=4096"], 4),
        ("cnn", ["training.batch_size=4096", "data.train_size=20"], 1),  # no batch is larger
    ],
)
def test_threads_of_a_run_that_is_trained_alone(
    model: str, changes: list[str], number: int
) -> None:
    assert threads(load_experiment(model, changes)) == number


def test_what_costs_more_needs_longer(tmp_path: Path) -> None:
    def costs(model: str, *changes: str) -> float:
        return cost(make_run(load_experiment(model, changes), "cpu", tmp_path))

    assert costs("cnn") > 5 * costs("fnn")
    assert costs("fnn", "training.epochs=6") == 2 * costs("fnn")
    assert math.isclose(costs("fnn", "data.train_size=6000"), 0.1 * costs("fnn"), rel_tol=0.01)


def test_what_is_done_step_by_step_costs_more_than_its_arithmetic(tmp_path: Path) -> None:
    """MNIST-1D's GRU has half of its CNN's multiply-accumulates, and takes much longer."""
    experiments = load_comparison(["mnist1d"]).experiments()
    costs = {name: cost(make_run(asked, "cpu", tmp_path)) for name, asked in experiments.items()}
    assert 4 < costs["gru"] / costs["cnn"] < 8
    assert costs["cnn"] > costs["fnn"] > costs["linear"]


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Experiment]:
    """Of an experiment on a graph, learned from so many nodes."""
    kinds.register(monkeypatch)

    def asked(nodes: int) -> Experiment:
        data = DataSpec(name="ring", train_size=nodes)
        return Experiment(model=kinds.Neighbours(), data=data, training=Recipe(epochs=10))

    return asked


def test_a_pass_over_a_graph_costs_the_same_however_many_nodes_are_learned_from(
    graph: Callable[..., Experiment], tmp_path: Path
) -> None:
    few, many = graph(8), graph(60)
    costs = [cost(make_run(asked, "cpu", tmp_path)) for asked in (few, many)]
    assert costs[0] == costs[1] > 10 * few.layer_table.macs
    assert memory(few) == memory(many)
    assert threads(many) == 1


def test_memory_has_room_for_a_graph_and_its_transpose(
    graph: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = graph(8)
    problem = replace(small.data.problem, values=1_000_000, edges=2_000_000)
    before = memory(small)
    monkeypatch.setattr(type(small.data.dataset), "problem", lambda dataset, folder: problem)
    assert memory(small) - before > 2 * 12 * (1_000_000 + 2 * 2_000_000)


def test_all_examples_at_once_are_a_batch() -> None:
    whole = load_experiment("fnn", ["training.batch_size=null", "data.train_size=5000"])
    same = load_experiment("fnn", ["training.batch_size=5000", "data.train_size=5000"])
    assert memory(whole) == memory(same)
    assert threads(whole) == threads(same) == 4


def test_memory_grows_with_the_batch_and_the_weights() -> None:
    cnn = memory(load_experiment("cnn"))
    assert cnn > memory(load_experiment("fnn"))
    large = memory(load_experiment("cnn", ["training.batch_size=640"]))
    # The first convolution alone has 25,088 values of an image, with ReLU and the gradients four.
    assert large - cnn > 4 * 4 * 25_088 * (640 - 64)


def test_memory_counts_what_is_inside_blocks_and_what_evaluation_holds() -> None:
    small = ["training.batch_size=1", "data.train_size=10"]
    cnn = memory(load_experiment("cnn", small))
    # 250 images at a time have 25,088 values each in the first map, and more than one at a time.
    assert cnn > 200_000_000 + 250 * 25_088 * 4 * 2
    asked = load_experiment("fnn", ["model={family: plain, depth: 20, width: 64, stem_stride: 1}"])
    opened = sum(math.prod(row.output_shape) for row in asked.layer_table.opened)
    assert memory(asked) > 200_000_000 + 64 * 8 * opened
