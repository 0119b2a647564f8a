"""Published networks: counted without weights, and their options checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from structbench import load_experiment
from structbench.errors import ConfigError
from structbench.models import MODELS
from structbench.models.build import build
from structbench.models.milestones import IMAGENET
from structbench.models.published_weights import Library
from structbench.models.sides import needed_side
from structbench.models.torch_model import TorchModel
from structbench.models.zoo import PublishedNetwork, Timm, Torchvision
from structbench.problem import Problem

MNIST, COLOURS = Problem("image", (1, 28, 28), 10), Problem("image", (3, 64, 64), 10)
ONE_CHANNEL = "the one channel of an image is given to all three channels of the network"


@pytest.fixture
def made() -> Iterator[list[nn.Parameter]]:
    """All parameters that are made meanwhile, in whatever module."""
    made: list[nn.Parameter] = []

    def see(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        made.extend([parameter] if parameter is not None else [])

    hook = register_module_parameter_registration_hook(see)
    yield made
    hook.remove()


def test_checking_a_config_makes_no_weights(made: list[nn.Parameter]) -> None:
    found = load_experiment("torchvision", ["model.name=resnet34", "model.train=head"])
    assert found.layer_table.frozen > 20_000_000
    with pytest.raises(ConfigError, match="vgg11 needs images of a side of 32 or more"):
        load_experiment("torchvision", ["model.name=vgg11"])
    assert len(made) > 100
    assert all(parameter.is_meta for parameter in made)


def test_what_is_counted_without_weights_is_what_is_counted_with_them() -> None:
    spec = Torchvision(name="mobilenet_v3_small")
    assert spec.layer_table(COLOURS) == TorchModel._observed(spec, COLOURS)


def test_what_is_trained_is_what_was_counted() -> None:
    spec = Torchvision(name="squeezenet1_1", train="head")
    network = build(spec, COLOURS, 0)
    assert {n for n, p in network.named_parameters() if p.requires_grad} == {
        "body.classifier.1.weight", "body.classifier.1.bias",
    }  # fmt: skip
    assert not any(p.is_meta for p in network.parameters())
    assert spec.layer_table(COLOURS).parameters == 513 * 10
    assert network(torch.rand(2, *COLOURS.input_shape)).shape == (2, 10)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        (Torchvision(), {"fc.weight", "fc.bias"}),
        (MODELS["vgg19"](), {"classifier.6.weight", "classifier.6.bias"}),
        (Timm(name="efficientnet_lite0"), {"classifier.weight", "classifier.bias"}),
    ],
)
def test_the_head_is_what_depends_on_the_number_of_classes(
    spec: PublishedNetwork, names: set[str]
) -> None:
    assert spec.head(MNIST) == names


def test_images_are_normalised_as_the_library_says_of_its_weights() -> None:
    mean = (0.485, 0.456, 0.406)
    assert Torchvision().expects[0] == MODELS["senet154"]().expects[0] == mean  # type: ignore[attr-defined]
    assert Timm(name="legacy_xception").expects == ((0.5,) * 3, (0.5,) * 3)
    assert Timm(name="resnet18.a1_in1k").published() == ("timm", "resnet18.a1_in1k")


def test_that_one_channel_is_given_to_three_is_told() -> None:
    spec = Torchvision(name="squeezenet1_1")
    assert spec.layer_table(MNIST).notices == [ONE_CHANNEL]
    assert spec.layer_table(COLOURS).notices == []
    with pytest.raises(ConfigError, match="takes images of 1 or 3 channels, not of 2"):
        spec.layer_table(Problem("image", (2, 64, 64), 10))


@pytest.mark.parametrize(
    ("family", "name", "hint"),
    [
        ("torchvision", "resnet19", "did you mean 'resnet18'?"),
        ("torchvision", "raft_large", "known: torchvision.models"),  # it sees motion
        ("torchvision", "%%", "known: torchvision.models.list_models()"),
        ("timm", "resnet18.none", "did you mean 'resnet18."),
        ("timm", "hf_hub:some/thing", "known: timm.models.list_models()"),
    ],
)
def test_a_network_that_the_library_has_not_is_refused(family: str, name: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.name: ") as error:
        load_experiment(family, [f"model.name={name!r}"])
    assert f"{family} has no network {name!r} that classifies images; " in str(error.value)
    assert hint in str(error.value)


@pytest.mark.parametrize("options", [[], ["model.name=resnet18"]])
def test_without_timm_its_networks_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    needed = r'needs the extra zoo: pip install "structbench\[zoo\]"'
    with pytest.raises(ConfigError, match=needed):
        load_experiment("timm", [*options, "model.train=head"])
    with pytest.raises(ConfigError, match=needed):
        MODELS["seresnet152"]().layer_table(IMAGENET)
    with pytest.raises(ConfigError, match=f"^model senet154: {needed}$"):  # named once
        load_experiment("senet154")


def test_images_too_small_for_a_network_are_told_the_side_that_does() -> None:
    needed = "alexnet needs images of a side of 63 or more; these have 28: --set data.side=63"
    with pytest.raises(ConfigError, match=needed):
        load_experiment("alexnet")
    assert MODELS["alexnet"]().layer_table(Problem("image", (1, 63, 63), 10)).parameters > 5e7


class Aside(PublishedNetwork):
    """Answers a second time, by larger windows, while it is trained."""

    family: Literal["aside"] = "aside"
    called = "aside"
    library: Library = "torchvision"  # type: ignore[misc]

    @property
    def expects(self) -> Any:
        return (0.0,) * 3, (1.0,) * 3

    def body(self, classes: int) -> nn.Module:
        class Body(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.main, self.aside = nn.Conv2d(3, classes, 3), nn.Conv2d(3, classes, 41)

            def forward(self, x: Tensor) -> Any:
                logits = self.main(x).mean((2, 3))
                return SimpleNamespace(logits=logits, a=self.aside(x)) if self.training else logits

        return Body()


def test_a_side_that_is_too_small_only_for_training_is_found_before_it() -> None:
    with pytest.raises(ConfigError, match="aside needs images of a side of 41 or more"):
        Aside().layer_table(MNIST)
    assert Aside().layer_table(COLOURS).parameters == 10 * (3 * 9 + 1) + 10 * (3 * 41**2 + 1)


@pytest.mark.parametrize(
    ("side", "runs", "needed"),
    [
        (28, lambda side: side >= 75, "75 or more"),
        (32, lambda side: side >= 33, "33 or more"),
        (28, lambda side: side == 224, "224"),
        (300, lambda side: side == 224, "224"),
        (28, lambda side: False, ""),
    ],
)
def test_the_side_is_the_least_that_does(side: int, runs: Any, needed: str) -> None:
    assert needed_side(side, runs) == needed
