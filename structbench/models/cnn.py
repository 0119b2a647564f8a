"""The lecture's convolutional network."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from structbench.models.layer_list import LayerList
from structbench.models.layers import (
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
)
from structbench.options import Fraction, NonNegative, Positive, Widths
from structbench.problem import Problem


class CNN(LayerList):
    """Convolutional network: (conv, ReLU, pool) blocks, then one hidden layer.

    Its prior: what is near belongs together, and a pattern is the same wherever it is.
    """

    widths: ClassVar = ("channels", "hidden")

    family: Literal["cnn"] = "cnn"
    channels: Widths = (32, 64)
    """Output channels of each convolution."""
    kernel_size: Positive = 3
    """Side of the convolutions' square windows, in pixels."""
    stride: Positive = 1
    """Step of the convolutions, in pixels."""
    padding: NonNegative = 1
    """Zeros added on each side before each convolution, in pixels."""
    pooling: Literal["max", "avg"] = "max"
    """Pooling over 2×2 windows after each convolution."""
    hidden: Positive = 128
    """Width of the fully connected layer."""
    dropout: Fraction = 0.3
    """Probability of dropping a hidden value while training."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        pool = MaxPool2d if self.pooling == "max" else AvgPool2d
        for channels in self.channels:
            yield Conv2d(
                channels, kernel_size=self.kernel_size, stride=self.stride, padding=self.padding
            )
            yield ReLU()
            yield pool(kernel_size=2, stride=2)
        yield Flatten()
        yield Linear(self.hidden)
        yield ReLU()
        yield Dropout(self.dropout)
        yield Linear(problem.classes)
