"""Layers of a graph, as arithmetic, without torch.

Shapes are (features,), of what is given of each node, and (nodes, features), of what a layer makes
of it. Multiply-accumulates are those of one pass over the whole graph, which answers for any nodes.
"""

from dataclasses import dataclass
from typing import ClassVar

from structbench.models.layers import Layer, Shape, Worked
from structbench.problem import Problem

# Features of which a larger share is other than 0 are multiplied as a dense matrix: with Cora's
# sizes and a width of 64 a product and its gradient take 20 ms so, whatever the share, and with a
# sparse one 3 ms for the 1.3 % that Cora has, 19 ms for 10 % and 30 ms for 20 %.
SPARSE = 0.1


def is_sparse(graph: Problem) -> bool:
    """Whether its features are multiplied as a sparse matrix."""
    return graph.values <= SPARSE * graph.nodes * graph.input_shape[0]


@dataclass(frozen=True)
class GraphLayer(Layer):
    """A layer of `structbench.models.graph_modules`.

    graph: how many nodes, edges and features there are
    """

    sees_all: ClassVar = True

    graph: Problem

    def product(self, shape: Shape, width: int) -> int:
        """Multiply-accumulates of what is given of all nodes with a matrix of this width."""
        if len(shape) == 1 and is_sparse(self.graph):
            return self.graph.values * width
        return self.graph.nodes * shape[-1] * width


@dataclass(frozen=True)
class NodeDropout(GraphLayer):
    """Sets a value of a node to 0 with this probability while training."""

    probability: float

    def describe(self, shape: Shape) -> str:
        return f"Dropout {self.probability:g}"

    def word(self, shape: Shape) -> str:
        return "dropout"


@dataclass(frozen=True)
class NodeLinear(GraphLayer):
    """y = W x + b of each node, with the same W and b."""

    out_features: int

    def output(self, shape: Shape) -> Shape:
        return (self.graph.nodes, self.out_features)

    def parameters(self, shape: Shape) -> Worked:
        inputs, outputs = shape[-1], self.out_features
        return Worked(inputs * outputs + outputs, f"{inputs}·{outputs} + {outputs}")

    def macs(self, shape: Shape) -> int:
        return self.product(shape, self.out_features)

    def describe(self, shape: Shape) -> str:
        return f"Linear {self.out_features}"

    def word(self, shape: Shape) -> str:
        return "linear"


@dataclass(frozen=True)
class GraphConvolution(NodeLinear):
    """Y = D^−½ (A + I) D^−½ X W + b (Kipf and Welling, 2017)."""

    hops: ClassVar = 1

    def macs(self, shape: Shape) -> int:
        neighbours = 2 * self.graph.edges + self.graph.nodes
        return self.product(shape, self.out_features) + neighbours * self.out_features

    def describe(self, shape: Shape) -> str:
        return f"Graph convolution {self.out_features}"

    def word(self, shape: Shape) -> str:
        return "convolution"


@dataclass(frozen=True)
class NeighbourMean(NodeLinear):
    """y = U x + W (mean of x over the neighbours) + b (Hamilton et al., 2017)."""

    hops: ClassVar = 1

    def parameters(self, shape: Shape) -> Worked:
        inputs, outputs = shape[-1], self.out_features
        return Worked(2 * inputs * outputs + outputs, f"2·{inputs}·{outputs} + {outputs}")

    def macs(self, shape: Shape) -> int:
        neighbours = 2 * self.graph.edges * self.out_features
        return self.product(shape, 2 * self.out_features) + neighbours

    def describe(self, shape: Shape) -> str:
        return f"Itself and mean of neighbours {self.out_features}"

    def word(self, shape: Shape) -> str:
        return "mean"


@dataclass(frozen=True)
class NeighbourAttention(GraphLayer):
    """Each node takes from its neighbours and itself, once for each head (Veličković et al., 2018).

    width: of a head
    dropout: of the weights
    joined: whether heads stand side by side; else their mean is taken
    """

    hops: ClassVar = 1

    heads: int
    width: int
    dropout: float
    joined: bool

    @property
    def out_features(self) -> int:
        """Of a node."""
        return self.heads * self.width if self.joined else self.width

    def output(self, shape: Shape) -> Shape:
        return (self.graph.nodes, self.out_features)

    def parameters(self, shape: Shape) -> Worked:
        inputs, every, biases = shape[-1], self.heads * self.width, self.out_features
        return Worked(
            inputs * every + 2 * every + biases, f"{inputs}·{every} + 2·{every} + {biases}"
        )

    def macs(self, shape: Shape) -> int:
        # A score adds up one number of each of two nodes; the weights are of all neighbours.
        every, nodes = self.heads * self.width, self.graph.nodes
        neighbours = 2 * self.graph.edges + nodes
        return self.product(shape, every) + 2 * nodes * every + neighbours * every

    def describe(self, shape: Shape) -> str:
        heads = f"{self.heads} head{'s' * (self.heads != 1)} of {self.width}"
        mean = ", their mean" * (not self.joined and self.heads > 1)
        return f"Attention to neighbours, {heads}{mean}"

    def word(self, shape: Shape) -> str:
        return "attention"


@dataclass(frozen=True)
class Asked(GraphLayer):
    """(nodes, classes) → (classes,), of a node that is asked for."""

    def output(self, shape: Shape) -> Shape:
        return shape[1:]

    def describe(self, shape: Shape) -> str:
        return "The node asked for"
