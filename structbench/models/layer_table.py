"""A model's layers followed through: every shape, count and receptive field."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from structbench.errors import ConfigError
from structbench.models.layers import Layer, Shape, Window, Worked


@dataclass(frozen=True)
class LayerRow:
    """One layer in its place.

    receptive_field: sides, in places of the input, of what one output value can see; None where
    it sees the whole input.
    hops: how many edges of a graph away the nodes are that it can see
    part: of the network, such as `encoder`; empty where it has no parts
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
    """

    rows: tuple[LayerRow, ...]
    frozen: int = 0
    not_counted: tuple[str, ...] = ()
    of_graph: bool = False

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
        ]


def follow(layers: Iterable[Layer], input_shape: Shape, part: str = "") -> LayerTable:
    """Work out each layer in turn; ConfigError names a layer that does not fit.

    part: of the network that they are in, which their names begin with

    The receptive field grows by (K − 1) times the product of all strides before.
    """
    rows, seen = [], Counter[str]()
    shape, field, jump = input_shape, 1, 1
    step, whole, hops = False, False, 0
    for layer in layers:
        word = layer.word(shape)
        seen[word] += 1
        name = layer.name or f"{part}{'.' * bool(part)}{word}{seen[word]}"
        try:
            output = layer.output(shape)
        except ConfigError as error:
            raise ConfigError(f"layer {name}: {error}") from None
        for inner in layer.parts:
            if isinstance(inner, Window):
                field += (inner.kernel_size - 1) * jump
                jump *= inner.stride
            step, whole = step or inner.sees_step, whole or inner.sees_all
            hops += inner.hops
        # Of a step's own places all are seen, along the other axes.
        lengths = enumerate(input_shape[1:] or input_shape)
        sides = None if whole else tuple(n if step and axis else field for axis, n in lengths)
        parameters, macs = layer.parameters(shape), layer.macs(shape)
        counts = parameters, macs
        rows.append(LayerRow(name, layer, shape, output, *counts, sides, part, hops))
        shape = output
    return LayerTable(tuple(rows))
