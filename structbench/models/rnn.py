"""Recurrent networks."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from structbench.models.layer_list import LayerList
from structbench.models.layers import Flatten, Layer, Linear
from structbench.models.step_layers import Cell, Recurrent, Steps
from structbench.options import Depth, Positive
from structbench.problem import Problem


class RNN(LayerList):
    """Recurrent network: reads step by step (an image row by row) and keeps a state.

    Its prior: steps have an order, and what is done in a step is the same at every step.

    Torch's cells, with two biases each and all weights drawn from ±1/√hidden; the gradient goes
    back through all steps, unclipped.
    """

    takes: ClassVar = frozenset({"image", "signal"})
    widths: ClassVar = ("hidden",)
    # Nobody has measured a recurrent layer in a recorded step of a GPU.
    same_operations: ClassVar = False

    family: Literal["rnn"] = "rnn"
    cell: Cell = "gru"
    """How the next state is made from a step and the state before: tanh (Elman, 1990), lstm
    (Hochreiter and Schmidhuber, 1997) or gru (Cho et al., 2014)."""
    hidden: Positive = 128
    """Width of the state, in each direction and layer."""
    depth: Depth = 1
    """Recurrent layers: each next one reads the states of the one before."""
    bidirectional: bool = False
    """Whether each layer also reads from the last step to the first, with weights of its own
    (Schuster and Paliwal, 1997)."""
    states: Literal["last", "all"] = "last"
    """What the classes are read off: the state that has read all steps, of each direction, or the
    states of all steps."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Steps()
        for i in range(self.depth):
            last = self.states == "last" and i == self.depth - 1
            yield Recurrent(self.cell, self.hidden, self.bidirectional, last)
        if self.states == "all":
            yield Flatten()
        yield Linear(problem.classes)
