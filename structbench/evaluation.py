"""What a network answers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from structbench.outcome import Predictions

# The CNN's first feature map is then 25 MB, which malloc keeps and uses again. With 1,000 images
# it is mapped anew for each batch: half of the time went into page faults, and 130 MB more.
BATCH = 250


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs at this precision; can be entered many times."""
    if precision == "fp32":
        return nullcontext()  # a disabled autocast costs 15 µs a step
    return torch.autocast(device.type, torch.bfloat16)


def logits(network: nn.Module, images: Tensor, precision: str) -> Tensor:
    """float32 [examples, classes] for images float32 [examples, channels, height, width]."""
    device = next(network.parameters()).device
    network.eval()
    with torch.inference_mode(), autocast(device, precision):
        parts = [network(part.to(device)).float().cpu() for part in torch.split(images, BATCH)]
    return torch.cat(parts)


def predict(network: nn.Module, images: Tensor, precision: str) -> Predictions:
    """The answers, each with its probability."""
    probabilities = logits(network, images, precision).softmax(dim=1)
    confidence, predicted = probabilities.max(dim=1)
    return Predictions(predicted.numpy(), confidence.numpy())
