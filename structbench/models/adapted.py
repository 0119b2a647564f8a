"""A published network made to fit: its input normalised as it expects, its last layer replaced."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn

# Published networks take red, green and blue.
CHANNELS = 3


class Adapted(nn.Module):
    """From images in [0, 1], float32 [n, channels, side, side], to logits [n, classes].

    body: the library's own module
    mean, std: of each of the three channels, as published weights expect them
    channels: of an image; a single one is given to all three
    only: the names of the body's entries that are trained, where not all are; all else stays as it
        answers: it normalises by what was seen before, and drops nothing out
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
        channels: int,
        only: Collection[str] = (),
    ):
        super().__init__()
        self.body, self.channels, self.only = body, channels, frozenset(only)
        # They are no weights: what is stored of a network is the body alone.
        for name, numbers in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(numbers).view(-1, 1, 1), persistent=False)
        if only:
            for name, parameter in body.named_parameters():
                parameter.requires_grad_(name in self.only)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, classes]."""
        colours = images.expand(-1, CHANNELS, -1, -1) if self.channels == 1 else images
        answer = self.body((colours - self.mean) / self.std)
        # Two of torchvision's networks answer more than once while they are trained.
        logits: Tensor = getattr(answer, "logits", answer)
        return logits

    def train(self, mode: bool = True) -> Adapted:
        """As of every module; what is not trained stays as it answers."""
        super().train(mode)
        if self.only:
            self.body.eval()
            for name in self.only:
                self.body.get_submodule(name.rpartition(".")[0]).train(mode)
        return self
