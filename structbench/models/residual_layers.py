"""The layers of deep convolutional networks, as arithmetic: blocks, shortcuts, normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from structbench.errors import ConfigError
from structbench.models.layers import Layer, Shape, Worked, shape_text


class BatchNorm(Layer):
    """Each map brought to mean 0 and variance 1, then scaled and moved: over all examples and
    positions of a batch while training, else by running means (Ioffe and Szegedy, 2015)."""

    def parameters(self, shape: Shape) -> Worked:
        return Worked(2 * shape[0], f"2·{shape[0]}")

    def describe(self, shape: Shape) -> str:
        return "Batch normalisation"


class GlobalAverage(Layer):
    """(channels, *sides) → (channels,): the mean of each map (Lin et al., 2014)."""

    sees_all: ClassVar = True

    def output(self, shape: Shape) -> Shape:
        return shape[:1]

    def describe(self, shape: Shape) -> str:
        return "Mean of each map"


@dataclass(frozen=True)
class SqueezeExcite(Layer):
    """Each map times a number in [0, 1] that two linear layers make of the means of all maps
    (Hu et al., 2018).

    reduction: how many times fewer values there are between the two
    """

    sees_all: ClassVar = True

    reduction: int = 16

    def hidden(self, shape: Shape) -> int:
        """Values between the two layers; at least one."""
        return max(1, shape[0] // self.reduction)

    def parameters(self, shape: Shape) -> Worked:
        c, h = shape[0], self.hidden(shape)
        return Worked(2 * c * h + h + c, f"{c}·{h} + {h} + {h}·{c} + {c}")

    def macs(self, shape: Shape) -> int:
        return 2 * shape[0] * self.hidden(shape)

    def describe(self, shape: Shape) -> str:
        return f"Squeeze and excitation {self.hidden(shape)}"


@dataclass(frozen=True)
class Block(Layer):
    """Layers in turn that are one thing: a row that opens."""

    layers: tuple[Layer, ...]

    @property
    def parts(self) -> tuple[Layer, ...]:
        return tuple(part for layer in self.layers for part in layer.parts)

    def inside(self, shape: Shape) -> Iterator[tuple[Layer, Shape]]:
        """Each layer inside, and the shape of its input."""
        for layer in self.layers:
            yield layer, shape
            shape = layer.output(shape)

    def output(self, shape: Shape) -> Shape:
        for layer in self.layers:
            shape = layer.output(shape)
        return shape

    def parameters(self, shape: Shape) -> Worked:
        every = [layer.parameters(given) for layer, given in self.inside(shape)]
        formula = " + ".join(each.formula for each in every if each.formula)
        return Worked(sum(each.value for each in every), formula)

    def macs(self, shape: Shape) -> int:
        return sum(layer.macs(given) for layer, given in self.inside(shape))

    def in_turn(self, shape: Shape) -> int:
        return sum(layer.in_turn(given) for layer, given in self.inside(shape))

    def describe(self, shape: Shape) -> str:
        return f"Block: {self.told(shape)}"

    def told(self, shape: Shape) -> str:
        """The layers inside that multiply, in a few words."""
        inside = self.inside(shape)
        told = (
            layer.told(given) if isinstance(layer, Block) else layer.describe(given)
            for layer, given in inside
            if layer.macs(given)
        )
        return ", ".join(told)


@dataclass(frozen=True)
class Shortcut(Layer):
    """x as it is added to something smaller and deeper: each `stride`-th place of it, and maps of
    zeros behind its own (He et al., 2016, section 4.2, option A). It has no parameters."""

    channels: int
    stride: int

    def output(self, shape: Shape) -> Shape:
        return (self.channels, *(-(-side // self.stride) for side in shape[1:]))

    def describe(self, shape: Shape) -> str:
        ordinal = {2: "second", 3: "third"}.get(self.stride, f"{self.stride}th")
        places = f"every {ordinal} place of " * (self.stride > 1) + "its input"
        zeros = self.channels - shape[0]
        return f"{places}, and {zeros} map{'s' * (zeros != 1)} of zeros" if zeros else places


@dataclass(frozen=True)
class Residual(Block):
    """x + f(x): what the layers inside make of x is added to it (He et al., 2016).

    shortcut: what is added instead of x, where f(x) has another shape
    """

    shortcut: Shortcut | None = None

    def output(self, shape: Shape) -> Shape:
        inside = super().output(shape)
        added = self.shortcut.output(shape) if self.shortcut else shape
        if inside != added:
            raise ConfigError(
                f"{shape_text(inside)} cannot be added to an input of {shape_text(shape)}"
            )
        return inside

    def describe(self, shape: Shape) -> str:
        inside = (layer.describe(given) for layer, given in self.inside(shape))
        return f"{', '.join(inside)}, added to {self.added(shape)}"

    def told(self, shape: Shape) -> str:
        return f"{super().told(shape)}, added to its {'subsampled ' * bool(self.shortcut)}input"

    def added(self, shape: Shape) -> str:
        """What f(x) is added to, in words."""
        return self.shortcut.describe(shape) if self.shortcut else "its input"
