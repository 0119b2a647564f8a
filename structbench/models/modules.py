"""The torch modules of a layer table."""

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from structbench.models import layers
from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.step_layers import StepLayer
from structbench.models.step_modules import step_module


def sequential(table: LayerTable) -> nn.Sequential:
    """The layers as torch modules, with torch's default initialisation.

    They keep the names of the table's rows whatever the order they run in.
    """
    modules = {row.name: _module(row) for row in table.rows}
    return nn.Sequential(
        OrderedDict((row.name, modules[row.name]) for row in pool_first(table.rows))
    )


def pool_first(rows: Sequence[LayerRow]) -> list[LayerRow]:
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


def _module(row: LayerRow) -> nn.Module:
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
        case StepLayer():
            return step_module(row.layer, row.input_shape)
        case unknown:
            raise TypeError(f"no torch module for {unknown}")
