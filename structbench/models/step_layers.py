"""Layers that go from step to step, as arithmetic: shapes (steps, features), without torch."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from structbench.models.layers import NONE, Layer, Shape, Worked

Cell = Literal["tanh", "gru", "lstm"]

# What a cell computes in a step from its input and its last state: each has weights for both.
GATES: dict[Cell, int] = {"tanh": 1, "gru": 3, "lstm": 4}
NAMES: dict[Cell, str] = {"tanh": "RNN", "gru": "GRU", "lstm": "LSTM"}


@dataclass(frozen=True)
class StepLayer(Layer):
    """A layer of `structbench.models.step_modules`."""


class Steps(StepLayer):
    """(channels, steps, …) → (steps, features): an image's rows, a signal's places, in turn.

    A step's features are all values in it: channels × width.
    """

    def output(self, shape: Shape) -> Shape:
        channels, steps, *width = shape
        return (steps, channels * math.prod(width))


def cell_parameters(
    cell: Cell, hidden: int, inputs: tuple[int, ...], directions: int = 1
) -> Worked:
    """Of a cell, with torch's two biases: one beside each matrix.

    inputs: features of each thing that it takes in a step; directions: cells that are alike
    """
    factors = [n for n in (directions, GATES[cell]) if n > 1]
    taken = " + ".join(map(str, inputs))
    taken = f"({taken})" if len(inputs) > 1 else taken
    gate = f"{hidden}·{taken} + {hidden}·{hidden} + 2·{hidden}"
    formula = "·".join([*map(str, factors), f"({gate})"]) if factors else gate
    return Worked(math.prod(factors) * hidden * (sum(inputs) + hidden + 2), formula)


@dataclass(frozen=True)
class Recurrent(StepLayer):
    """Reads the steps one by one; its state after each is what it gives.

    bidirectional: a second one, with weights of its own, reads from the last step to the first
    (Schuster and Paliwal, 1997); a step's states stand side by side
    last: gives only the state that has read all steps, of each direction
    """

    sees_all: ClassVar = True

    cell: Cell
    hidden: int
    bidirectional: bool = False
    last: bool = False

    @property
    def features(self) -> int:
        """Of a step's states."""
        return self.hidden * (1 + self.bidirectional)

    def output(self, shape: Shape) -> Shape:
        return (self.features,) if self.last else (shape[0], self.features)

    def parameters(self, shape: Shape) -> Worked:
        return cell_parameters(self.cell, self.hidden, (shape[1],), 1 + self.bidirectional)

    def macs(self, shape: Shape) -> int:
        steps, features = shape
        return steps * GATES[self.cell] * self.features * (features + self.hidden)

    def in_turn(self, shape: Shape) -> int:
        return shape[0] * GATES[self.cell] * (1 + self.bidirectional)

    def describe(self, shape: Shape) -> str:
        both, last = ", both ways" * self.bidirectional, ", last state" * self.last
        return f"{NAMES[self.cell]} {self.hidden}{both}{last}"


@dataclass(frozen=True)
class Embedding(StepLayer):
    """y = W x + b of each step, with the same W and b."""

    sees_step: ClassVar = True

    width: int

    def output(self, shape: Shape) -> Shape:
        return (shape[0], self.width)

    def parameters(self, shape: Shape) -> Worked:
        features, w = shape[1], self.width
        return Worked(features * w + w, f"{features}·{w} + {w}")

    def macs(self, shape: Shape) -> int:
        return math.prod(shape) * self.width

    def describe(self, shape: Shape) -> str:
        return f"Embedding {self.width}"


@dataclass(frozen=True)
class Positions(StepLayer):
    """Adds to each step what says where it stands, learned or of sines (Vaswani et al., 2017).

    std: of learned positions when new (by default as Devlin et al., 2019)
    """

    learned: bool
    std: float = 0.02

    def parameters(self, shape: Shape) -> Worked:
        return Worked(math.prod(shape), "·".join(map(str, shape))) if self.learned else NONE

    def describe(self, shape: Shape) -> str:
        return f"Positions, {'learned' if self.learned else 'sinusoidal'}"


@dataclass(frozen=True)
class SelfAttention(StepLayer):
    """x + attention(norm(x)): each step takes from all steps, once for each head.

    The width is shared out among the heads.

    dropout: of what is added
    before: whether what is read is normalised; else the sum is: norm(x + attention(x))
    causal: whether a step takes from itself and those before alone
    """

    sees_all: ClassVar = True

    heads: int
    dropout: float
    before: bool = True
    causal: bool = False

    def parameters(self, shape: Shape) -> Worked:
        # Queries, keys, values and the answer; the layer normalisation.
        w = shape[1]
        return Worked(4 * (w * w + w) + 2 * w, f"4·({w}·{w} + {w}) + 2·{w}")

    def macs(self, shape: Shape) -> int:
        steps, w = shape
        return steps * 4 * w * w + 2 * steps * steps * w

    def describe(self, shape: Shape) -> str:
        causal = ", causal" * self.causal
        return f"Attention, {self.heads} head{'s' * (self.heads != 1)}{causal}"


@dataclass(frozen=True)
class FeedForward(StepLayer):
    """x + f(norm(x)): two linear layers with a ReLU between them, the same for each step.

    hidden: features between the two; dropout: of what is added
    before: whether what is read is normalised; else the sum is: norm(x + f(x))
    """

    hidden: int
    dropout: float
    before: bool = True

    def parameters(self, shape: Shape) -> Worked:
        w, f = shape[1], self.hidden
        formula = f"{w}·{f} + {f} + {f}·{w} + {w} + 2·{w}"
        return Worked(2 * w * f + f + w + 2 * w, formula)

    def macs(self, shape: Shape) -> int:
        return 2 * math.prod(shape) * self.hidden

    def describe(self, shape: Shape) -> str:
        return f"Feed-forward {self.hidden}"


class LayerNorm(StepLayer):
    """Each step's features brought to mean 0 and variance 1, then scaled and moved.

    Ba, Kiros, Hinton: Layer normalization, 2016.
    """

    def parameters(self, shape: Shape) -> Worked:
        return Worked(2 * shape[1], f"2·{shape[1]}")

    def describe(self, shape: Shape) -> str:
        return "Layer normalisation"


class Mean(StepLayer):
    """The mean over all steps."""

    sees_all: ClassVar = True

    def output(self, shape: Shape) -> Shape:
        return shape[1:]

    def describe(self, shape: Shape) -> str:
        return "Mean over steps"
