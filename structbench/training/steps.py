"""An optimiser as torch has it underneath: the functional update, and the tensors it keeps.

The classes of torch.optim wrap the same functions in hooks of torch.compile: the first one
made in a process imports torch._dynamo, which takes 1.3 s, and each step costs 0.1 ms more.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

# Parameters, their gradients, the kept tensors by name, the learning rate, the weight decay →
# nothing; in place.
Update = Callable[
    [list[Tensor], list[Tensor], dict[str, list[Tensor]], "float | Tensor", float], None
]


class Optimizer:
    """Steps along the gradients of some parameters.

    decays: each parameter with its weight decay; those with the same take one update together
    kept: what the update remembers of each parameter: name → whether it is a number (a count
        of steps) instead of a tensor of the parameter's shape
    """

    def __init__(
        self, decays: Sequence[tuple[nn.Parameter, float]], update: Update, kept: dict[str, bool]
    ) -> None:
        self.parameters = [parameter for parameter, _ in decays]
        self.update = update
        self.groups: dict[float, list[int]] = {}
        for i, (_, decay) in enumerate(decays):
            self.groups.setdefault(decay, []).append(i)
        self.state: dict[str, list[Tensor]] = {
            name: [
                torch.zeros((), device=p.device) if number else torch.zeros_like(p)
                for p in self.parameters
            ]
            for name, number in kept.items()
        }

    def clip(self, largest: float) -> None:
        """Shorten the gradients, taken together as one vector, where their norm is larger."""
        clip_grad_norm_(self.parameters, largest)

    @torch.no_grad()
    def step(self, learning_rate: float | Tensor) -> None:
        """Alter the parameters by their gradients, and forget the gradients.

        A parameter without a gradient, which had no part in the output, stays as it is.
        """
        for decay, group in self.groups.items():
            moving = [(i, p.grad) for i in group if (p := self.parameters[i]).grad is not None]
            self.update(
                [self.parameters[i] for i, _ in moving],
                [gradient for _, gradient in moving],
                {name: [tensors[i] for i, _ in moving] for name, tensors in self.state.items()},
                learning_rate,
                decay,
            )
        for parameter in self.parameters:
            parameter.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """All that is kept, as `<parameter's number>/<name>`."""
        return {
            f"{i}/{name}": tensor
            for name, tensors in self.state.items()
            for i, tensor in enumerate(tensors)
        }

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take back what `tensors` gave; KeyError or RuntimeError where it is not that.

        The memory layout stays that of the parameters, so that sums keep their order.
        """
        for name, own in self.tensors().items():
            own.copy_(tensors[name])
