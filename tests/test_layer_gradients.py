"""Gradients layer by layer, against torch's own, and that looking leaves everything as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench import load_experiment
from structbench.data.images.examples import ImageExamples
from structbench.experiment.run import make_run
from structbench.inside import INSIDE, Seen, in_layers
from structbench.layer_gradients import layer_gradients
from structbench.perform import perform
from tests import own

DEEP = ("model={family: plain, depth: 8, width: 2, stem_stride: 4}", *own.SMALL)


def images(count: int = 12) -> ImageExamples:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 1, 6, 6), np.uint8)
    return ImageExamples(pixels, np.arange(count) % 3, np.arange(count))


class Deep(nn.Module):
    """Layers of all sorts, of which the second is frozen and the last one idle."""

    def __init__(self, layers: int = 8):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.linear = nn.ModuleList([nn.Linear(64, 64) for _ in range(layers - 3)])
        self.linear[0].requires_grad_(False)
        self.last = nn.Linear(64, 3)
        self.idle = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x)).flatten(1)
        for layer in self.linear:
            x = torch.relu(layer(x))
        found: Tensor = self.last(x)
        return found


class Failing(Deep):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("not while I am looked at")


def seen(new: nn.Module, some: Any, predicted: Any = None) -> Seen:
    return Seen(lambda: new, lambda: some, predicted, lambda: some)


def test_norms_are_those_of_torchs_own_backward() -> None:
    network, some = Deep(), images()
    found = layer_gradients(network, some)
    network.train()
    given = network(torch.from_numpy(some.inputs[0]).float() / 255)
    cross_entropy(given, torch.from_numpy(some.labels)).backward()
    weights = [p.grad for p in network.parameters() if p.ndim > 1]
    expected = [np.nan if g is None else float(g.norm()) for g in weights]
    assert found == pytest.approx(expected, rel=1e-5, nan_ok=True)
    assert found.dtype == np.float32
    assert np.flatnonzero(np.isnan(found)).tolist() == [1, 7], "frozen, idle"


def test_the_network_is_left_as_it_was() -> None:
    network = Deep()
    network.eval()
    network.linear.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [part.training for part in network.modules()]
    layer_gradients(network, images())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert [part.training for part in network.modules()] == modes
    assert all(p.grad is None for p in network.parameters())


def test_few_layers_show_nothing_and_many_what_they_have() -> None:
    assert in_layers(Deep(7), seen(Deep(7), images())) == {}
    found = in_layers(Deep(), seen(Deep(), images()))
    assert {name: values.shape for name, values in found.items()} == {
        "layer_weights_new": (8,), "layer_gradients_new": (8,), "layer_gradients_trained": (8,),
    }  # fmt: skip
    assert found["layer_weights_new"][0] == pytest.approx(float(Deep().conv.weight.detach().norm()))
    assert (found["layer_gradients_new"][[0, 2]] == found["layer_gradients_trained"][[0, 2]]).all()


def test_a_network_that_fails_when_it_is_looked_at_shows_nothing() -> None:
    assert in_layers(Failing(), seen(Failing(), images())) == {}
    assert in_layers(Deep(), seen(Failing(), images())) == {}


def test_a_run_finds_the_same_bits_whether_it_is_looked_at_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "deep.yaml"
    config.write_text("model: {family: fnn}\n")
    asked = load_experiment(str(config), [*DEEP, "training.label_smoothing=0.1"])
    run = make_run(asked, "cpu", tmp_path)
    looked = perform(run, tmp_path)
    assert list(looked.outcome.tensors) == [
        "layer_weights_new", "layer_gradients_new", "layer_gradients_trained",
    ]  # fmt: skip
    monkeypatch.setitem(INSIDE, "image", lambda network, seen: {})
    blind = perform(run, tmp_path)
    assert blind.outcome.tensors == {}
    assert looked.weights == blind.weights
    one, other = looked.outcome.predictions["clean"], blind.outcome.predictions["clean"]
    assert np.array_equal(one.confidence, other.confidence)
