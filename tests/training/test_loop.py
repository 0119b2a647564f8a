from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from structbench.data.images.spec import ImageSpec
from structbench.data.spec import LoadedData
from structbench.errors import NumericsError
from structbench.models.build import build
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from structbench.models.spec import ModelSpec
from structbench.outcome import Epoch
from structbench.problem import Problem
from structbench.streams import stream, stream_seed
from structbench.training.loop import TrainingState, _learn, best_epoch, fit
from structbench.training.optimizers import OPTIMIZERS, SGD, Adam, OptimizerSpec
from structbench.training.progress import Progress
from structbench.training.recipe import EarlyStopping, Recipe
from structbench.training.recorded import Recorded
from structbench.training.schedules import Cosine
from tests import kinds

SEED = 3
MNIST = Problem("image", (1, 28, 28), 10)
SMALL_CNN = CNN(channels=(4, 6), hidden=16, dropout=0.2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> LoadedData:
    folder = tmp_path_factory.mktemp("data")
    return ImageSpec(train_size=330, validation_size=100, test_size=50).load(folder, SEED)


def new_state(recipe: Recipe, dropout: float = 0.0) -> TrainingState:
    network = build(FNN(hidden=(16,), dropout=dropout), MNIST, seed=1)
    return TrainingState(network, recipe.optimizer.build(network))


def train(data: LoadedData, recipe: Recipe, dropout: float = 0.0) -> TrainingState:
    state = new_state(recipe, dropout)
    for _ in fit(state, data, recipe, SEED, lambda progress: None):
        pass
    return state


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


class Cast(nn.Module):
    """Lets a network of float64 weights take float32 images."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.double()


def textbook_network(model: ModelSpec) -> nn.Sequential:
    """What `model` builds, written out, each layer where the lecture has it."""
    if model.family == "fnn":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(784, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10)
        )
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(294, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10),
    )  # fmt: skip


@pytest.mark.parametrize("model", [FNN(hidden=(16,), dropout=0.2), SMALL_CNN], ids=["fnn", "cnn"])
@pytest.mark.parametrize("optimizer", [Adam(), SGD(momentum=0.5)], ids=["adam", "sgd"])
@pytest.mark.parametrize(
    ("dtype", "rtol", "atol"),
    [(torch.float32, 1e-4, 1e-5), (torch.float64, 1e-11, 1e-12)],
    ids=["float32", "float64"],
)
def test_the_loop_is_the_plain_loop(
    data: LoadedData,
    model: ModelSpec,
    optimizer: Adam | SGD,
    dtype: torch.dtype,
    rtol: float,
    atol: float,
) -> None:
    """Channels-last, pooling before ReLU, bytes and functional optimisers change nothing."""
    recipe = Recipe(epochs=2, batch_size=50, optimizer=optimizer, schedule=Cosine())
    network = build(model, MNIST, seed=1).to(memory_format=torch.channels_last)
    reference = textbook_network(model)
    for own, theirs in zip(network.parameters(), reference.parameters(), strict=True):
        theirs.data = own.detach().clone(memory_format=torch.contiguous_format)
    if dtype == torch.float64:
        network, reference = (nn.Sequential(Cast(), n.double()) for n in (network, reference))
    ours = TrainingState(network, optimizer.build(network))
    for _ in fit(ours, data, recipe, SEED, lambda progress: None):
        pass

    images = torch.from_numpy(data.train.inputs[0]).float() / 255
    labels = torch.from_numpy(data.train.labels)
    plain = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer.name]
    extra = {"momentum": 0.5} if isinstance(optimizer, SGD) else {}
    stepper = plain(reference.parameters(), lr=optimizer.learning_rate, **extra)
    losses = []
    for epoch in range(2):
        order = stream(SEED, "order", epoch).permutation(330)
        torch.manual_seed(stream_seed(SEED, "dropout", epoch))
        for step, batch in enumerate(torch.from_numpy(order).split(50)):
            stepper.param_groups[0]["lr"] = recipe.learning_rate(epoch * 7 + step, 330)
            loss = cross_entropy(reference(images[batch]), labels[batch])
            stepper.zero_grad()
            loss.backward()
            stepper.step()
            losses.append((epoch, len(batch), loss.item()))
    torch.testing.assert_close(weights(network), weights(reference), rtol=rtol, atol=atol)
    for epoch in range(2):
        expected = sum(n * value for e, n, value in losses if e == epoch) / 330
        # The losses of an epoch are kept in float32.
        assert ours.history[epoch].train_loss == pytest.approx(expected, rel=1e-5)


def test_progress_counts_every_step_and_the_callers_random_state_is_left_alone(
    data: LoadedData,
) -> None:
    recipe, seen = Recipe(epochs=2, batch_size=5), list[Progress]()
    before = torch.get_rng_state()
    for _ in fit(new_state(recipe, dropout=0.5), data, recipe, SEED, seen.append):
        pass
    assert torch.equal(torch.get_rng_state(), before)
    assert [(p.epoch, p.step, p.steps) for p in seen] == [
        (1, 50, 66), (1, 66, 66), (2, 50, 66), (2, 66, 66),
    ]  # fmt: skip


def test_a_diverging_loss_says_where(data: LoadedData) -> None:
    recipe = Recipe(epochs=3, batch_size=50, optimizer=SGD(learning_rate=1e30))
    with pytest.raises(NumericsError, match=r"epoch 1, step \d+ of 7, learning rate 1e\+30"):
        train(data, recipe)


def test_early_stopping_keeps_the_best_epoch(data: LoadedData) -> None:
    recipe = Recipe(
        epochs=50,
        batch_size=50,
        optimizer=Adam(learning_rate=0.02),
        early_stopping=EarlyStopping(patience=2),
    )
    state = train(data, recipe)
    losses = [epoch.validation_loss or 0.0 for epoch in state.history]
    best = losses.index(min(losses)) + 1
    assert len(state.history) == best + 2 < 50
    assert best_epoch(state.history).epoch == best
    shorter = train(data, recipe.model_copy(update={"epochs": best}))
    assert state.best is not None
    for name, value in shorter.network.state_dict().items():
        assert torch.equal(state.best[name], value)


def test_augmentation_uses_every_condition_and_changes_each_epoch(data: LoadedData) -> None:
    recipe = Recipe(epochs=2, batch_size=330, augment=("clean", "invert"))
    seen = []

    class Spy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(10, 784))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(images.mean((1, 2, 3)))
            return images.flatten(1) @ self.weight.T

    network = Spy()
    state = TrainingState(network, recipe.optimizer.build(network))
    no_validation = LoadedData(data.train, data.validation.take(np.arange(0)), data.test, False)
    list(fit(state, no_validation, recipe, SEED, lambda progress: None))
    plain = torch.from_numpy(data.train.inputs[0]).float().div(255).mean((1, 2, 3))
    for epoch, means in enumerate(seen):
        order = stream(SEED, "order", epoch).permutation(330)
        kept = torch.isclose(means, plain[order], atol=1e-5)
        inverted = torch.isclose(means, 1 - plain[order], atol=1e-5)
        assert (kept | inverted).all()
        assert 120 < int(inverted.sum()) < 210
    assert not torch.equal(seen[0].sort().values, seen[1].sort().values)


def test_bf16_is_close_to_fp32_but_not_the_same(data: LoadedData, tmp_path: Path) -> None:
    single = train(data, Recipe(epochs=1)).history[0].train_loss
    half = train(data, Recipe(epochs=1, precision="bf16")).history[0].train_loss
    assert half != single
    assert half == pytest.approx(single, rel=0.02)


def test_best_epoch_is_the_first_of_equals() -> None:
    history = [
        Epoch(epoch=i + 1, train_loss=1.0, seconds=1.0, validation_loss=v)
        for i, v in enumerate([2.0, 1.0, 1.0])
    ]
    assert best_epoch(history).epoch == 2


def test_steps_end_within_an_epoch(data: LoadedData) -> None:
    # 330 examples, 7 steps an epoch: two epochs, and 3 steps of 50 examples of a third.
    recipe = Recipe(steps=17, batch_size=50, schedule=Cosine())
    assert (recipe.all_steps(330), recipe.all_epochs(330)) == (17, 3)
    told: list[Progress] = []
    state = new_state(recipe)
    assert [e.epoch for e in fit(state, data, recipe, SEED, told.append)] == [1, 2, 3]
    assert [(p.epoch, p.epochs, p.steps) for p in told] == [(1, 3, 7), (2, 3, 7), (3, 3, 3)]
    assert recipe.learning_rate(16, 330) < 0.02 * recipe.optimizer.learning_rate


def test_steps_that_make_whole_epochs_are_those_epochs(data: LoadedData) -> None:
    steps = train(data, Recipe(steps=14, batch_size=50, schedule=Cosine()), dropout=0.2)
    epochs = train(data, Recipe(epochs=2, batch_size=50, schedule=Cosine()), dropout=0.2)
    assert torch.equal(weights(steps.network), weights(epochs.network))
    assert [e.train_loss for e in steps.history] == [e.train_loss for e in epochs.history]


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_learning_rate_may_stand_in_a_tensor(optimizer: type[OptimizerSpec]) -> None:
    """As a step that a GPU has recorded reads it."""
    found = []
    for rate in (0.25, torch.tensor(0.25)):
        recipe = Recipe(optimizer=optimizer())
        state = new_state(recipe)
        for _ in range(2):
            cross_entropy(state.network(torch.ones(4, 1, 28, 28)), torch.arange(4)).backward()
            state.optimizer.step(rate)
        found.append(weights(state.network))
    torch.testing.assert_close(*found, rtol=0, atol=1e-6)
    assert not torch.allclose(found[0], weights(new_state(recipe).network), atol=1e-3)


def test_gradients_are_clipped_labels_smoothed_and_steps_warmed_up_as_in_torch(
    data: LoadedData,
) -> None:
    recipe = Recipe(
        epochs=2, batch_size=110, optimizer=SGD(learning_rate=0.5),
        clip_gradient=0.3, label_smoothing=0.2, warm_up=4,
    )  # fmt: skip
    ours, plain = train(data, recipe), new_state(recipe).network
    images = torch.from_numpy(data.train.inputs[0]).float() / 255
    labels = torch.from_numpy(data.train.labels)
    stepper, norms = torch.optim.SGD(plain.parameters(), lr=0.5, momentum=0.9), []
    for epoch in range(2):
        order = torch.from_numpy(stream(SEED, "order", epoch).permutation(330))
        for step, batch in enumerate(order.split(110), 3 * epoch):
            stepper.param_groups[0]["lr"] = 0.5 * min(1, (step + 1) / 4)
            loss = cross_entropy(plain(images[batch]), labels[batch], label_smoothing=0.2)
            stepper.zero_grad()
            loss.backward()
            norms.append(float(nn.utils.clip_grad_norm_(plain.parameters(), 0.3)))
            stepper.step()
    assert max(norms) > 0.3
    torch.testing.assert_close(weights(ours.network), weights(plain))
    # What is validated is not smoothed.
    held = torch.from_numpy(data.validation.inputs[0]).float() / 255
    right = torch.from_numpy(data.validation.labels)
    with torch.no_grad():
        expected = float(cross_entropy(plain.eval()(held), right))
    assert ours.history[-1].validation_loss == pytest.approx(expected, rel=1e-4)


class Recording(kinds.Reading):
    """Remembers the batches that it learned from."""

    def forward(self, source: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        given = super().forward(source, previous)
        if self.training:
            self.__dict__.setdefault("seen", []).append((source, given.detach()))
        return given


def test_a_loss_of_sentences_is_the_mean_over_all_labels() -> None:
    rng = np.random.default_rng(0)
    toys = kinds.Sequences(name="echo").toys(rng.integers(0, 3, 100), rng)
    data = LoadedData(toys.take(np.arange(70)), toys.take(np.arange(70, 100)), toys, 0.0)
    problem = Problem("sequence", (6,), kinds.CLASSES, vocabulary=6, answer_length=3)
    torch.manual_seed(0)
    network, recipe = Recording(problem), Recipe(epochs=1, batch_size=20)
    state = TrainingState(network, recipe.optimizer.build(network))
    (epoch,) = fit(state, data, recipe, SEED, lambda progress: None)
    seen = network.__dict__["seen"]
    assert [len(source) for source, _ in seen] == [20, 20, 20, 10]
    losses = []
    for source, given in seen:
        labels = torch.from_numpy(kinds.echoes(source.numpy()).labels)[:, : given.shape[1]]
        losses += cross_entropy(
            given.flatten(0, 1), labels.flatten(), reduction="none"
        )[labels.flatten() != -100].tolist()  # fmt: skip
    assert epoch.train_loss == pytest.approx(np.mean(losses), rel=1e-5)
    assert epoch.validation_misclassification is not None


@pytest.mark.parametrize("sequences", [False, True])
def test_a_gpu_records_no_step_whose_batches_are_of_ever_other_lengths(sequences: bool) -> None:
    state = new_state(Recipe())
    state.recordable = True
    lengths = np.ones((1, 3), np.int64) if sequences else None
    feed: Any = SimpleNamespace(
        device=torch.device("cuda"), recipe=Recipe(), shared=(), lengths=lengths
    )
    assert isinstance(_learn(state, feed), Recorded) is not sequences
