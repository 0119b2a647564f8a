"""What is to be learned, in numbers: all that a model must know of a data set."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "signal", "sequence", "graph"]
GRIDS: frozenset[Kind] = frozenset({"image", "signal"})
SEQUENCES: frozenset[Kind] = frozenset({"sequence"})
GRAPHS: frozenset[Kind] = frozenset({"graph"})
# Those whose examples are independent of each other: only over such there are intervals. Nodes of
# one graph are not, so that of a graph intervals are over seeds only.
INDEPENDENT = GRIDS | SEQUENCES

# Symbols of a source: no symbol, which nobody reads; one that is unknown; and an empty place that
# is read like a symbol, where the places are in another order.
EMPTY, UNKNOWN, BLANK = 0, 1, 2
# Of an answer: its end, which also stands before its first symbol.
END = 0


@dataclass(frozen=True)
class Problem:
    """The sizes of a problem; they depend on neither the seed nor the number of examples.

    input_shape: of one example: (channels, *sides), (longest source,), or (features,)
    classes: of each symbol of the answer, its END among them
    vocabulary: symbols of the source, EMPTY, UNKNOWN and BLANK among them; 0: numbers, not symbols
    answer_length: symbols of the longest answer, with its END; 0: one class
    nodes, edges: of the graph that the examples are nodes of; 0: there is none
    values: numbers other than 0 among the features of all nodes
    """

    kind: Kind
    input_shape: tuple[int, ...]
    classes: int
    vocabulary: int = 0
    answer_length: int = 0
    nodes: int = 0
    edges: int = 0
    values: int = 0

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of the logits of one example: (classes,) or (answer_length, classes)."""
        return (self.answer_length, self.classes) if self.answer_length else (self.classes,)
