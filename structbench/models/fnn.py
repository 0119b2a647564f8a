"""Networks without a notion of neighbourhood: fully connected layers only."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from structbench.models.layer_list import LayerList
from structbench.models.layers import Dropout, Flatten, Layer, Linear, ReLU
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

    def narrowest(self, field: str, index: int) -> int:
        # In proportion, 5,000 parameters would leave one value between 512 and 10.
        return 10 if index else 1

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Flatten()
        for width in self.hidden:
            yield Linear(width)
            yield ReLU()
            if self.dropout:
                yield Dropout(self.dropout)
        yield Linear(problem.classes)


class SoftmaxRegression(LayerList):
    """Softmax regression: one linear layer, the baseline below all others."""

    takes: ClassVar = frozenset({"image", "signal"})

    family: Literal["linear"] = "linear"

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Flatten()
        yield Linear(problem.classes)
