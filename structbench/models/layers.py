"""Layers as arithmetic: shapes, parameters and operations, without torch.

A model is a list of layers. From it come the table of `structbench models`, the counts
in every outcome and, in `structbench.models.modules`, the torch modules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from structbench.errors import ConfigError

Shape = tuple[int, ...]  # (channels, *sides), or (features,)


class Worked(NamedTuple):
    """A number and how it came about, e.g. 320 and `32·(1·3·3) + 32`."""

    value: int
    formula: str = ""


NONE = Worked(0)


@dataclass(frozen=True)
class Layer:
    """A layer without parameters that keeps the shape.

    sees_all: whether each value that it gives depends on all that it takes
    sees_step: whether it depends on all of its own step, such as an image's row
    hops: how many edges of a graph away it reads
    name: what it is called in every network; empty: by its word, numbered
    """

    sees_all: ClassVar[bool] = False
    sees_step: ClassVar[bool] = False
    hops: ClassVar[int] = 0
    name: ClassVar[str] = ""

    @property
    def parts(self) -> tuple[Layer, ...]:
        """The layers inside, in their order; of most, the layer itself."""
        return (self,)

    def output(self, shape: Shape) -> Shape:
        """The output shape for this input shape; ConfigError if it does not fit."""
        return shape

    def parameters(self, shape: Shape) -> Worked:
        """Trainable parameters, for this input shape."""
        return NONE

    def macs(self, shape: Shape) -> int:
        """Multiply-accumulates of the forward pass for one example."""
        return 0

    def in_turn(self, shape: Shape) -> int:
        """How many operations wait for each other, where that is what takes the time."""
        return 0

    def describe(self, shape: Shape) -> str:
        """The layer in a few words, for this input shape."""
        return type(self).__name__

    def word(self, shape: Shape) -> str:
        """What its places in a network are named after, numbered; for this input shape."""
        return type(self).__name__.lower()


class ReLU(Layer):
    """max(0, x)."""


class ELU(Layer):
    """x where it is above 0, and e^x − 1 below (Clevert et al., 2016)."""


class Tanh(Layer):
    """Hyperbolic tangent."""


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets a value to 0 with this probability while training (Srivastava et al., 2014)."""

    probability: float

    def describe(self, shape: Shape) -> str:
        return f"Dropout {self.probability:g}"


class Flatten(Layer):
    """(channels, *sides) → (features,)."""

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class Linear(Layer):
    """y = W x + b; of steps, of each one, with the same W and b."""

    sees_all: ClassVar = True

    out_features: int

    def output(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.out_features)

    def parameters(self, shape: Shape) -> Worked:
        inputs, outputs = shape[-1], self.out_features
        return Worked(inputs * outputs + outputs, f"{inputs}·{outputs} + {outputs}")

    def macs(self, shape: Shape) -> int:
        return math.prod(shape) * self.out_features

    def describe(self, shape: Shape) -> str:
        return f"Linear {self.out_features}"


@dataclass(frozen=True, kw_only=True)
class Window(Layer):
    """A layer that slides a window, as long on all axes, over one axis or several."""

    kernel_size: int
    stride: int = 1
    padding: int = 0

    def side(self, length: int) -> Worked:
        """Output size (M + 2P − K)/S + 1, rounded down, worked out for one side M."""
        m, p, k, s = length, self.padding, self.kernel_size, self.stride
        quotient = f"({m} + 2·{p} − {k})/{s}"
        if (m + 2 * p - k) % s:
            quotient = f"⌊{quotient}⌋"
        return Worked((m + 2 * p - k) // s + 1, f"{quotient} + 1")

    def channels(self, shape: Shape) -> int:
        """How many feature maps come out."""
        return shape[0]

    def window(self, shape: Shape) -> Shape:
        """The sides of the window, e.g. (3, 3)."""
        return tuple(self.kernel_size for _ in shape[1:])

    def word(self, shape: Shape) -> str:
        return f"{super().word(shape)}{len(shape) - 1}d"

    def output(self, shape: Shape) -> Shape:
        sides = [self.side(length) for length in shape[1:]]
        for side in sides:
            if side.value < 1:
                raise ConfigError(
                    f"{self.describe(shape)} does not fit on an input of {shape_text(shape)}: "
                    f"its feature map would have the size {side.formula} = {side.value}"
                )
        return (self.channels(shape), *(side.value for side in sides))


@dataclass(frozen=True)
class Conv(Window):
    """Cross-correlation: local receptive fields, weights shared over positions.

    bias: whether a number is added to each map; a normalisation that follows would take it away
    he: whether its weights are drawn for a ReLU that follows: normal, with variance 2 / inputs (He
        et al., 2015); else as torch does by default
    """

    out_channels: int
    bias: bool = True
    he: bool = False

    def channels(self, shape: Shape) -> int:
        return self.out_channels

    def parameters(self, shape: Shape) -> Worked:
        outputs, factors = self.out_channels, [shape[0], *self.window(shape)]
        biases = outputs * self.bias
        return Worked(
            outputs * math.prod(factors) + biases,
            f"{outputs}·({'·'.join(map(str, factors))})" + f" + {outputs}" * self.bias,
        )

    def macs(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) * shape[0] * math.prod(self.window(shape))

    def describe(self, shape: Shape) -> str:
        return f"Conv {self.out_channels} of {shape_text(self.window(shape))}"


@dataclass(frozen=True)
class MaxPool(Window):
    """The largest value in each window."""

    def describe(self, shape: Shape) -> str:
        return f"MaxPool {shape_text(self.window(shape))}"


@dataclass(frozen=True)
class AvgPool(Window):
    """The mean of each window."""

    def describe(self, shape: Shape) -> str:
        return f"AvgPool {shape_text(self.window(shape))}"


@dataclass(frozen=True)
class Module(Layer):
    """A part of a user's own torch module, known by what it was seen to do."""

    text: str

    def describe(self, shape: Shape) -> str:
        return self.text


def shape_text(shape: Shape) -> str:
    """E.g. `32×28×28`."""
    return "×".join(map(str, shape))
