"""Networks without weights: tensors on torch's meta device have a shape and no values.

So a network of a hundred million parameters is made and followed through in a fraction of a second
and without memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

# What weights are made by. Others, such as arange, make the numbers that a network is planned with.
_MAKE = frozenset({torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn})
# What alters only the values of the tensor that it is given first.
_VALUES = frozenset({
    Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_, Tensor.mul_, Tensor.add_,
    Tensor.clamp_, Tensor.erfinv_, functional.batch_norm, functional.relu, torch.sigmoid,
})  # fmt: skip


class Weightless(TorchFunctionMode):
    """Within, weights are made on the meta device, and what alters only values is passed over.

    Torch would follow a batch normalisation through its steps, and work out how a weight is drawn:
    that takes more than half of the time of a ResNet-152.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What torch calls in place of a function of its own."""
        given = dict(kwargs or {})
        if func in _MAKE and given.get("device") is None:
            given["device"] = "meta"
        if func in _VALUES and args[0].is_meta:
            return args[0]
        return func(*args, **given)


def can_be_trained(network: nn.Module, shape: Sequence[int]) -> bool:
    """Whether a weightless network takes two images of this shape, [channels, side, side], while
    it is trained."""
    try:
        with torch.no_grad(), Weightless():
            network.train()(torch.zeros(2, *shape))
    except Exception:  # of a library's code, which may raise anything
        return False
    return True
