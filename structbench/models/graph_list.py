"""Families of graph networks: what they share."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Self

from pydantic import model_validator

from structbench.models.graph_layers import Asked, NodeDropout
from structbench.models.layer_list import LayerList
from structbench.models.layers import Layer, ReLU
from structbench.models.residual_layers import Residual
from structbench.options import Depth, Fraction, Positive
from structbench.problem import GRAPHS, Problem


class NeighbourList(LayerList):
    """Layers in which nodes take from their neighbours, each with dropout before it.

    Derive from it and write `hidden_layer` and `last_layer`.
    """

    takes: ClassVar = GRAPHS
    widths: ClassVar = ("hidden",)
    # Nobody has measured a sparse product in a recorded step of a GPU.
    same_operations: ClassVar = False
    activation: ClassVar[Layer] = ReLU()

    hidden: Positive = 64
    """Width of each hidden layer."""
    depth: Depth = 2
    """Layers: after so many a node has taken from those that are so many edges away."""
    dropout: Fraction = 0.5
    """Probability of dropping a value while training: of what each layer reads, the features
    first."""
    residual: bool = False
    """Whether each hidden layer as wide as the one before is added to it, all but the first."""

    @model_validator(mode="after")
    def _adds_where_it_can(self) -> Self:
        if self.residual and self.depth < 3:
            raise ValueError(
                "residual: true needs a hidden layer as wide as the one before, and so a depth of "
                f"at least 3; the depth is {self.depth}"
            )
        return self

    @abstractmethod
    def hidden_layer(self, problem: Problem) -> Layer:
        """From all nodes to all nodes; between two of them is the activation."""

    @abstractmethod
    def last_layer(self, problem: Problem) -> Layer:
        """From all nodes to one logit a class of each."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        dropout = [NodeDropout(problem, self.dropout)] if self.dropout else []
        for i in range(self.depth - 1):
            layers = (*dropout, self.hidden_layer(problem), self.activation)
            yield from [Residual(layers)] if self.residual and i else layers
        yield from (*dropout, self.last_layer(problem), Asked(problem))
