"""The encoder of a transformer."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from structbench.models.layer_list import LayerList
from structbench.models.layers import Dropout, Flatten, Layer, Linear
from structbench.models.step_layers import (
    Embedding,
    FeedForward,
    LayerNorm,
    Mean,
    Positions,
    SelfAttention,
    Steps,
)
from structbench.options import Depth, Fraction, Positive
from structbench.problem import Problem


class Transformer(LayerList):
    """Transformer encoder: each step (of an image each row) attends to all steps.

    Its prior: what is done with a step is the same at every step, and any two may belong together;
    where they stand it learns from what is added to them.

    As Vaswani et al. (2017), but normalised before attention and feed-forward and once at the end,
    not after each: such a network learns without a warm-up (Xiong et al., 2020). Torch's default
    initialisation.
    """

    takes: ClassVar = frozenset({"image", "signal"})
    # The heads stay as many as they are.
    widths: ClassVar = ("head_width", "feed_forward")
    # Nobody has measured attention in a recorded step of a GPU.
    same_operations: ClassVar = False

    family: Literal["transformer"] = "transformer"
    heads: Positive = 4
    """Heads of attention; a step is embedded in heads × head_width features."""
    head_width: Positive = 16
    """Features of each head."""
    depth: Depth = 2
    """Encoder layers: attention and feed-forward in each."""
    feed_forward: Positive = 128
    """Width of the hidden layer in each feed-forward part."""
    dropout: Fraction = 0.1
    """Probability of dropping a value while training: of the embedded steps, and of what each part
    adds to them."""
    positions: Literal["learned", "sinusoidal"] = "learned"
    """What is added to each step to say where it stands: learned, from N(0, 0.02), or sines and
    cosines that are not trained."""
    states: Literal["mean", "all"] = "mean"
    """What the classes are read off: the mean over all steps, or all of them."""

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Steps()
        yield Embedding(self.heads * self.head_width)
        yield Positions(learned=self.positions == "learned")
        if self.dropout:
            yield Dropout(self.dropout)
        for _ in range(self.depth):
            yield SelfAttention(self.heads, self.dropout)
            yield FeedForward(self.feed_forward, self.dropout)
        yield LayerNorm()
        yield Mean() if self.states == "mean" else Flatten()
        yield Linear(problem.classes)
