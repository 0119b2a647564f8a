"""Layers of sequences of symbols, as arithmetic, without torch.

Shapes are (places,) of symbols and (places, features). What a decoder's layer reads besides, the
encoder's states, is a field: (source places, features), or (features,) of one state.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from structbench.models.layers import Layer, Shape, Worked
from structbench.models.step_layers import GATES, NAMES, Cell, cell_parameters

Score = Literal["additive", "dot"]

# Operations that wait for each other before a step can take from the states: measured, as much
# time as so many of a cell's.
SCORING = 5


@dataclass(frozen=True)
class SequenceLayer(Layer):
    """A layer of `structbench.models.sequence_modules`."""


@dataclass(frozen=True)
class Symbols(SequenceLayer):
    """A vector for each symbol, looked up; the same at every place."""

    symbols: int
    width: int

    def output(self, shape: Shape) -> Shape:
        return (*shape, self.width)

    def parameters(self, shape: Shape) -> Worked:
        return Worked(self.symbols * self.width, f"{self.symbols}·{self.width}")

    def describe(self, shape: Shape) -> str:
        return f"Embedding {self.width} of {self.symbols} symbols"


class SourceEmbedding(Symbols):
    """Of the words of a source."""

    name: ClassVar = "source_embedding"


@dataclass(frozen=True)
class Answers(SequenceLayer):
    """(places · classes,) → (places, classes)."""

    shape: Shape

    def output(self, shape: Shape) -> Shape:
        return self.shape

    def describe(self, shape: Shape) -> str:
        return f"{self.shape[0]} answers"


@dataclass(frozen=True)
class Context(SequenceLayer):
    """Puts the encoder's last state, of `features` numbers, beside what each place has."""

    sees_all: ClassVar = True

    features: int

    def output(self, shape: Shape) -> Shape:
        return (shape[0], shape[1] + self.features)

    def describe(self, shape: Shape) -> str:
        return f"Context {self.features} beside each"


@dataclass(frozen=True)
class AttentiveRecurrent(SequenceLayer):
    """A recurrent layer that looks over the encoder's states before each of its steps.

    At t it scores each state h_i by its own last state s (additive: v·tanh(W s + U h_i); dot:
    s·h_i); the mean of the states weighted by the softmax of the scores is a part of its input.
    """

    sees_all: ClassVar = True

    cell: Cell
    hidden: int
    score: Score
    states: Shape

    def output(self, shape: Shape) -> Shape:
        return (shape[0], self.hidden)

    def parameters(self, shape: Shape) -> Worked:
        h, c = self.hidden, self.states[1]
        cell = cell_parameters(self.cell, h, (shape[1], c))
        if self.score == "dot":
            return cell
        return Worked(cell.value + h * h + h * c + h, f"{cell.formula} + {h}·{h} + {h}·{c} + {h}")

    def macs(self, shape: Shape) -> int:
        (places, x), (words, c) = shape, self.states
        h, every = self.hidden, GATES[self.cell] * self.hidden
        # What the states give to the gates is worked out once, and weighted at each place.
        cell = places * every * (x + h) + words * every * c + places * words * every
        scores = places * words * h
        return cell + scores + (self.score == "additive") * h * (places * h + words * c)

    def in_turn(self, shape: Shape) -> int:
        return shape[0] * (GATES[self.cell] + SCORING)

    def describe(self, shape: Shape) -> str:
        return f"{NAMES[self.cell]} {self.hidden} with {self.score} attention"


@dataclass(frozen=True)
class CrossAttention(SequenceLayer):
    """x + attention(norm(x), states): each place takes from all words, once for each head.

    dropout: of what is added
    before: whether what is read is normalised, instead of the sum
    """

    sees_all: ClassVar = True

    heads: int
    dropout: float
    before: bool
    states: Shape

    def parameters(self, shape: Shape) -> Worked:
        # Queries and the answer, keys and values of the states; the layer normalisation.
        w, c = shape[1], self.states[1]
        of_states = f"2·({c}·{w} + {w})"
        return Worked(
            2 * (w * w + w) + 2 * (c * w + w) + 2 * w, f"2·({w}·{w} + {w}) + {of_states} + 2·{w}"
        )

    def macs(self, shape: Shape) -> int:
        (places, w), (words, c) = shape, self.states
        return places * 2 * w * w + words * 2 * c * w + 2 * places * words * w

    def describe(self, shape: Shape) -> str:
        return f"Attention over the source, {self.heads} head{'s' * (self.heads != 1)}"
