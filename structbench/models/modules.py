"""The torch modules of a layer table."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from torch import nn

from structbench.models import layers, residual_layers
from structbench.models.graph_layers import GraphLayer, is_sparse
from structbench.models.graph_modules import (
    AttentiveGraphNetwork,
    GraphNetwork,
    GraphResidual,
    NeighbourAttention,
    graph_module,
)
from structbench.models.layer_table import LayerRow, LayerTable, follow
from structbench.models.residual_modules import (
    GlobalAverage,
    Residual,
    Shortcut,
    SqueezeExcite,
    he_drawn,
)
from structbench.models.sequence_layers import SequenceLayer
from structbench.models.sequence_modules import sequence_module
from structbench.models.step_layers import StepLayer
from structbench.models.step_modules import step_module
from structbench.models.translator import OnePass, Translator, translator
from structbench.problem import Problem


def sequential(table: LayerTable) -> nn.Sequential:
    """The layers as torch modules, with torch's default initialisation.

    They keep the names of the table's rows whatever the order they run in.
    """
    return nn.Sequential(_modules(table))


def one_pass(table: LayerTable) -> OnePass:
    """The layers from the words of a source, at their places, to all places of the answer."""
    return OnePass(_modules(table))


def encoder_decoder(table: LayerTable) -> Translator:
    """The layers of an encoder and a decoder; made in the order of the rows."""
    return translator({row.name: _module(row) for row in table.rows})


def graph_network(table: LayerTable, problem: Problem) -> GraphNetwork:
    """The layers from all nodes of a graph to those that are asked for."""
    modules = _modules(table)
    attends = any(isinstance(layer, NeighbourAttention) for layer in modules.values())
    return (AttentiveGraphNetwork if attends else GraphNetwork)(modules, is_sparse(problem))


def pool_first(rows: Sequence[LayerRow]) -> list[LayerRow]:
    """The rows with max-pooling moved before the ReLU that it follows.

    ReLU is monotone, so max(relu(x)) = relu(max(x)), with the same gradient wherever the
    maximum is unique; of an image the ReLU then touches a quarter of the values.
    """
    order = list(rows)
    for i in range(len(order) - 1):
        first, then = order[i].layer, order[i + 1].layer
        if isinstance(first, layers.ReLU) and isinstance(then, layers.MaxPool):
            order[i], order[i + 1] = order[i + 1], order[i]
    return order


def _modules(table: LayerTable) -> OrderedDict[str, nn.Module]:
    """Name → module in the order they run in; made in the order of the rows."""
    modules = {row.name: _module(row) for row in table.rows}
    for before, row in pairwise(table.rows):
        module = modules[row.name]
        if isinstance(before.layer, _NOT_ASKED_AGAIN) and isinstance(module, nn.ReLU):
            module.inplace = True
    return OrderedDict((row.name, modules[row.name]) for row in pool_first(table.rows))


# Whose backward pass does not look at what they gave: a ReLU may alter it in place.
_NOT_ASKED_AGAIN = (layers.Conv, residual_layers.BatchNorm, residual_layers.Residual)

_ByAxes = Mapping[int, Callable[..., nn.Module]]

# By the number of axes that the window slides over.
_CONV: _ByAxes = {1: nn.Conv1d, 2: nn.Conv2d}
_MAX_POOL: _ByAxes = {1: nn.MaxPool1d, 2: nn.MaxPool2d}
_AVG_POOL: _ByAxes = {1: nn.AvgPool1d, 2: nn.AvgPool2d}
_BATCH_NORM: _ByAxes = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d}


def _module(row: LayerRow) -> nn.Module:
    inputs, axes = row.input_shape[0], len(row.input_shape) - 1
    match row.layer:
        case layers.Conv(out_channels=outputs, kernel_size=k, stride=s, padding=p, bias=bias):
            conv = _CONV[axes](inputs, outputs, k, stride=s, padding=p, bias=bias)
            return he_drawn(conv) if row.layer.he else conv
        case residual_layers.BatchNorm():
            return _BATCH_NORM[axes](inputs)
        case residual_layers.GlobalAverage():
            return GlobalAverage()
        case residual_layers.SqueezeExcite():
            return SqueezeExcite(inputs, row.layer.hidden(row.input_shape))
        case layers.MaxPool(kernel_size=k, stride=s, padding=p):
            return _MAX_POOL[axes](k, stride=s, padding=p)
        case layers.AvgPool(kernel_size=k, stride=s, padding=p):
            return _AVG_POOL[axes](k, stride=s, padding=p)
        case layers.Linear(out_features=outputs):
            return nn.Linear(row.input_shape[-1], outputs)
        case residual_layers.Residual(layers=inside, shortcut=added):
            modules = _modules(follow(inside, row.input_shape))
            if any(isinstance(part, GraphLayer) for part in row.layer.parts):
                return GraphResidual(modules)
            made = Shortcut(added.channels - inputs, added.stride) if added else None
            return Residual(modules, made)
        case residual_layers.Block(layers=inside):
            return nn.Sequential(_modules(follow(inside, row.input_shape)))
        case layers.Dropout(probability=p):
            return nn.Dropout(p)
        case layers.ReLU():
            return nn.ReLU()
        case layers.ELU():
            return nn.ELU()
        case layers.Tanh():
            return nn.Tanh()
        case layers.Flatten():
            return nn.Flatten()
        case StepLayer():
            return step_module(row.layer, row.input_shape)
        case SequenceLayer():
            return sequence_module(row.layer, row.input_shape)
        case GraphLayer():
            return graph_module(row.layer, row.input_shape)
        case unknown:
            raise TypeError(f"no torch module for {unknown}")
