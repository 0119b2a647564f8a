"""Problems whose examples are steps, and what a network does with them, counted and worked out."""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn

from structbench.models import ModelSpec
from structbench.models.counting import observe
from structbench.problem import Problem

MNIST, MNIST1D = Problem("image", (1, 28, 28), 10), Problem("signal", (1, 40), 10)
PROBLEMS = [
    Problem("image", (1, 6, 4), 3),
    Problem("image", (3, 5, 4), 3),
    Problem("signal", (1, 7), 3),
    Problem("signal", (2, 7), 3),
    Problem("signal", (1, 1), 3),
]


def network(spec: ModelSpec, problem: Problem) -> nn.Sequential:
    """As it is built, layer by layer."""
    built = spec.network(problem)
    assert isinstance(built, nn.Sequential)
    return built


# Of each layer that has any: parameters and multiply-accumulates.
Counts = dict[str, tuple[int, int]]


def worked_out(spec: ModelSpec, problem: Problem) -> Counts:
    """As the layer table says."""
    rows = spec.layer_table(problem).rows
    found = {row.name: (row.parameters.value, row.macs) for row in rows}
    return {name: counts for name, counts in found.items() if any(counts)}


def counted(spec: ModelSpec, problem: Problem, training: bool) -> Counts:
    """As the network was seen to do; a layer's parts are added up."""
    built = network(spec, problem).train(training)
    found = observe(built, (torch.zeros(1, *problem.input_shape),))
    assert found.not_counted == ()
    assert found.output.shape == (1, problem.classes)
    parameters, macs = Counter[str](), Counter[str]()
    for row in found.rows:
        layer = row.name.partition(".")[0]
        parameters[layer] += row.parameters.value
        macs[layer] += row.macs
    return {name: (parameters[name], macs[name]) for name in parameters + macs}
