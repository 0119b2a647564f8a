"""Networks of graphs, learned and asked in passes over the whole graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench import Experiment, Outcome, TorchModel, load_experiment, load_sweep, train, trial
from structbench.data.graphs.examples import GraphExamples
from structbench.data.specs import data_spec
from structbench.errors import ConfigError, Interrupted
from structbench.evaluation import logits, shared_of, unsteady
from structbench.experiment.run import make_run
from structbench.experiment.sweep import sweep_points
from structbench.machine.files import Generations
from structbench.models.build import build
from structbench.models.fnn import SoftmaxRegression
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import _families
from structbench.models.sparse_products import Matrix, normalised
from structbench.outcome import Epoch
from structbench.perform import perform
from structbench.problem import Problem
from structbench.store.runs import Store
from structbench.streams import stream_seed
from structbench.training import loop
from structbench.training.feed import Feed
from structbench.training.loop import TrainingState, fit
from structbench.training.optimizers import Adam
from structbench.training.progress import Progress
from structbench.training.recipe import EarlyStopping, Precision, Recipe

CPU = torch.device("cpu")
SEED = 3
ONLY_GUESS = (
    "no two nodes have a feature in common, so a network that does not read the edges can only "
    "guess"
)
FAST = Adam(learning_rate=0.05, weight_decay=1e-3)


class Plain(nn.Module):
    """Of each node and its neighbours the sum, by torch's own sparse products."""

    def __init__(self, problem: Problem):
        super().__init__()
        self.answer = nn.Linear(problem.input_shape[0], problem.classes)

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        x = self.answer(features.to_dense()).float()
        # torch has no sparse product in bfloat16
        with torch.autocast(x.device.type, enabled=False):
            return (x + edges @ x)[nodes]  # type: ignore[no-any-return]


class Ready(Plain):
    """As a convolution over a graph, of what was made ready; it counts how often that was."""

    made = 0

    def ready(self, features: Tensor, edges: Tensor) -> tuple[Any, ...]:
        Ready.made += 1
        return Matrix.of(features), {"read": normalised(edges)}

    def forward(self, nodes: Tensor, features: Matrix, read: dict[str, Matrix]) -> Tensor:  # type: ignore[override]
        x = features.times(self.answer.weight.t()) + self.answer.bias
        return read["read"].times(x)[nodes]


class Attends(Plain):
    """By 2 heads; says how in `weights`."""

    weights: ClassVar[Callable[[int], Any]] = staticmethod(lambda entries: torch.ones(2, entries))

    def attention(self, features: Tensor, edges: Tensor) -> Any:
        return type(self).weights(len(edges.values()) + len(features))


NETWORKS: dict[str, type[nn.Module]] = {"plain": Plain, "ready": Ready, "attends": Attends}


class Around(TorchModel):
    """One of NETWORKS."""

    takes: ClassVar = frozenset({"graph"})
    family: Literal["around"] = "around"
    how: str = "plain"

    def network(self, problem: Problem) -> nn.Module:
        return NETWORKS[self.how](problem)

    def layer_table(self, problem: Problem) -> LayerTable:
        return SoftmaxRegression().layer_table(problem)


@pytest.fixture(autouse=True)
def _around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_families, "around", Around)
    monkeypatch.setattr(trial, "_tried", {})  # what a name stands for changes from test to test


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[nn.Module]], Around]:
    """A model whose network is of this class."""

    def own(made: type[nn.Module]) -> Around:
        monkeypatch.setitem(NETWORKS, made.__name__, made)
        return Around(how=made.__name__)

    return own


def asked(model: Around, validation: int = 6, **recipe: Any) -> Experiment:
    data = data_spec({"name": "karate", "train_size": 12, "validation_size": validation})
    training = Recipe(**{"epochs": 20, "optimizer": FAST, **recipe})
    return Experiment(model=model, data=data, training=training, conditions=("clean",), seed=SEED)


def nodes_of(folder: Path) -> GraphExamples:
    """The nodes of karate that are tested."""
    test: Any = asked(Around()).data.load(folder, SEED).test
    return test  # type: ignore[no-any-return]


def trained(experiment: Experiment, runs: Path) -> Outcome:
    outcome = train(experiment, runs_dir=runs)
    _, again = Store(runs).read(outcome.summary.run)
    assert again.summary == outcome.summary
    return outcome


@pytest.mark.parametrize("how", ["plain", "ready"])
def test_a_pass_over_the_graph_is_the_plain_one(how: str, tmp_path: Path) -> None:
    experiment = asked(Around(how=how))
    found = trained(experiment, tmp_path)
    data = experiment.data.load(tmp_path, SEED)
    plain = build(experiment.model, experiment.data.problem, stream_seed(SEED, "initialisation"))
    graph = shared_of(plain, data.train, CPU)
    stepper = torch.optim.Adam(plain.parameters(), lr=0.05, weight_decay=1e-3, fused=True)
    held = torch.from_numpy(data.validation.inputs[0])
    for epoch in found.summary.history:
        stepper.zero_grad()
        labels = torch.from_numpy(data.train.labels)
        loss = cross_entropy(plain(torch.from_numpy(data.train.inputs[0]), *graph), labels)
        loss.backward()
        stepper.step()
        with torch.no_grad():
            other = cross_entropy(plain(held, *graph), torch.from_numpy(data.validation.labels))
        assert epoch.train_loss == loss.item()
        assert epoch.validation_loss == other.item()
    with torch.no_grad():
        given = plain(torch.from_numpy(data.test.inputs[0]), *graph)
    predictions = found.predictions["clean"]
    assert predictions.predicted.tolist() == given.argmax(1).tolist()
    assert predictions.examples.tolist() == data.test.rows.tolist()
    assert found.summary.notices == (ONLY_GUESS,)


def test_what_is_made_ready_and_altered_is_so_but_once_for_all_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    taken = GraphExamples.without_structure

    def counted(examples: GraphExamples, share: float) -> GraphExamples:
        counts[-1] += 1
        return taken(examples, share)

    monkeypatch.setattr(GraphExamples, "without_structure", counted)
    made = []
    for passes in (5, 25):
        before = Ready.made
        counts.append(0)
        trained(asked(Around(how="ready"), epochs=passes), tmp_path)
        made.append(Ready.made - before)
    assert counts[0] == counts[1]
    assert made[0] == made[1] < 20, "few passes for a trial"


def test_an_interrupted_training_goes_on_from_a_pass_in_200(tmp_path: Path) -> None:
    recipe: Any = {"epochs": 450, "early_stopping": EarlyStopping(patience=400)}
    experiment = asked(Around(how="ready"), **recipe)
    whole = trained(experiment, tmp_path / "whole")
    kept = []

    def stop(progress: Progress) -> None:
        kept.extend([len(progress.history)] * bool(progress.history))
        if len(kept) == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        train(experiment, runs_dir=tmp_path / "parts", on_progress=stop)
    assert kept == [200, 400]
    parts = trained(experiment, tmp_path / "parts")
    run = whole.summary.run
    weights = [Store(tmp_path / name).weights_file(run) for name in ("whole", "parts")]
    assert weights[0] == weights[1]
    losses = [[e.train_loss for e in found.summary.history] for found in (whole, parts)]
    assert losses[0] == losses[1]


def test_a_run_keeps_no_more_than_a_checkpoint_in_200_passes(tmp_path: Path) -> None:
    saved = []

    @dataclass(frozen=True)
    class Kept(Generations):
        def save(self, number: int, content: bytes) -> None:
            saved.append(number)

    run = make_run(asked(Around(), epochs=250), "cpu", tmp_path)
    perform(run, tmp_path, Kept(tmp_path, "checkpoint", "safetensors"))
    assert saved == [200]


def test_patience_is_counted_in_passes(tmp_path: Path) -> None:
    recipe: Any = {"epochs": 300, "early_stopping": EarlyStopping(patience=4)}
    found = trained(asked(Around(), optimizer=Adam(learning_rate=1.0), **recipe), tmp_path)
    losses = [epoch.validation_loss or 0.0 for epoch in found.summary.history]
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 4 < 300
    assert found.summary.train_loss == found.summary.history[best].train_loss


def test_bfloat16_takes_the_graph_in_float32(tmp_path: Path) -> None:
    for how in NETWORKS:
        found = trained(asked(Around(how=how), precision="bf16"), tmp_path)
        first, *_, last = found.summary.history
        assert last.train_loss < first.train_loss


class Doubles(Plain):
    """Alters what it is given of the graph, somewhere."""

    where: ClassVar[Callable[[Tensor, Tensor], Any]]

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        type(self).where(features, edges)
        return super().forward(nodes, features, edges)


class ReadyDoubles(Doubles):
    """While it makes it ready."""

    def ready(self, features: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
        type(self).where(features, edges)
        return features.clone(), edges.clone()

    forward = Plain.forward


class Later(Ready):
    """Alters what it has made ready, once it has learned for a while."""

    where: ClassVar[Callable[[Matrix, Matrix], Any]]

    def forward(self, nodes: Tensor, features: Matrix, read: dict[str, Matrix]) -> Tensor:  # type: ignore[override]
        type(self).where(features, read["read"])
        return super().forward(nodes, features, read)


@pytest.mark.parametrize("made", [Doubles, ReadyDoubles, Later])
@pytest.mark.parametrize("which", [0, 1], ids=["features", "edges"])
def test_a_graph_may_not_be_altered_in_place(
    made: Any, which: int, network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubled(*shared: Any) -> None:
        part = shared[which].values
        (part if isinstance(part, Tensor) else part()).mul_(2)

    monkeypatch.setattr(made, "where", staticmethod(doubled), raising=False)
    with pytest.raises(ConfigError, match="alters in place what all batches share") as error:
        train(asked(network(made)), runs_dir=tmp_path)
    who = ", in `ready`," if made is ReadyDoubles else ""
    assert str(error.value).startswith(f"model around{who} alters")


@pytest.mark.parametrize("indices", ["crow_indices", "col_indices"])
def test_nor_where_its_entries_are(
    indices: str, network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(features: Tensor, edges: Tensor) -> None:
        getattr(edges, indices)().add_(0)

    monkeypatch.setattr(Doubles, "where", staticmethod(moved), raising=False)
    with pytest.raises(ConfigError, match="alters in place"):
        train(asked(network(Doubles)), runs_dir=tmp_path)


class Seldom(Plain):
    """Alters the graph only while it learns, and not at first."""

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        passes = self.__dict__["passes"] = self.__dict__.get("passes", 0) + self.training
        if passes == 9:
            edges.values().mul_(2)
        return super().forward(nodes, features, edges)


class Transposes(Plain):
    """Reads the graph in all the ways that torch has, and alters nothing."""

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        for matrix in (features, edges):
            matrix.t(), matrix.to_dense(), matrix.clone(), matrix.values() * 2, matrix.detach()
        return super().forward(nodes, features, edges)


def test_what_is_altered_later_is_seen_at_the_end_of_the_pass(network: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the network alters in place"):
        train(asked(network(Seldom)), runs_dir=tmp_path)


def test_what_is_only_read_is_not_altered(network: Any, tmp_path: Path) -> None:
    assert trained(asked(network(Transposes)), tmp_path).summary.notices == (ONLY_GUESS,)


class Gives(Plain):
    def ready(self, features: Tensor, edges: Tensor) -> Any:
        return [features, edges]


class Fails(Plain):
    def ready(self, features: Tensor, edges: Tensor) -> Any:
        raise ValueError("no such graph")


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Gives, "model around gives a list by `ready`; it should give a tuple"),
        (
            Fails,
            "model around fails when it makes ready what all batches share, with a graph of 34 "
            "nodes with 34 features each, 78 edges and 2 classes: ValueError: no such graph",
        ),
    ],
)
def test_what_cannot_be_made_ready_is_told_before_a_run(
    made: Any, told: str, network: Any, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=told):
        train(asked(network(made)), runs_dir=tmp_path)


class Compares(Plain):
    """Answers a node by the others that are asked for."""

    def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
        given = super().forward(nodes, features, edges)
        return given - given.mean(dim=0)


def test_a_node_is_answered_alike_whichever_others_are_asked_for(tmp_path: Path) -> None:
    problem, examples = asked(Around()).data.problem, nodes_of(tmp_path)
    torch.manual_seed(0)
    assert unsteady(Ready(problem), examples) == ""
    assert unsteady(Compares(problem), examples) == (
        "its answer to a node depends on which others are asked for: asked for a third of the "
        "nodes at a time its logits differ by more than 0.01 %"
    )


def test_all_nodes_are_asked_for_at_once(tmp_path: Path) -> None:
    seen = []

    class Sees(Plain):
        def forward(self, nodes: Tensor, features: Tensor, edges: Tensor) -> Tensor:
            seen.append(nodes.tolist())
            return super().forward(nodes, features, edges)

    many = replace(nodes_of(tmp_path), nodes=np.tile(np.arange(34), 20))
    given = logits(Sees(asked(Around()).data.problem), many, "fp32")
    assert len(given) == 680
    assert seen == [many.nodes.tolist()]


def test_what_a_network_attends_to_is_kept_of_the_test_graph(tmp_path: Path) -> None:
    found = trained(asked(Around(how="attends")), tmp_path)
    assert found.summary.tensors == ("attention",)
    kept = Store(tmp_path).read(found.summary.run)[1].tensors["attention"]
    assert kept.dtype == np.float32
    assert kept.shape == (2, 2 * 78 + 34)
    assert trained(asked(Around()), tmp_path).summary.tensors == ()


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (lambda entries: torch.ones(entries), r"attends by \(190,\)"),
        (lambda entries: torch.ones(2, entries - 34), r"attends by \(2, 156\)"),
        (lambda entries: (torch.ones(2, entries),), "attends by a tuple"),
    ],
)
def test_weights_of_another_shape_are_refused(
    weights: Any, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attends, "weights", staticmethod(weights))
    should = r"; `attention` should give the weights of each node's neighbours.*: \(heads, 190\)"
    with pytest.raises(ConfigError, match=told + should):
        train(asked(Around(how="attends")), runs_dir=tmp_path)


def test_a_gpu_records_no_pass_over_a_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Recorded", None)
    experiment = asked(Around())
    data = experiment.data.load(tmp_path, SEED)
    network = build(experiment.model, experiment.data.problem, 0)
    feed: Any = Feed(data, experiment.training, SEED, network)
    feed.device = torch.device("cuda")
    state = TrainingState(network, FAST.build(network), recordable=True)
    assert loop._learn(state, feed)(next(iter(feed.epoch(0))), 0.1) > 0


def test_the_best_of_many_passes_is_found_without_looking_at_all_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    real = loop.best_epoch

    def counted(history: list[Epoch]) -> Epoch:
        looked.append(len(history))
        return real(history)

    monkeypatch.setattr(loop, "best_epoch", counted)
    experiment = asked(Around(), early_stopping=EarlyStopping(patience=1000), epochs=50)
    data = experiment.data.load(tmp_path, SEED)
    network = build(experiment.model, experiment.data.problem, 0)
    state = TrainingState(network, FAST.build(network))
    epochs = list(fit(state, data, experiment.training, SEED, lambda progress: None))
    assert len(epochs) == 50
    assert max(looked) <= 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("how", NETWORKS)
def test_a_graph_is_learned_on_a_gpu(how: str, precision: Precision, tmp_path: Path) -> None:
    """Bits are not promised there."""
    experiment = asked(Around(how=how), precision=precision)
    found = train(experiment, device="cuda", runs_dir=tmp_path / "gpu")
    other = train(experiment, device="cpu", runs_dir=tmp_path / "cpu")
    losses = [[e.train_loss for e in one.summary.history] for one in (found, other)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4 if precision == "fp32" else 0.05)
    assert found.summary.tensors == other.summary.tensors


def test_a_graph_is_passed_often_enough_where_nothing_is_said_of_training() -> None:
    def asked(**training: Any) -> Recipe:
        return load_experiment("gcn", ["data={name: karate}", f"training={training}"]).training

    said_nothing = asked()
    assert (said_nothing.steps, said_nothing.batch_size) == (200, None)
    assert said_nothing.optimizer == Adam(learning_rate=0.01, weight_decay=5e-4)
    assert (asked(epochs=3).steps, asked(epochs=3).epochs) == (None, 3)
    assert asked(steps=7, optimizer={"learning_rate": 0.5}).optimizer == Adam(learning_rate=0.5)


def test_epochs_of_a_graph_can_be_swept(tmp_path: Path) -> None:
    config = tmp_path / "sweep.yaml"
    config.write_text(
        "models: {gcn: {family: gcn}, fnn: {family: fnn}}\ndata: {name: karate}\n"
        "axes: {training.epochs: [5, 10]}\n"
    )
    points = sweep_points(load_sweep(config))
    recipes = [point.spec.training for point in points]
    assert [(recipe.steps, recipe.epochs) for recipe in recipes] == [(None, 5), (None, 10)]
    assert {recipe.optimizer for recipe in recipes} == {Adam(learning_rate=0.01, weight_decay=5e-4)}
