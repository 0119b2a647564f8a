"""From a model's options to its torch network."""

import torch
from torch import nn

from structbench.models.spec import ModelSpec
from structbench.problem import Problem


def build(spec: ModelSpec, problem: Problem, seed: int) -> nn.Module:
    """The network of a family, on the CPU, with its initial weights drawn from `seed`.

    The caller's own random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.network(problem)
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    counted = spec.layer_table(problem).parameters
    assert parameters == counted, (parameters, counted)
    return network
