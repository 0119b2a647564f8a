"""What a network answers."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from structbench.data.examples import PADDING, Examples
from structbench.outcome import Predictions

# The CNN's first feature map is then 25 MB, which malloc keeps and uses again. With 1,000 images
# it is mapped anew for each batch: half of the time went into page faults, and 130 MB more.
BATCH = 250


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs at this precision; can be entered many times."""
    if precision == "fp32":
        return nullcontext()  # a disabled autocast costs 15 µs a step
    return torch.autocast(device.type, torch.bfloat16)


def to_tensors(arrays: Iterable[NDArray[Any]], device: torch.device) -> tuple[Tensor, ...]:
    """Arrays as tensors on a device, of the same types."""
    return tuple(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays)


def unit_range(tensor: Tensor) -> Tensor:
    """Bytes 0 … 255 become [0, 1]; what is no bytes is as the network takes it."""
    return tensor.float().div_(255) if tensor.dtype == torch.uint8 else tensor


def logits(network: nn.Module, examples: Examples, precision: str) -> Tensor:
    """float32 [n, classes], or [n, answer_length, classes], on the CPU."""
    device = next(network.parameters()).device
    inputs = to_tensors(examples.inputs, torch.device("cpu"))
    shared = to_tensors(examples.shared, device)
    network.eval()
    with torch.inference_mode(), autocast(device, precision):
        parts = [
            network(*(unit_range(part.to(device)) for part in batch), *shared).float().cpu()
            for batch in zip(*(torch.split(array, BATCH) for array in inputs), strict=True)
        ]
    return torch.cat(parts)


def answers(given: Tensor, examples: Examples) -> Predictions:
    """The likeliest answer of each row of logits, with its probability.

    Of several symbols each is the likeliest, and the answer is padded where the label is: what
    comes after the label's last symbol was not asked for.
    """
    confidence, predicted = given.softmax(dim=-1).max(dim=-1)
    asked = torch.from_numpy(examples.labels != PADDING)
    whole = confidence.where(asked, 1.0).reshape(len(asked), -1).prod(dim=1)
    padded = predicted.where(asked, PADDING)
    return Predictions(padded.numpy(), whole.numpy(), examples.labels, examples.rows)
