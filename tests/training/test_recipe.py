"""Optimisers and schedules are those of torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import nn, optim
from torch.optim import lr_scheduler

from structbench.training.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Decayed, OptimizerSpec
from structbench.training.recipe import Recipe
from structbench.training.schedules import Constant, Cosine, OneCycle, ScheduleSpec, Step

EPOCHS, STEPS_PER_EPOCH = 5, 8
STEPS = EPOCHS * STEPS_PER_EPOCH


def torch_rates(schedule: ScheduleSpec) -> list[float]:
    optimizer = optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler: lr_scheduler.LRScheduler = {
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, factor=1),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS),
        "one_cycle": lambda: lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=STEPS),
        "step": lambda: lr_scheduler.StepLR(optimizer, 2 * STEPS_PER_EPOCH, gamma=0.3),
    }[schedule.name]()
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    "schedule", [Constant(), Cosine(), OneCycle(), Step(every=2, gamma=0.3)], ids=str
)
def test_schedules_are_those_of_torch(schedule: ScheduleSpec) -> None:
    rates = [schedule.factor(step, STEPS, STEPS_PER_EPOCH) for step in range(STEPS)]
    assert rates == pytest.approx(torch_rates(schedule), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_takes_a_training_of_few_steps(steps: int) -> None:
    factors = [OneCycle().factor(step, steps, steps) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)


@pytest.mark.parametrize(
    ("spec", "reference"),
    [
        (Adam(weight_decay=0.1), lambda p: optim.Adam(p, lr=1e-3, weight_decay=0.1)),
        (AdamW(), lambda p: optim.AdamW(p, lr=1e-3, weight_decay=0.01)),
        (
            SGD(weight_decay=0.1, nesterov=True),
            lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True),
        ),
    ],
    ids=["adam", "adamw", "sgd"],
)
def test_the_optimisers_take_the_steps_of_the_plain_ones(
    spec: OptimizerSpec, reference: Callable[[list[nn.Parameter]], optim.Optimizer]
) -> None:
    start = torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    stepper, plain = spec.build(nn.ParameterList([ours])), reference([theirs])
    for _ in range(10):
        plain.zero_grad()
        for parameter in (ours, theirs):
            (parameter**2).sum().backward()
        stepper.step(spec.learning_rate)
        plain.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    assert not torch.equal(ours, start)


class Layers(nn.Module):
    """Two layers, the first with parameters within it, a normalisation, and what is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.steady = nn.Linear(4, 4).requires_grad_(False)
        self.first = nn.ModuleDict({"dropout": nn.Dropout(), "inner": Inner()})
        self.norm = nn.LayerNorm(4)
        self.second = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        given: torch.Tensor = self.second(self.norm(self.first["inner"](self.steady(x))))
        return given


class Inner(nn.Module):
    """A linear map whose bias is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.ones(4))
        self.linear = nn.Linear(4, 4, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        given: torch.Tensor = self.linear(x) + self.bias
        return given


FIRST = {"first.inner.bias", "first.inner.linear.weight"}
OF = {
    "all": FIRST | {"norm.weight", "norm.bias", "second.weight", "second.bias"},
    "weights": {"first.inner.linear.weight", "second.weight"},
    "first_layer": FIRST,
}
PLAIN: dict[str, Callable[..., optim.Optimizer]] = {
    "adam": lambda groups, rate: optim.Adam(groups, lr=rate, fused=True),
    "adamw": lambda groups, rate: optim.AdamW(groups, lr=rate, fused=True),
    "sgd": lambda groups, rate: optim.SGD(groups, lr=rate, momentum=0.9, fused=True),
}


def two_layers() -> Layers:
    torch.manual_seed(0)
    return Layers()


@pytest.mark.parametrize("decayed", OF)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_acts_where_it_is_asked_to(name: str, decayed: Decayed) -> None:
    """To the bit as torch's own optimisers with two groups of parameters."""
    ours, theirs, x = two_layers(), two_layers(), torch.randn(8, 4)
    spec = OPTIMIZERS[name](decayed=decayed, weight_decay=0.1, learning_rate=0.01)
    trained = {name: p for name, p in theirs.named_parameters() if p.requires_grad}
    groups = [
        {"params": [p for n, p in trained.items() if (n in OF[decayed]) == acts], "weight_decay": w}
        for acts, w in ((True, 0.1), (False, 0.0))
    ]
    stepper, plain = spec.build(ours), PLAIN[name]([g for g in groups if g["params"]], 0.01)
    for _ in range(5):
        plain.zero_grad()
        for network in (ours, theirs):
            (network(x) ** 2).sum().backward()
        stepper.step(0.01)
        plain.step()
    for (name, own), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(own, other), name


def test_what_is_decayed_changes_nothing_of_what_is_kept() -> None:
    """Each parameter has its number in a checkpoint, whichever group it is in."""
    network = two_layers()
    kept = [
        SGD(weight_decay=0.1, decayed=decayed).build(network).tensors()
        for decayed in get_args(Decayed)
    ]
    shapes = [{name: tensor.shape for name, tensor in tensors.items()} for tensors in kept]
    assert shapes[0] == shapes[1] == shapes[2]
    assert shapes[0]["0/momentum_buffer"] == (4,)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nothing_can_be_decayed_by_nothing(name: str) -> None:
    with pytest.raises(ValueError, match="set a weight_decay above 0 or leave decayed out"):
        OPTIMIZERS[name](weight_decay=0.0, decayed="weights")


def test_a_step_may_take_all_examples() -> None:
    recipe = Recipe(batch_size=None, epochs=7)
    assert recipe.batch(140) == 140
    assert recipe.steps_per_epoch(140) == 1
    assert recipe.all_steps(140) == recipe.all_epochs(140) == 7
    assert [epoch for epoch in range(1, 1000) if recipe.keeps(epoch, 140)] == [200, 400, 600, 800]
    assert Recipe(batch_size=None, steps=9).all_epochs(140) == 9
    assert Recipe(batch_size=64).batch(20) == 20


def test_an_epoch_has_a_last_smaller_step() -> None:
    recipe = Recipe(epochs=3, batch_size=64, schedule=Cosine())
    assert recipe.steps_per_epoch(60_000) == 938
    assert recipe.learning_rate(0, 60_000) == 1e-3
    assert 0 < recipe.learning_rate(3 * 938 - 1, 60_000) < 1e-8


def test_a_parameter_without_a_gradient_stays_as_it_is() -> None:
    used, unused = (nn.Parameter(torch.ones(3)) for _ in range(2))
    stepper = Adam().build(nn.ParameterList([used, unused]))
    for _ in range(2):
        used.sum().backward()
        stepper.step(0.1)
    assert torch.equal(unused, torch.ones(3))
    assert not torch.equal(used, torch.ones(3))
    assert used.grad is None


@pytest.mark.parametrize("spec", [Adam(), AdamW(), SGD(), SGD(momentum=0.0)], ids=str)
def test_what_an_optimiser_keeps_is_given_and_taken_back(spec: OptimizerSpec) -> None:
    start = torch.ones(4, 3, 2, 2).to(memory_format=torch.channels_last)
    weights = nn.ParameterList([nn.Parameter(start)])
    first = spec.build(weights)
    (weights[0] ** 2).sum().backward()
    first.step(0.1)
    second = spec.build(weights)
    second.load({name: tensor.contiguous() for name, tensor in first.tensors().items()})
    for name, tensor in first.tensors().items():
        assert torch.equal(second.tensors()[name], tensor)
        assert second.tensors()[name].stride() == tensor.stride()


def test_a_length_in_steps_leaves_no_second_length() -> None:
    with pytest.raises(ValueError, match=r"leave training.epochs out"):
        Recipe(steps=10, epochs=5)


def test_epochs_of_few_steps_share_a_checkpoint() -> None:
    recipe = Recipe(steps=2000, batch_size=50)
    assert [e for e in range(1, 300) if recipe.keeps(e, examples=100)] == [100, 200]
    assert all(recipe.keeps(epoch, examples=60_000) for epoch in (1, 2))
    assert all(Recipe().keeps(epoch, examples=100) for epoch in (1, 2))


@pytest.mark.parametrize("schedule", [Constant(), Cosine()], ids=str)
def test_the_learning_rate_warms_up_on_any_schedule(schedule: ScheduleSpec) -> None:
    recipe = Recipe(steps=40, batch_size=1, schedule=schedule, warm_up=8)
    optimizer = optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    rising = lr_scheduler.LinearLR(optimizer, start_factor=1 / 8, total_iters=7)
    for step in range(40):
        factor = schedule.factor(step, 40, 10) * optimizer.param_groups[0]["lr"]
        assert recipe.learning_rate(step, 10) == pytest.approx(1e-3 * factor)
        optimizer.step()
        rising.step()


@pytest.mark.parametrize(
    ("field", "value"),
    [("clip_gradient", 0.0), ("label_smoothing", 1.0), ("label_smoothing", -0.1), ("warm_up", -1)],
)
def test_what_makes_no_sense_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Recipe.model_validate({field: value})
