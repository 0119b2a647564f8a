"""Networks without a notion of neighbourhood: fully connected layers only."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from structbench.models.layer_list import LayerList
from structbench.models.layers import Dropout, Flatten, Layer, Linear, ReLU, Residual
from structbench.options import Fraction, Widths
from structbench.problem import Problem


class FNN(LayerList):
    """Fully connected (feed-forward) network: the lecture's unstructured one.

    Its prior: none about places. Any permutation of them is the same task to it.
    """

    takes: ClassVar = frozenset({"image", "signal"})
    widths: ClassVar = ("hidden",)

    family: Literal["fnn"] = "fnn"
    hidden: Widths = (512, 32)
    """Widths of the hidden layers."""
    dropout: Fraction = 0.0
    """Probability of dropping a hidden value while training."""

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
        return self._is_added(index)

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Flatten()
        for i, width in enumerate(self.hidden):
            dropout = [Dropout(self.dropout)] if self.dropout else []
            layers = (Linear(width), ReLU(), *dropout)
            yield from [Residual(layers)] if self._is_added(i) else layers
        yield Linear(problem.classes)

    def _is_added(self, index: int) -> bool:
        """Whether this hidden layer is added to the one before."""
        return self.residual and index > 0 and self.hidden[index] == self.hidden[index - 1]


class SoftmaxRegression(LayerList):
    """Softmax regression: one linear layer, the baseline below all others."""

    takes: ClassVar = frozenset({"image", "signal"})

    family: Literal["linear"] = "linear"

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Flatten()
        yield Linear(problem.classes)
