"""A network of a library's between a data set's images and its classes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from structbench.models.adapted import Adapted

MEAN, STD = (0.25, 0.5, 0.75), (0.5, 0.25, 0.125)
HEAD = ("4.weight", "4.bias")


def body() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 5)
    )


def images(channels: int = 3) -> Tensor:
    return torch.rand(6, channels, 8, 8, generator=torch.Generator().manual_seed(1))


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: entry.clone() for name, entry in network.state_dict().items()}


def test_images_are_normalised_as_published_weights_expect() -> None:
    given = Adapted(nn.Identity(), MEAN, STD, 3)(images())
    for channel in range(3):
        expected = (images()[:, channel] - MEAN[channel]) / STD[channel]
        torch.testing.assert_close(given[:, channel], expected)


def test_one_channel_is_given_to_all_three() -> None:
    grey = images(1)
    alone, thrice = Adapted(body(), MEAN, STD, 1).eval(), Adapted(body(), MEAN, STD, 3).eval()
    torch.testing.assert_close(alone(grey), thrice(grey.repeat(1, 3, 1, 1)))


def test_what_is_stored_of_a_network_is_the_librarys_own_module() -> None:
    network = Adapted(body(), MEAN, STD, 3)
    assert list(network.state_dict()) == [f"body.{name}" for name in body().state_dict()]


def test_all_weights_learn() -> None:
    learned = changed(Adapted(body(), MEAN, STD, 3))
    assert learned == {f"body.{name}" for name in body().state_dict()}


def test_only_the_head_learns_and_all_else_stays_as_it_answers() -> None:
    assert changed(Adapted(body(), MEAN, STD, 3, HEAD)) == {"body.4.weight", "body.4.bias"}
    network = Adapted(body(), MEAN, STD, 3, HEAD)
    asleep = network.eval()(images())
    torch.testing.assert_close(network.train()(images()), asleep)
    assert network.training
    assert network.body.get_submodule("4").training


def test_of_several_answers_the_logits_are_taken() -> None:
    class Twice(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return SimpleNamespace(logits=x.sum((1, 2, 3)), aux_logits=None)

    assert Adapted(Twice(), MEAN, STD, 3)(images()).shape == (6,)


def changed(network: nn.Module) -> set[str]:
    """What a step of training alters."""
    before = state(network)
    trained = [p for p in network.parameters() if p.requires_grad]
    network.train()(images()).square().sum().backward()
    torch.optim.SGD(trained, lr=0.1).step()
    return {name for name, entry in state(network).items() if not torch.equal(entry, before[name])}
