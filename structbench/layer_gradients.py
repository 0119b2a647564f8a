"""How large the gradient of the loss is, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.examples import Examples
from structbench.evaluation import batches

# Of fewer layers there is nothing to see, and of so many examples the norms are.
LAYERS, EXAMPLES = 8, 64


def weights_of(network: nn.Module) -> list[nn.Parameter]:
    """One of each layer: its parameters of two or more dimensions, in the network's own order."""
    return [p for p in network.parameters() if p.ndim > 1]


def layer_gradients(network: nn.Module, examples: Examples) -> NDArray[np.float32]:
    """Norms [layers] of the gradient of the mean loss of these examples with respect to the weight
    of each layer, in float32 and as while training; NaN where a weight has no gradient, such as a
    frozen one.

    The network's state, and the gradients that it holds, are left as they were.
    """
    weights = weights_of(network)
    learned = [weight for weight in weights if weight.requires_grad]
    ((_, inputs),) = batches(network, examples, len(examples))
    labels = torch.from_numpy(examples.labels).to(weights[0].device)
    with _as_it_was(network), torch.enable_grad():
        network.train()
        loss = cross_entropy(network(*inputs).float(), labels)
        gradients = iter(torch.autograd.grad(loss, learned, allow_unused=True))
    norms = (_norm(next(gradients) if weight.requires_grad else None) for weight in weights)
    return np.array(list(norms), np.float32)


def weight_norms(network: nn.Module) -> NDArray[np.float32]:
    """Norms [layers] of the weights themselves."""
    return np.array([_norm(weight) for weight in weights_of(network)], np.float32)


def _norm(values: Tensor | None) -> float:
    """In float64, which not every device knows: a square of 1e-30 is none in float32."""
    return math.nan if values is None else float(values.detach().cpu().double().norm())


@contextmanager
def _as_it_was(network: nn.Module) -> Iterator[None]:
    """After it, running statistics and which parts train are what they were before."""
    state = {name: value.clone() for name, value in network.state_dict().items()}
    training = [(part, part.training) for part in network.modules()]
    try:
        yield
    finally:
        network.load_state_dict(state)
        for part, was in training:
            part.training = was
