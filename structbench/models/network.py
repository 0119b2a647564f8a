"""From a family to its torch network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from structbench.models import layers
from structbench.models.family import ModelSpec
from structbench.models.layers import Shape
from structbench.models.structure import Row, Structure


def build(spec: ModelSpec, input_shape: Shape, classes: int, seed: int) -> nn.Module:
    """The network of a family, on the CPU, with its initial weights drawn from `seed`.

    The caller's own random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.network(input_shape, classes)
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    counted = spec.structure(input_shape, classes).parameters
    assert parameters == counted, (parameters, counted)
    return network


def sequential(structure: Structure) -> nn.Sequential:
    """The layers as torch modules, with torch's default initialisation.

    They keep the names of the structure's rows whatever the order they run in.
    """
    modules = {row.name: _module(row) for row in structure.rows}
    return nn.Sequential(
        OrderedDict((row.name, modules[row.name]) for row in pool_first(structure.rows))
    )


def pool_first(rows: Sequence[Row]) -> list[Row]:
    """The rows with max-pooling moved before the ReLU that it follows.

    ReLU is monotone, so max(relu(x)) = relu(max(x)), with the same gradient wherever the
    maximum is unique; the ReLU then touches a quarter of the values.
    """
    order = list(rows)
    for i in range(len(order) - 1):
        if isinstance(order[i].layer, layers.ReLU) and isinstance(
            order[i + 1].layer, layers.MaxPool2d
        ):
            order[i], order[i + 1] = order[i + 1], order[i]
    return order


def _module(row: Row) -> nn.Module:
    inputs = row.input_shape[0]
    match row.layer:
        case layers.Conv2d(out_channels=outputs, kernel_size=k, stride=s, padding=p):
            return nn.Conv2d(inputs, outputs, k, stride=s, padding=p)
        case layers.MaxPool2d(kernel_size=k, stride=s, padding=p):
            return nn.MaxPool2d(k, stride=s, padding=p)
        case layers.AvgPool2d(kernel_size=k, stride=s, padding=p):
            return nn.AvgPool2d(k, stride=s, padding=p)
        case layers.Linear(out_features=outputs):
            return nn.Linear(inputs, outputs)
        case layers.Dropout(probability=p):
            return nn.Dropout(p)
        case layers.ReLU():
            return nn.ReLU()
        case layers.Tanh():
            return nn.Tanh()
        case layers.Flatten():
            return nn.Flatten()
        case unknown:
            raise TypeError(f"no torch module for {unknown}")
