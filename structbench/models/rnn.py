"""Recurrent networks."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from structbench.models.layer_list import EncoderDecoder
from structbench.models.layers import Flatten, Layer, Linear, Shape
from structbench.models.sequence_layers import (
    AttentiveRecurrent,
    Context,
    SourceEmbedding,
    Symbols,
)
from structbench.models.step_layers import Cell, Recurrent, Steps
from structbench.options import Depth, Positive
from structbench.problem import GRIDS, SEQUENCES, Problem


class RNN(EncoderDecoder):
    """Recurrent network: reads step by step (an image row by row) and keeps a state.

    Its prior: steps have an order, and what is done in a step is the same at every step.

    Torch's cells, with two biases each and all weights drawn from ±1/√hidden; the gradient goes
    back through all steps, and is clipped if the recipe says so.

    Sequences are read by an encoder and answered by a decoder of the same cells, symbol by symbol,
    whose state begins as zeros. Without attention all that the decoder knows of the source is one
    vector c, the encoder's last state (of both directions, if it has two), which each of its steps
    takes beside the symbol before (Cho et al., 2014):
    s_t = g(U_c c + U_y y_{t−1} + U_s s_{t−1}). With attention each step has a c_t of its own, the
    mean of the encoder's states weighted by how well they match s_{t−1} (Bahdanau et al., 2015).
    """

    takes: ClassVar = GRIDS | SEQUENCES
    only: ClassVar = {"states": GRIDS, "embedding": SEQUENCES, "attention": SEQUENCES}
    widths: ClassVar = ("embedding", "hidden")
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
    states of all steps. Of images and signals."""
    embedding: Positive = 64
    """Width of the vector that a symbol is looked up as. Of sequences."""
    attention: Literal["none", "additive", "dot"] = "none"
    """How a state s of the decoder scores a state h of the encoder: additive, v·tanh(W s + U h)
    (Bahdanau et al., 2015), or dot, s·h (Luong et al., 2015); none: it has the last one alone. Of
    sequences."""

    @model_validator(mode="after")
    def _can_score(self) -> Self:
        if self.attention == "dot" and self.bidirectional:
            raise ValueError(
                "attention: dot needs states of the encoder as wide as those of the decoder, which "
                "bidirectional: true makes twice as wide; attention: additive takes both"
            )
        return self

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Steps()
        for i in range(self.depth):
            last = self.states == "last" and i == self.depth - 1
            yield Recurrent(self.cell, self.hidden, self.bidirectional, last)
        if self.states == "all":
            yield Flatten()
        yield Linear(problem.classes)

    def encoder(self, problem: Problem) -> Iterator[Layer]:
        yield SourceEmbedding(problem.vocabulary, self.embedding)
        for i in range(self.depth):
            last = self.attention == "none" and i == self.depth - 1
            yield Recurrent(self.cell, self.hidden, self.bidirectional, last)

    def decoder(self, problem: Problem, states: Shape) -> Iterator[Layer]:
        yield Symbols(problem.classes, self.embedding)
        if self.attention == "none":
            yield Context(*states)
            yield Recurrent(self.cell, self.hidden)
        else:
            yield AttentiveRecurrent(self.cell, self.hidden, self.attention, states)
        for _ in range(self.depth - 1):
            yield Recurrent(self.cell, self.hidden)
        yield Linear(problem.classes)
