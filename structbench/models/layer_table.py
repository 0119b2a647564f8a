"""A model's layers followed through: every shape, count and receptive field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from structbench.errors import ConfigError
from structbench.models.layers import Layer, Shape, Window, Worked
from structbench.models.residual_layers import Block


@dataclass(frozen=True)
class LayerRow:
    """One layer in its place.

    receptive_field: sides, in places of the input, of what one output value can see; None where
    it sees the whole input.
    hops: how many edges of a graph away the nodes are that it can see
    part: of the network, such as `encoder`; empty where it has no parts
    inside: of a block, the rows that it opens to
    """

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    parameters: Worked
    macs: int
    receptive_field: Shape | None
    part: str = ""
    hops: int = 0
    inside: tuple[LayerRow, ...] = ()

    @property
    def opened(self) -> tuple[LayerRow, ...]:
        """The rows that are no blocks, in their order; of most, the row itself."""
        return tuple(leaf for row in self.inside for leaf in row.opened) or (self,)

    @property
    def text(self) -> str:
        """The layer in a few words, e.g. `Conv 32 of 3×3`, `encoder: GRU 128`."""
        said = self.layer.describe(self.input_shape)
        return f"{self.part}: {said}" if self.part else said


@dataclass(frozen=True)
class LayerTable:
    """All layers of a model for one input shape.

    frozen: parameters that are not trained, in no row
    not_counted: operations whose multiply-accumulates are in no row, by name
    of_graph: whether multiply-accumulates are those of one pass over a whole graph
    told: of how the data are given to it, in whole sentences
    """

    rows: tuple[LayerRow, ...]
    frozen: int = 0
    not_counted: tuple[str, ...] = ()
    of_graph: bool = False
    told: tuple[str, ...] = ()

    @property
    def opened(self) -> tuple[LayerRow, ...]:
        """The rows, with those of its parts for each block."""
        return tuple(leaf for row in self.rows for leaf in row.opened)

    @property
    def parameters(self) -> int:
        """Trainable parameters."""
        return sum(row.parameters.value for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the forward pass for one example, or for a whole graph."""
        return sum(row.macs for row in self.rows)

    @property
    def in_turn(self) -> int:
        """Operations that wait for each other, of layers where that takes the time."""
        return sum(row.layer.in_turn(row.input_shape) for row in self.rows)

    @property
    def notices(self) -> list[str]:
        """What is to be known beside the counts."""
        total = self.parameters + self.frozen
        return [
            *[f"{self.frozen:,} of its {total:,} parameters are not trained"] * bool(self.frozen),
            *(f"the multiply-accumulates of {name} are not counted" for name in self.not_counted),
            *self.told,
        ]


def follow(layers: Iterable[Layer], input_shape: Shape, part: str = "") -> LayerTable:
    """Work out each layer in turn; ConfigError names a layer that does not fit.

    part: of the network that they are in, which their names begin with

    The receptive field grows by (K − 1) times the product of all strides before.
    """
    return LayerTable(_rows(layers, input_shape, part, _Sight(input_shape)))


@dataclass
class _Sight:
    """What one output value can see of the input, as layers are passed."""

    input_shape: Shape
    field: int = 1
    jump: int = 1
    hops: int = 0
    sees_step: bool = False
    sees_all: bool = False

    def passed(self, layer: Layer) -> None:
        for inner in layer.parts:
            if isinstance(inner, Window):
                self.field += (inner.kernel_size - 1) * self.jump
                self.jump *= inner.stride
            self.sees_step |= inner.sees_step
            self.sees_all |= inner.sees_all
            self.hops += inner.hops

    @property
    def sides(self) -> Shape | None:
        if self.sees_all:
            return None
        # Of a step's own places all are seen, along the other axes.
        lengths = enumerate(self.input_shape[1:] or self.input_shape)
        return tuple(n if self.sees_step and axis else self.field for axis, n in lengths)


def _rows(
    layers: Iterable[Layer], shape: Shape, part: str, sight: _Sight, outer: str = ""
) -> tuple[LayerRow, ...]:
    """outer: the name of the block that they are in"""
    rows, seen = [], Counter[str]()
    for layer in layers:
        word = layer.word(shape)
        seen[word] += 1
        name = layer.name or f"{part}{'.' * bool(part)}{word}{seen[word]}"
        name = f"{outer}{'.' * bool(outer)}{name}"
        try:
            output = layer.output(shape)
        except ConfigError as error:
            raise ConfigError(f"layer {name}: {error}") from None
        inside: tuple[LayerRow, ...] = ()
        if isinstance(layer, Block):
            inside = _rows(layer.layers, shape, "", replace(sight), name)
        sight.passed(layer)
        parameters, macs = layer.parameters(shape), layer.macs(shape)
        rows.append(
            LayerRow(
                name, layer, shape, output, parameters, macs, sight.sides, part, sight.hops, inside
            )
        )
        shape = output
    return tuple(rows)
