"""The lecture's convolutional network."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Tag, ValidationInfo

from structbench.models.layer_list import LayerList
from structbench.models.layers import (
    AvgPool,
    Conv,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    ReLU,
)
from structbench.options import NUMBER_OR_LIST, Fraction, Items, NonNegative, Positive, Widths
from structbench.problem import Problem

Sizes = int | tuple[int, ...]


def _one_for_each(sizes: Sizes, info: ValidationInfo) -> Sizes:
    """As many as there are channels; a number where all are the same, which is the same network."""
    channels = info.data.get("channels")
    if isinstance(sizes, int) or channels is None:  # or what is wrong with `channels` is said
        return sizes
    if len(sizes) != len(channels):
        raise ValueError(
            f"should be a number, or one for each of the {len(channels)} convolutions that "
            f"`channels` asks for; has {len(sizes)}"
        )
    return sizes if len(set(sizes)) > 1 else sizes[0]


if TYPE_CHECKING:
    PositiveSizes: TypeAlias = Sizes
    NonNegativeSizes: TypeAlias = Sizes
else:
    PositiveSizes, NonNegativeSizes = (
        Annotated[
            Annotated[size, Tag("number")] | Annotated[tuple[size, ...], Items, Tag("list")],
            NUMBER_OR_LIST,
            AfterValidator(_one_for_each),
        ]
        for size in (Positive, NonNegative)
    )


class CNN(LayerList):
    """Convolutional network: (conv, ReLU, pool) blocks, then one hidden layer.

    Its prior: what is near belongs together, and a pattern is the same wherever it is.
    """

    takes: ClassVar = frozenset({"image", "signal"})
    widths: ClassVar = ("channels", "hidden")

    family: Literal["cnn"] = "cnn"
    channels: Widths = (32, 64)
    """Output channels of each convolution."""
    kernel_size: PositiveSizes = 3
    """Side of the convolutions' windows, in places (an image's pixels); or a list, one each."""
    stride: PositiveSizes = 1
    """Step of the convolutions, in places; or a list, one each."""
    padding: NonNegativeSizes = 1
    """Zeros added on each side before each convolution, in places; or a list, one each."""
    pooling: Literal["max", "avg", "none"] = "max"
    """Pooling after each convolution, over windows that are two places long on each axis."""
    hidden: Positive | None = 128
    """Width of the fully connected layer; null: none, the classes are read off the last maps."""
    dropout: Fraction = 0.3
    """Probability of dropping a value that the last layer takes, while training: of the hidden
    layer, or of the last maps where there is none."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        sizes = zip(*map(self._each, (self.kernel_size, self.stride, self.padding)), strict=True)
        for channels, (kernel, stride, padding) in zip(self.channels, sizes, strict=True):
            yield Conv(channels, kernel_size=kernel, stride=stride, padding=padding)
            yield ReLU()
            if self.pooling != "none":
                pool = MaxPool if self.pooling == "max" else AvgPool
                yield pool(kernel_size=2, stride=2)
        yield Flatten()
        if self.hidden:
            yield Linear(self.hidden)
            yield ReLU()
        if self.dropout:
            yield Dropout(self.dropout)
        yield Linear(problem.classes)

    def _each(self, sizes: Sizes) -> tuple[int, ...]:
        """One number for each convolution."""
        return (sizes,) * len(self.channels) if isinstance(sizes, int) else sizes
