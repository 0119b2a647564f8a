from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from structbench.models import MODELS, ModelSpec
from structbench.models.build import build
from structbench.models.cnn import CNN
from structbench.models.modules import pool_first, sequential
from structbench.models.zoo import PublishedNetwork
from structbench.problem import Problem

MNIST, CIFAR = Problem("image", (1, 28, 28), 10), Problem("image", (3, 32, 32), 10)
SIGNAL = Problem("signal", (2, 41), 10)
SPECS = [
    *(spec() for spec in MODELS.values() if not issubclass(spec, PublishedNetwork)),
    CNN(pooling="avg", stride=2, kernel_size=5, channels=(8,), dropout=0.0),
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("problem", [MNIST, CIFAR, SIGNAL], ids=["mnist", "cifar", "signal"])
def test_counts_agree_with_torch(spec: ModelSpec, problem: Problem) -> None:
    if problem.kind not in spec.takes:
        return
    structure = spec.layer_table(problem)
    network = build(spec, problem, seed=0).eval()
    assert sum(p.numel() for p in network.parameters()) == structure.parameters
    counter = FlopCounterMode(display=False)
    # In steps: torch's counter knows no fused attention of the CPU.
    with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        output = network(torch.zeros(1, *problem.input_shape))
    assert output.shape == (1, 10)
    # torch counts a multiply-accumulate as two operations and leaves biases out, as we do.
    assert counter.get_total_flops() == 2 * structure.macs


def test_the_lectures_cnn_is_what_the_lecture_says() -> None:
    network = build(CNN(), MNIST, seed=0)
    lecture = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 10),
    )  # fmt: skip
    lecture.load_state_dict(
        OrderedDict(zip(lecture.state_dict(), network.state_dict().values(), strict=True))
    )
    images = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    # Channels-last, pooling before ReLU: other order of work, the same function.
    network.to(memory_format=torch.channels_last)
    for net in (network, lecture):
        net.eval()
        net(images).logsumexp(1).sum().backward()
    torch.testing.assert_close(network(images), lecture(images), rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(network.parameters(), lecture.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)


def test_only_max_pooling_moves_before_relu() -> None:
    def order(spec: CNN) -> list[str]:
        return [row.name for row in pool_first(spec.layer_table(MNIST).rows)][:3]

    assert order(CNN()) == ["conv2d1", "maxpool2d1", "relu1"]
    assert order(CNN(pooling="avg")) == ["conv2d1", "relu1", "avgpool2d1"]


def test_pooling_before_relu_is_the_same_on_one_axis() -> None:
    table = CNN(channels=(8,), kernel_size=5, hidden=None, dropout=0.0).layer_table(SIGNAL)
    network = sequential(table)
    assert [*network._modules] == ["conv1d1", "maxpool1d1", "relu1", "flatten1", "linear1"]
    as_listed = nn.Sequential(*(network.get_submodule(row.name) for row in table.rows))
    signals = torch.randn(7, 2, 41, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network(signals), as_listed(signals))


def test_initialisation_comes_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again, other = (build(CNN(), MNIST, seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first["conv2d1.weight"], again["conv2d1.weight"])
    assert not torch.equal(first["conv2d1.weight"], other["conv2d1.weight"])
