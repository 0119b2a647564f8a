"""Transformers: the encoder alone, or with a decoder."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from structbench.models.layer_list import EncoderDecoder
from structbench.models.layers import Dropout, Flatten, Layer, Linear, Shape
from structbench.models.sequence_layers import CrossAttention, SourceEmbedding, Symbols
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
from structbench.problem import GRIDS, SEQUENCES, Problem

# Of embedded symbols when new. Positions from N(0, 0.02) are lost beside them: after 140 steps on
# numbers in words the loss of other numbers was 0.60 with them and 0.14 so, with both of two seeds.
SYMBOLS_STD = 1.0


class Transformer(EncoderDecoder):
    """Transformer: each step (of an image each row) attends to all steps.

    Its prior: what is done with a step is the same at every step, and any two may belong together;
    where they stand it learns from what is added to them.

    As Vaswani et al. (2017), images and signals with the encoder alone; in a decoder each symbol
    attends to those before it and to the words of the source. But unless `normalisation: after` is
    asked for it is normalised before attention and feed-forward and once at the end, not after
    each: such a network learns without a warm-up (Xiong et al., 2020). Torch's default
    initialisation.
    """

    takes: ClassVar = GRIDS | SEQUENCES
    only: ClassVar = {"states": GRIDS}
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
    """Layers of the encoder, and as many of the decoder: attention and feed-forward in each."""
    feed_forward: Positive = 128
    """Width of the hidden layer in each feed-forward part."""
    dropout: Fraction = 0.1
    """Probability of dropping a value while training: of the embedded steps, and of what each part
    adds to them."""
    positions: Literal["learned", "sinusoidal"] = "learned"
    """What is added to each step to say where it stands: learned, from N(0, 0.02), for sequences
    from N(0, 1) like the symbols that they are added to; or sines and cosines that are not
    trained."""
    states: Literal["mean", "all"] = "mean"
    """What the classes are read off: the mean over all steps, or all of them. Of images and
    signals."""
    normalisation: Literal["before", "after"] = "before"
    """Where steps are normalised: before attention and feed-forward, and once at the end, or after
    what each has added (Vaswani et al., 2017)."""

    @property
    def width(self) -> int:
        """Features of a step."""
        return self.heads * self.head_width

    def layers(self, problem: Problem) -> Iterator[Layer]:
        yield Steps()
        yield Embedding(self.width)
        yield Positions(self.positions == "learned")
        yield from self._stack(SelfAttention(self.heads, self.dropout, self._before))
        yield Mean() if self.states == "mean" else Flatten()
        yield Linear(problem.classes)

    def encoder(self, problem: Problem) -> Iterator[Layer]:
        yield SourceEmbedding(problem.vocabulary, self.width)
        yield Positions(self.positions == "learned", SYMBOLS_STD)
        yield from self._stack(SelfAttention(self.heads, self.dropout, self._before))

    def decoder(self, problem: Problem, states: Shape) -> Iterator[Layer]:
        yield Symbols(problem.classes, self.width)
        yield Positions(self.positions == "learned", SYMBOLS_STD)
        yield from self._stack(
            SelfAttention(self.heads, self.dropout, self._before, causal=True),
            CrossAttention(self.heads, self.dropout, self._before, states),
        )
        yield Linear(problem.classes)

    @property
    def _before(self) -> bool:
        return self.normalisation == "before"

    def _stack(self, *attention: Layer) -> Iterator[Layer]:
        """From embedded steps in their places to what `depth` layers make of them."""
        if self.dropout:
            yield Dropout(self.dropout)
        for _ in range(self.depth):
            yield from attention
            yield FeedForward(self.feed_forward, self.dropout, self._before)
        if self._before:
            yield LayerNorm()
