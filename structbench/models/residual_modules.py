"""The torch modules of deep convolutional networks."""

from collections import OrderedDict

from torch import Tensor, nn
from torch.nn.functional import pad


class Residual(nn.Sequential):
    """x + f(x), where f is the layers inside.

    shortcut: what is made of x before it is added; it has no parameters
    """

    def __init__(
        self, layers: OrderedDict[str, nn.Module], shortcut: "Shortcut | None" = None
    ) -> None:
        super().__init__(layers)
        self._shortcut = (shortcut,)  # in a tuple it is none of the layers

    def forward(self, x: Tensor) -> Tensor:
        added = x
        for module in self:
            added = module(added)
        (shortcut,) = self._shortcut
        return added + (shortcut(x) if shortcut else x)


class Shortcut(nn.Module):
    """x [n, channels, *sides] at every `stride`-th place, with `zeros` maps of 0 behind its own."""

    def __init__(self, zeros: int, stride: int) -> None:
        super().__init__()
        self.zeros, self.stride = zeros, stride

    def forward(self, x: Tensor) -> Tensor:
        axes = x.ndim - 2
        some = x[(slice(None), slice(None), *(slice(None, None, self.stride),) * axes)]
        return pad(some, (0, 0) * axes + (0, self.zeros))


class GlobalAverage(nn.Module):
    """[n, channels, *sides] → [n, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=tuple(range(2, x.ndim)))


class SqueezeExcite(nn.Module):
    """Each map of x [n, channels, *sides] times a number in [0, 1]."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.squeeze, self.excite = nn.Linear(channels, hidden), nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(2, x.ndim))
        scale: Tensor = self.excite(self.squeeze(x.mean(dim=axes)).relu()).sigmoid()
        return x * scale[(..., *(None,) * len(axes))]


def he_drawn(conv: nn.Module) -> nn.Module:
    """The same convolution with weights drawn anew, normal with variance 2 / inputs, and without
    biases (He, Zhang, Ren, Sun: Delving deep into rectifiers, 2015)."""
    for name, parameter in conv.named_parameters():
        if name == "bias":
            nn.init.zeros_(parameter)
        else:
            nn.init.kaiming_normal_(parameter, nonlinearity="relu")
    return conv
