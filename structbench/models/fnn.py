"""Networks without a notion of neighbourhood: fully connected layers only."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from structbench.models.graph_layers import Asked, NodeDropout, NodeLinear
from structbench.models.layer_list import LayerList
from structbench.models.layers import Dropout, Flatten, Layer, Linear, ReLU
from structbench.models.residual_layers import Residual
from structbench.models.sequence_layers import Answers, SourceEmbedding
from structbench.options import Fraction, Positive, Widths
from structbench.problem import GRAPHS, GRIDS, SEQUENCES, Problem


class FNN(LayerList):
    """Fully connected (feed-forward) network: the lecture's unstructured one.

    Its prior: none about places. Any permutation of them is the same task to it.

    Of a sequence it reads the words at their places, embedded by one table for all places, and
    those that hold none as well; it answers all places at once. Of a graph it reads a node's own
    features; it begins as the graph networks do, with their initialisation.
    """

    takes: ClassVar = GRIDS | SEQUENCES | GRAPHS
    only: ClassVar = {"embedding": SEQUENCES}
    widths: ClassVar = ("embedding", "hidden")

    family: Literal["fnn"] = "fnn"
    hidden: Widths = (512, 32)
    """Widths of the hidden layers."""
    dropout: Fraction = 0.0
    """Probability of dropping a hidden value while training; of a graph also a node's features."""
    embedding: Positive = 32
    """Width of the vector that a word is looked up as. Of sequences."""

    residual: bool = False
    """Whether each hidden layer as wide as the one before is added to it: h + ReLU(W h + b)."""

    @model_validator(mode="after")
    def _adds_where_it_can(self) -> Self:
        if self.residual and not any(map(self._is_added, range(len(self.hidden)))):
            raise ValueError(
                "residual: true needs a hidden layer as wide as the one before; the widths are "
                f"{', '.join(map(str, self.hidden))}"
            )
        return self

    def narrowest(self, field: str, index: int) -> int:
        # In proportion, 5,000 parameters would leave one value between 512 and 10.
        return 10 if index else 1

    def width_follows(self, field: str, index: int) -> bool:
        return field == "hidden" and self._is_added(index)

    def layers(self, problem: Problem) -> Iterator[Layer]:
        linear, dropout = self._parts(problem)
        if problem.kind == "sequence":
            yield SourceEmbedding(problem.vocabulary, self.embedding)
        yield from dropout if problem.kind == "graph" else [Flatten()]
        for i, width in enumerate(self.hidden):
            layers = (linear(width), ReLU(), *dropout)
            yield from [Residual(layers)] if self._is_added(i) else layers
        yield linear(math.prod(problem.output_shape))
        if problem.kind == "sequence":
            yield Answers(problem.output_shape)
        if problem.kind == "graph":
            yield Asked(problem)

    def _parts(self, problem: Problem) -> tuple[Callable[[int], Layer], list[Layer]]:
        """What makes a linear layer of a width, and the dropout, if any."""
        if problem.kind == "graph":
            dropout = [NodeDropout(problem, self.dropout)] if self.dropout else []
            return partial(NodeLinear, problem), [*dropout]
        return Linear, [Dropout(self.dropout)] if self.dropout else []

    def _is_added(self, index: int) -> bool:
        """Whether this hidden layer is added to the one before."""
        return self.residual and index > 0 and self.hidden[index] == self.hidden[index - 1]


class SoftmaxRegression(LayerList):
    """Softmax regression: one linear layer, the baseline below all others."""

    takes: ClassVar = GRIDS | GRAPHS

    family: Literal["linear"] = "linear"

    def layers(self, problem: Problem) -> Iterator[Layer]:
        if problem.kind == "graph":
            yield from (NodeLinear(problem, problem.classes), Asked(problem))
        else:
            yield from (Flatten(), Linear(problem.classes))
