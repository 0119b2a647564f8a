"""A parameter budget: the nearest width, or a refusal."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from structbench.errors import BudgetError
from structbench.models import MODELS, ModelSpec
from structbench.models.budget import fit_budget
from structbench.models.cnn import CNN
from structbench.models.fnn import FNN
from structbench.models.torch_model import TorchModel
from structbench.problem import Problem

MNIST, CIFAR = Problem("image", (1, 28, 28), 10), Problem("image", (3, 32, 32), 10)
SIGNAL = Problem("signal", (1, 40), 10)


def parameters(model: ModelSpec) -> int:
    return model.layer_table(MNIST).parameters


@pytest.mark.parametrize("family", ["cnn", "fnn"])
@given(budget=st.integers(5_000, 3_000_000))
def test_the_nearest_network_is_within_two_per_cent(family: str, budget: int) -> None:
    model = fit_budget(family, MODELS[family](), MNIST, budget, tolerance=0.02)
    assert abs(parameters(model) - budget) <= 0.02 * budget


def test_no_network_of_a_finer_search_is_nearer() -> None:
    fitted = fit_budget("fnn", FNN(hidden=(64,)), MNIST, 50_000, 0.02)
    every = (FNN(hidden=(width,)) for width in range(1, 300))
    assert parameters(fitted) == min((parameters(m) for m in every), key=lambda n: abs(n - 50_000))


def test_its_own_size_leaves_a_network_as_it_is() -> None:
    assert fit_budget("cnn", CNN(), MNIST, 421_642, 0.0) == CNN()


def test_widths_keep_their_proportions() -> None:
    model = fit_budget("cnn", CNN(), MNIST, 4 * 421_642, 0.02)
    assert isinstance(model, CNN)
    first, second = model.channels
    assert model.hidden
    assert second / first == pytest.approx(2, rel=0.05)
    assert model.hidden / first == pytest.approx(4, rel=0.05)


def test_a_small_budget_leaves_no_bottleneck() -> None:
    model = fit_budget("fnn", FNN(), MNIST, 8_000, 0.1)
    assert isinstance(model, FNN)
    assert model.hidden[1] >= 10


def test_many_widths_are_scaled_together() -> None:
    deep = FNN(hidden=(40,) * 30)
    model = fit_budget("deep", deep, CIFAR, 500_000, 0.05)
    assert isinstance(model, FNN)
    assert len(set(model.hidden)) == 1


# Without a hidden layer there is one width less.
BARE = CNN(
    channels=(25, 25, 25), kernel_size=(5, 3, 3), stride=2, pooling="none", hidden=None, dropout=0.0
)


@pytest.mark.parametrize("problem", [MNIST, SIGNAL], ids=["image", "signal"])
@settings(max_examples=15)
@given(budget=st.integers(5_000, 1_000_000))
def test_a_cnn_without_a_hidden_layer_is_scaled_by_its_channels(
    problem: Problem, budget: int
) -> None:
    model = fit_budget("cnn", BARE, problem, budget, tolerance=0.02)
    assert isinstance(model, CNN)
    assert (model.hidden, model.kernel_size) == (None, (5, 3, 3))
    assert abs(model.layer_table(problem).parameters - budget) <= 0.02 * budget


def test_signals_have_budgets_too() -> None:
    for spec in (CNN(), FNN()):
        model = fit_budget(spec.family, spec, SIGNAL, 5_000, tolerance=0.02)
        assert abs(model.layer_table(SIGNAL).parameters - 5_000) <= 100
    assert fit_budget("cnn", BARE, SIGNAL, 5_210, tolerance=0.0) == BARE


@pytest.mark.parametrize("hidden", [(100, 100), (60, 60, 60, 30, 30), (80, 40, 40)])
@settings(max_examples=15)
@given(budget=st.integers(2_000, 300_000))
def test_widths_that_are_added_stay_equal(hidden: tuple[int, ...], budget: int) -> None:
    spec = FNN(hidden=hidden, residual=True)
    model = fit_budget("fnn", spec, SIGNAL, budget, tolerance=0.1)
    assert isinstance(model, FNN)
    equal = [[a == b for a, b in pairwise(widths)] for widths in (hidden, model.hidden)]
    assert equal[0] == equal[1]
    assert FNN.model_validate(model.model_dump()) == model


def test_widths_become_equal_in_no_other_place() -> None:
    # Scaled to a tenth, 100 and 90 would both be rounded to their floor.
    spec = FNN(hidden=(200, 200, 100, 90), residual=True)
    for budget in range(1_500, 3_000, 100):
        model = fit_budget("fnn", spec, SIGNAL, budget, tolerance=0.5)
        assert isinstance(model, FNN)
        assert model.hidden[0] == model.hidden[1]
        assert len(set(model.hidden[1:])) == 3


@pytest.mark.parametrize(
    ("family", "budget", "message"),
    [
        ("linear", 1000, r"the nearest is 7,850, \+685.0 %.*no width to set"),
        ("fnn", 100, r"fnn cannot have 100 parameters: the nearest is"),
    ],
)
def test_what_cannot_be_met_is_refused_with_both_counts(
    family: str, budget: int, message: str
) -> None:
    with pytest.raises(BudgetError, match=message):
        fit_budget(family, MODELS[family](), MNIST, budget, tolerance=0.02)


class Stuck(TorchModel):
    """Has a width that it does not use."""

    family: Literal["stuck"] = "stuck"
    widths: ClassVar = ("hidden",)
    hidden: int = 8

    def network(self, problem: Problem) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, problem.classes))


def test_a_width_that_changes_nothing_is_said_at_once() -> None:
    with pytest.raises(BudgetError, match="its widths do not change its parameters"):
        fit_budget("stuck", Stuck(), MNIST, 20_000, 0.02)
