"""Networks that were published, as torchvision and timm have them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from structbench.errors import ConfigError
from structbench.models.build import make
from structbench.models.layer_table import LayerTable
from structbench.models.pretrained import Pretrained
from structbench.models.published_weights import Library
from structbench.models.sides import needed_side
from structbench.problem import Problem
from structbench.streams import seeded

if TYPE_CHECKING:
    from torch import nn

# Mean and standard deviation of each channel.
Expected = tuple[tuple[float, ...], tuple[float, ...]]

# By which nearly all networks of both libraries were trained.
_OF_IMAGENET: Expected = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
GREY = "the one channel of an image is given to all three channels of the network"
# What the two networks of torchvision's that answer more than once need to be as published.
_AS_PUBLISHED = {"aux_logits": True, "transform_input": True, "init_weights": True}
_ANSWER_TWICE = {"googlenet": _AS_PUBLISHED, "inception_v3": _AS_PUBLISHED}


class PublishedNetwork(Pretrained):
    """A network of a library's, whose last layer has an output for each class.

    It is counted without weights: they are made only to be trained.
    """

    shown_on: ClassVar = {"side": 224}

    library: ClassVar[Library]
    """Where it comes from."""
    called: ClassVar[str] = ""
    """What the library calls it, where that is fixed."""

    train: Literal["all", "head"] = "all"
    """Which weights are trained: all, or those of the last layer, while all else stays as it is."""

    @abstractmethod
    def body(self, classes: int) -> nn.Module:
        """The library's own module, with random weights."""

    @property
    @abstractmethod
    def expects(self) -> Expected:
        """By which mean and standard deviation published weights expect images normalised."""

    def published(self) -> tuple[Library, str]:
        """The library, and what it calls the network."""
        return self.library, self.called

    def head(self, problem: Problem) -> frozenset[str]:
        """The entries of the body's state_dict whose shape depends on the number of classes."""
        return _head(self, problem.classes)

    def network(self, problem: Problem) -> nn.Module:
        """See TorchModel: the body is its part `body`."""
        from structbench.models.adapted import CHANNELS, Adapted

        if (channels := problem.input_shape[0]) not in (1, CHANNELS):
            raise ConfigError(f"takes images of 1 or {CHANNELS} channels, not of {channels}")
        trained = self.head(problem) if self.train == "head" else ()
        return Adapted(self.body(problem.classes), *self.expects, channels, only=trained)

    def weightless(self, problem: Problem) -> nn.Module:
        """The network on torch's meta device, where weights have a shape and no values."""
        from structbench.models.weightless import Weightless

        with Weightless():
            return make(self, problem, 0).to("meta")

    def _observed(self, problem: Problem) -> LayerTable:
        from structbench.models.weightless import Weightless

        network = self.weightless(problem)
        with Weightless(), seeded(0):
            try:
                table = self._counted(network, problem)
            except ConfigError:
                self._require_side(network, problem)
                raise
            # A part that has not run may run while the network is trained.
            if not all(row.output_shape for row in table.rows):
                self._require_side(network, problem)
        return replace(table, told=(GREY,) * (problem.input_shape[0] == 1))

    def _require_side(self, network: nn.Module, problem: Problem) -> None:
        """ConfigError that says which side of an image the network needs, if that is the matter."""
        from structbench.models.weightless import can_be_trained

        channels, *_, side = problem.input_shape
        if can_be_trained(network, problem.input_shape):
            return
        if needed := needed_side(side, lambda s: can_be_trained(network, (channels, s, s))):
            name = self.family if self.called else self.published()[1]
            raise ConfigError(
                f"{name} needs images of a side of {needed}; these have {side}: "
                f"--set data.side={needed.partition(' ')[0]}"
            ) from None


@lru_cache(maxsize=64)
def _head(spec: PublishedNetwork, classes: int) -> frozenset[str]:
    from structbench.models.weightless import Weightless

    with Weightless(), seeded(0):
        one, other = (spec.body(number).state_dict() for number in (classes, classes + 1))
    return frozenset(name for name in one if one[name].shape != other[name].shape)


class OfTorchvision(PublishedNetwork):
    """A network of torchvision's."""

    library = "torchvision"

    def body(self, classes: int) -> nn.Module:
        """See PublishedNetwork."""
        from torchvision import models

        name = self.published()[1]
        made: nn.Module = models.get_model(
            name, weights=None, num_classes=classes, **_ANSWER_TWICE.get(name, {})
        )
        return made

    @property
    def expects(self) -> Expected:
        """See PublishedNetwork."""
        from torchvision import models

        prepared: Any = models.get_model_weights(self.published()[1]).DEFAULT.transforms()
        return tuple(prepared.mean), tuple(prepared.std)


class OfTimm(PublishedNetwork):
    """A network of timm's."""

    library = "timm"

    def body(self, classes: int) -> nn.Module:
        """See PublishedNetwork."""
        made: nn.Module = _timm().create_model(
            self.published()[1], pretrained=False, num_classes=classes
        )
        return made

    @property
    def expects(self) -> Expected:
        """See PublishedNetwork."""
        known = _timm().get_pretrained_cfg(self.published()[1])
        return (known.mean, known.std) if known else _OF_IMAGENET


def _timm() -> Any:
    try:
        import timm
    except ImportError:
        raise ConfigError('needs the extra zoo: pip install "structbench[zoo]"') from None
    return timm


def _require_known(name: str, known: Collection[str], library: Library) -> str:
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {library}.models.list_models()"
        raise ValueError(f"{library} has no network {name!r} that classifies images; {hint}")
    return name


def _of_torchvision(name: str) -> str:
    from torchvision import models

    return _require_known(name, models.list_models(module=models), "torchvision")


def _of_timm(name: str) -> str:
    try:
        timm = _timm()
    except ConfigError as error:
        raise ValueError(str(error)) from None
    # Also with the tag of its published weights, such as resnet18.a1_in1k.
    names = timm.list_models(pretrained="." in name)
    return _require_known(name, names, "timm")


class Torchvision(OfTorchvision):
    """A network of torchvision's that classifies images, by its name there."""

    family: Literal["torchvision"] = "torchvision"
    name: Annotated[str, AfterValidator(_of_torchvision)] = "resnet18"
    """What torchvision calls it."""

    def published(self) -> tuple[Library, str]:
        """See PublishedNetwork."""
        return self.library, self.name


class Timm(OfTimm):
    """A network of timm's that classifies images, by its name there (needs the extra zoo)."""

    family: Literal["timm"] = "timm"
    name: Annotated[str, AfterValidator(_of_timm)] = "resnet18"
    """What timm calls it; with the tag of its weights where there are several, as in
    resnet18.a1_in1k."""

    def published(self) -> tuple[Library, str]:
        """See PublishedNetwork."""
        return self.library, self.name


class AlexNet(OfTorchvision):
    """AlexNet of 2012 (Krizhevsky et al.), for images of a side of 224: five convolutions.

    As torchvision has it: of one tower, as its author later simplified it (2014).
    """

    called = "alexnet"
    family: Literal["alexnet"] = "alexnet"


class VGG19(OfTorchvision):
    """VGG-19 of 2014 (Simonyan and Zisserman), for images of a side of 224: small windows, deep."""

    called = "vgg19"
    family: Literal["vgg19"] = "vgg19"


class ResNet152(OfTorchvision):
    """ResNet-152 of 2015 (He et al.), for images of a side of 224: shortcuts."""

    called = "resnet152"
    family: Literal["resnet152"] = "resnet152"


class SEResNet152(OfTimm):
    """SE-ResNet-152 of 2017 (Hu et al.), with squeeze and excitation (needs the extra zoo)."""

    called = "legacy_seresnet152"
    family: Literal["seresnet152"] = "seresnet152"


class SENet154(OfTimm):
    """SENet-154 of 2017 (Hu et al.), which won that year's challenge (needs the extra zoo)."""

    called = "legacy_senet154"
    family: Literal["senet154"] = "senet154"
