"""Plain and residual networks (He et al.: Deep residual learning …, 2016, section 4.2)."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from structbench.models.layer_list import LayerList
from structbench.models.layers import Conv, Layer, Linear, ReLU
from structbench.models.residual_layers import (
    BatchNorm,
    Block,
    GlobalAverage,
    Residual,
    Shortcut,
    SqueezeExcite,
)
from structbench.options import Positive
from structbench.problem import Problem

STAGES = 3


def _of_whole_blocks(depth: int) -> int:
    if depth < 8 or (depth - 2) % 6:
        below = max(8, depth - (depth - 2) % 6)
        near = f"{below} or {below + 6}" if depth > 8 else "8 or 14"
        raise ValueError(
            "should be 6n + 2: a convolution, three stages of n blocks of two, and a linear "
            f"layer; e.g. {near}"
        )
    return depth


Depth = Annotated[int, Field(le=10_000), AfterValidator(_of_whole_blocks)]


class Plain(LayerList):
    """A deep convolutional network, without shortcuts: what ResNet was compared with.

    A convolution, three stages of blocks of two, the mean of each map and a linear layer; from
    stage to stage half the side and twice the maps.
    """

    takes: ClassVar = frozenset({"image", "signal"})
    widths: ClassVar = ("width",)

    family: Literal["plain"] = "plain"
    depth: Depth = 20
    """Convolutions and the linear layer together: 6n + 2, for n blocks in each stage."""
    width: Positive = 16
    """Maps in the first stage."""
    normalisation: Literal["batch", "none"] = "batch"
    """Batch normalisation after each convolution, or none."""
    stem_stride: Positive = 1
    """Step of the first convolution, in places: 2 quarters an image before the first stage."""
    squeeze: bool = False
    """Squeeze and excitation at the end of each block (Hu et al., 2018)."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield from self._conv(self.width, self.stem_stride)
        yield ReLU()
        channels = self.width
        for stage in range(STAGES):
            for block in range((self.depth - 2) // 6):
                stride = 2 if stage and not block else 1
                channels, before = self.width * 2**stage, channels
                shortcut = Shortcut(channels, stride) if channels != before else None
                yield Block((*self.joined(self._two(channels, stride), shortcut), ReLU()))
        yield GlobalAverage()
        yield Linear(problem.classes)

    def joined(self, layers: tuple[Layer, ...], shortcut: Shortcut | None) -> tuple[Layer, ...]:
        """A block's layers, in turn. shortcut: what would be added where the shape changes"""
        return layers

    def _two(self, channels: int, stride: int) -> tuple[Layer, ...]:
        two = *self._conv(channels, stride), ReLU(), *self._conv(channels, 1)
        return (*two, SqueezeExcite()) if self.squeeze else two

    def _conv(self, channels: int, stride: int) -> tuple[Layer, ...]:
        normalised = self.normalisation == "batch"
        conv = Conv(channels, kernel_size=3, stride=stride, padding=1, bias=not normalised, he=True)
        return (conv, BatchNorm()) if normalised else (conv,)


class ResNet(Plain):
    """The same layers with shortcuts: each block adds to what it takes (He et al., 2016).

    Its prior: a layer alters what it is given a little.
    """

    family: Literal["resnet"] = "resnet"  # type: ignore[assignment]

    def joined(self, layers: tuple[Layer, ...], shortcut: Shortcut | None) -> tuple[Layer, ...]:
        return (Residual(layers, shortcut),)
