"""Needs CUDA: elsewhere every step is asked for as it comes, and there is nothing to record."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from structbench.data.images.spec import ImageSpec
from structbench.data.spec import LoadedData
from structbench.machine.device import true_arithmetic
from structbench.models.build import build
from structbench.models.cnn import CNN
from structbench.problem import Problem
from structbench.training.loop import TrainingState, fit
from structbench.training.optimizers import OPTIMIZERS, OptimizerSpec
from structbench.training.recipe import Precision, Recipe
from structbench.training.schedules import Cosine

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA")

SEED = 3
MNIST = Problem("image", (1, 28, 28), 10)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> LoadedData:
    folder = tmp_path_factory.mktemp("data")
    return ImageSpec(train_size=1030, validation_size=100, test_size=50).load(folder, SEED)


def recipe_of(optimizer: OptimizerSpec, precision: Precision = "fp32") -> Recipe:
    return Recipe(epochs=3, optimizer=optimizer, schedule=Cosine(), precision=precision)


def new_state(recipe: Recipe, recordable: bool) -> TrainingState:
    network = build(CNN(channels=(4, 6), hidden=16, dropout=0.2), MNIST, SEED, "cuda")
    optimizer = recipe.optimizer.build(network)
    return TrainingState(network, optimizer, recordable)


def train(data: LoadedData, recipe: Recipe, state: TrainingState, epochs: int = 3) -> torch.Tensor:
    """The weights in the end."""
    with true_arithmetic("cuda"):
        for epoch in fit(state, data, recipe, SEED, lambda progress: None):
            if epoch.epoch == epochs:
                break
    return torch.cat([p.detach().flatten().cpu() for p in state.network.parameters()])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_what_is_recorded_learns_what_single_steps_do(
    data: LoadedData, optimizer: type[OptimizerSpec], precision: Precision
) -> None:
    """Dropout, a falling learning rate, and a last batch of another size included."""
    recipe = recipe_of(optimizer(learning_rate=0.01), precision)
    once, again, single = (new_state(recipe, recordable) for recordable in (True, True, False))
    recorded = train(data, recipe, once)
    assert torch.equal(recorded, train(data, recipe, again)), "twice the same bits"
    steps = train(data, recipe, single)
    atol = 1e-4 if precision == "fp32" else 2e-2
    torch.testing.assert_close(recorded, steps, rtol=0, atol=atol)
    losses = [[epoch.train_loss for epoch in state.history] for state in (once, single)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4 if precision == "fp32" else 1e-2)


def test_what_goes_on_in_between_ends_with_the_same_bits(data: LoadedData) -> None:
    recipe = recipe_of(OPTIMIZERS["adam"]())
    whole = train(data, recipe, new_state(recipe, recordable=True))
    begun = new_state(recipe, recordable=True)
    train(data, recipe, begun, epochs=1)
    gone_on = new_state(recipe, recordable=True)
    gone_on.network.load_state_dict(begun.network.state_dict())
    gone_on.optimizer.load(copy.deepcopy(begun.optimizer.tensors()))
    gone_on.history.extend(begun.history)
    assert torch.equal(whole, train(data, recipe, gone_on))


def test_float32_is_float32_within(tmp_path: Path) -> None:
    images = torch.randn(64, 32, 28, 28, device="cuda")
    convolution = torch.nn.Conv2d(32, 64, 3, padding=1, device="cuda")
    exact = copy.deepcopy(convolution).double()(images.double())
    with true_arithmetic("cuda"):
        given = convolution(images)
    assert ((given - exact).abs().max() / exact.abs().max()).item() < 1e-6
