"""A family given by a list of layers: its table and its network both come from the list."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from structbench.models.layer_table import LayerTable, follow
from structbench.models.layers import Layer, Shape
from structbench.models.spec import ModelSpec

if TYPE_CHECKING:
    from torch import nn


class LayerList(ModelSpec):
    """Derive from it and write `layers`."""

    @abstractmethod
    def layers(self, classes: int) -> Iterator[Layer]:
        """The layers from the input to one logit a class."""

    def layer_table(self, input_shape: Shape, classes: int) -> LayerTable:
        return follow(self.layers(classes), input_shape)

    def network(self, input_shape: Shape, classes: int) -> nn.Module:
        from structbench.models.modules import sequential

        return sequential(self.layer_table(input_shape, classes))
