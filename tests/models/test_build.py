"""How many examples a network is asked for at a time: it follows from the network alone."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from structbench import TorchModel
from structbench.data.images.examples import ImageExamples
from structbench.evaluation import batches, logits
from structbench.experiment.comparison import load_comparison
from structbench.models import MODELS, ModelSpec
from structbench.models.build import asked_at_once, build, evaluation_batch, largest_map
from structbench.models.cnn import CNN
from structbench.models.layer_table import follow
from structbench.models.layers import Conv, MaxPool
from structbench.models.residual_layers import Block
from structbench.problem import Problem

MNIST, IMAGENET = Problem("image", (1, 28, 28), 10), Problem("image", (3, 224, 224), 1000)


def test_a_resnet_152_at_224_has_room_in_4_gb() -> None:
    """64 maps of 112×112 come first; a block opens to 256 of 56×56, which are as many values."""
    stem = Conv(out_channels=64, kernel_size=7, stride=2, padding=3)
    block = Block((Conv(out_channels=256, kernel_size=1), Conv(out_channels=64, kernel_size=1)))
    pool = MaxPool(kernel_size=3, stride=2, padding=1)
    for layers in ((stem, pool, block), (pool, pool, block)):
        table = follow(layers, IMAGENET.input_shape)
        values = largest_map(table, IMAGENET)
        batch = evaluation_batch(table, IMAGENET)
        assert batch == min(250, 256_000_000 // (4 * values))
        assert 5 * 4 * batch * values + 4 * 60_192_808 < 4e9 / 2
    assert evaluation_batch(follow((stem, pool, block), IMAGENET.input_shape), IMAGENET) == 79


def test_what_is_read_and_what_is_inside_a_block_count_too() -> None:
    inside = Block((Conv(out_channels=100, kernel_size=1), Conv(out_channels=1, kernel_size=1)))
    assert largest_map(follow((inside,), (1, 100, 100)), MNIST) == 1_000_000
    far = Conv(out_channels=1, kernel_size=1, stride=32)
    large = Problem("image", (3, 1024, 1024), 10)
    assert evaluation_batch(follow((far,), large.input_shape), large) == 20
    huge = Conv(out_channels=10_000, kernel_size=1)
    assert evaluation_batch(follow((huge,), MNIST.input_shape), MNIST) == 8


def test_small_networks_are_asked_for_250_at_a_time() -> None:
    for name, family in MODELS.items():
        if "image" in family.takes and name in ("cnn", "fnn", "lenet5", "linear", "rnn"):
            assert evaluation_batch(family().layer_table(MNIST), MNIST) == 250
    for config in ("lecture", "mnist1d", "numbers"):
        for asked in load_comparison([config]).experiments().values():
            problem = asked.data.problem
            assert evaluation_batch(asked.layer_table, problem) == 250
    assert asked_at_once(build(CNN(), MNIST, 0)) == asked_at_once(nn.Linear(1, 1)) == 250


class Spread(nn.Module):
    """2,000,000 values of an example, which take no memory."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, 300:301].expand(-1, 2_000_000)


class Wide(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.spread, self.answer, self.asked = Spread(), nn.Linear(7, 10), list[int]()

    def forward(self, x: Tensor) -> Tensor:
        self.asked.append(len(x))
        return self.answer(self.spread(x)[:, :7])  # type: ignore[no-any-return]


class WideModel(TorchModel):
    family: Literal["wide"] = "wide"

    def network(self, problem: Problem) -> nn.Module:
        return Wide()


def test_a_network_with_large_maps_is_asked_for_fewer() -> None:
    spec: ModelSpec = WideModel()
    network: Any = build(spec, MNIST, 0)
    rng = np.random.default_rng(0)
    grids = rng.integers(0, 256, (70, 1, 28, 28)).astype(np.uint8)
    examples = ImageExamples.numbered(grids, np.zeros(70, np.int64))
    network.asked.clear()
    given = logits(network, examples, "fp32")
    assert network.asked == [32, 32, 6]
    assert [len(place) for place, _ in batches(network, examples)] == [32, 32, 6]
    assert torch.allclose(given, logits(network, examples, "fp32", batch=70), atol=1e-6)
