"""What was found in data of a user's own: what a config says of them, in place of a path.

StructBench writes it. It is all that is known of a data set before it is read, so runs can be read,
shown and compared where the data are not.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from structbench.options import Items, NonNegative, Options, Positive
from structbench.problem import Kind

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Names = Annotated[tuple[str, ...], Items]


class Content(Options):
    """Of every kind."""

    kind: Kind
    """What the examples are."""
    sha256: Sha256
    """Of all files and their names: the same wherever they lie."""
    train_examples: Positive
    """Examples to learn and validate from."""
    test_examples: Positive
    """Examples to test on."""
    test_part: bool = False
    """Whether the data say themselves which these are."""


class GridContent(Content):
    """Of images and signals."""

    kind: Literal["image", "signal"]
    """What the examples are."""
    shape: Annotated[tuple[Positive, ...], Items, Field(min_length=2, max_length=3)]
    """Of an example: channels, then its sides."""
    classes: Annotated[Names, Field(min_length=2)]
    """What the classes are called."""
    arrays: Sha256
    """Of all values and labels as they were read, which another version of a library that unpacks
    the files may read otherwise."""
    resized: bool = False
    """Whether examples were brought to data.side or data.length when they were read, not later."""

    @model_validator(mode="after")
    def _has_its_sides(self) -> Self:
        if len(self.shape) != (3 if self.kind == "image" else 2):
            raise ValueError(f"shape {list(self.shape)} is of no {self.kind}")
        return self


class SequenceContent(Content):
    """Of sentences and their translations."""

    kind: Literal["sequence"]
    """What the examples are."""
    source_places: Positive
    """Places of a sentence, in symbols."""
    answer_places: Positive
    """Places of an answer, in symbols, with its end."""
    source_symbols: Positive
    """Symbols of the sentences, the reserved ones too."""
    answer_symbols: Positive
    """Symbols of the answers, the end too."""
    symbols: Sha256
    """Of the symbols in their order, which another version of a library may learn otherwise."""


class GraphContent(Content):
    """Of the nodes of a graph."""

    kind: Literal["graph"]
    """What the examples are."""
    nodes: Positive
    """Nodes of the graph, those without a class too."""
    edges: Positive
    """Edges, each counted once; none joins a node with itself."""
    features: Positive
    """Features of a node."""
    values: NonNegative
    """Features other than 0, of all nodes together."""
    judged: NonNegative
    """Edges both of whose ends have a class."""
    within: NonNegative
    """Edges that join nodes of one class."""
    classes: Annotated[Names, Field(min_length=2)]
    """What the classes are called."""
    class_sizes: Annotated[tuple[Positive, ...], Items, Field(min_length=2)]
    """Nodes of each class."""
