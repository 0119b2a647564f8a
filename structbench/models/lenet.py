"""LeNet-5 (LeCun, Bottou, Bengio, Haffner: Gradient-based learning …, 1998)."""

from collections.abc import Iterator
from typing import Literal

from structbench.models.layer_list import LayerList
from structbench.models.layers import AvgPool, Conv, Flatten, Layer, Linear, Tanh
from structbench.problem import Problem


class LeNet5(LayerList):
    """LeNet-5 of 1998: two 5×5 convolutions with average pooling, three linear layers.

    As in the paper but for three details that later practice dropped: every map of the
    second convolution sees all maps of the first, the pooling has no coefficients of its
    own, and the last layer gives logits, not distances to drawn digits.
    """

    family: Literal["lenet5"] = "lenet5"

    def layers(self, problem: Problem) -> Iterator[Layer]:
        # The paper's images were 32×32; padding 2 gives 28×28 images the same maps.
        for channels, padding in ((6, 2), (16, 0)):
            yield Conv(channels, kernel_size=5, padding=padding)
            yield Tanh()
            yield AvgPool(kernel_size=2, stride=2)
        yield Flatten()
        for width in (120, 84):
            yield Linear(width)
            yield Tanh()
        yield Linear(problem.classes)
