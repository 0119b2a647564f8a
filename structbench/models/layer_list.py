"""A family given by a list of layers: its table and its network both come from the list."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from structbench.models.layer_table import LayerTable, follow
from structbench.models.layers import Layer
from structbench.models.spec import ModelSpec
from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import nn


class LayerList(ModelSpec):
    """Derive from it and write `layers`."""

    same_operations: ClassVar = True

    @abstractmethod
    def layers(self, problem: Problem) -> Iterator[Layer]:
        """The layers from the input to one logit a class."""

    def layer_table(self, problem: Problem) -> LayerTable:
        return follow(self.layers(problem), problem.input_shape)

    def network(self, problem: Problem) -> nn.Module:
        from structbench.models.modules import sequential

        return sequential(self.layer_table(problem))
