"""The torch modules of a graph's layers: float32 [nodes, features] of all nodes.

What is given of the nodes may be a sparse Matrix instead, and stays one until it is multiplied.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from structbench.models import graph_layers
from structbench.models.layers import Shape
from structbench.models.sparse_products import Matrix, mean, normalised, with_self

# Of the scores of a graph's attention, below 0 (Veličković et al., 2018).
SLOPE = 0.2

Nodes = Tensor | Matrix


class Reads(NamedTuple):
    """What a layer reads the neighbours by.

    make: from the edges [nodes, nodes]; heads: so many of it along a diagonal
    """

    make: Callable[[Tensor], Matrix]
    heads: int = 1

    def of(self, edges: Tensor) -> Matrix:
        """Of these edges."""
        return self.make(edges).blocks(self.heads)


Read = Mapping[Reads, Matrix]


def graph_module(layer: graph_layers.GraphLayer, shape: Shape) -> nn.Module:
    """The module for this input shape.

    Weights are drawn as Glorot and Bengio (2010) have it, uniformly, each head's for itself, and
    biases are 0: so it is in the code of the three papers, and whoever is compared on a graph
    begins alike.
    """
    match layer:
        case graph_layers.NodeDropout(probability=p):
            return NodeDropout(p)
        case graph_layers.GraphConvolution():
            return GraphConvolution(shape[-1], layer.out_features)
        case graph_layers.NeighbourMean():
            return NeighbourMean(shape[-1], layer.out_features)
        case graph_layers.NodeLinear():
            return NodeLinear(shape[-1], layer.out_features)
        case graph_layers.NeighbourAttention():
            return NeighbourAttention(shape[-1], layer)
        case graph_layers.Asked():
            return Asked()
        case unknown:
            raise TypeError(f"no torch module for {unknown}")


class ReadsNeighbours(nn.Module, ABC):
    """A layer in which a node takes from its neighbours."""

    reads: Reads

    @abstractmethod
    def forward(self, x: Nodes, read: Read) -> Tensor:
        """[nodes, features] of all nodes; `read` has what the layer reads them by."""


class GraphNetwork(nn.Sequential):
    """Logits [n, classes] of the nodes that are asked for, of whatever is known of all of them.

    Called as network(nodes, *network.ready(features, edges)).
    """

    def __init__(self, modules: Any, sparse: bool) -> None:
        super().__init__(modules)
        self.sparse = sparse

    def ready(self, features: Tensor, edges: Tensor) -> tuple[Nodes, Read]:
        """What all passes share, of CSR features [nodes, features] and edges [nodes, nodes]."""
        layers = [module for module in self.modules() if isinstance(module, ReadsNeighbours)]
        read = {reads: reads.of(edges) for reads in dict.fromkeys(m.reads for m in layers)}
        return Matrix.of(features) if self.sparse else features.to_dense(), read

    def forward(self, nodes: Tensor, features: Nodes, read: Read) -> Tensor:  # type: ignore[override]
        *layers, asked = self
        logits: Tensor = asked(passed(layers, features, read), nodes)
        return logits


class AttentiveGraphNetwork(GraphNetwork):
    """One whose layers attend."""

    def attention(self, features: Tensor, edges: Tensor) -> Tensor:
        """Weights [heads, entries] of the last layer that attends, of what each node takes from its
        neighbours and itself: of edges + identity, by rows and then by columns."""
        layers = [*self]
        i, last = [(i, m) for i, m in enumerate(layers) if isinstance(m, NeighbourAttention)][-1]
        x, read = self.ready(features, edges)
        return last.weights(last.by_head(passed(layers[:i], x, read)), read)


class GraphResidual(nn.Sequential):
    """x + f(x), where f is the layers inside."""

    def forward(self, x: Tensor, read: Read) -> Tensor:  # type: ignore[override]
        added: Tensor = x + passed(self, x, read)
        return added


def passed(layers: Iterable[nn.Module], x: Any, read: Read) -> Any:
    """What layers make of all nodes, one after the other."""
    for layer in layers:
        x = layer(x, read) if isinstance(layer, ReadsNeighbours | GraphResidual) else layer(x)
    return x


class Asked(nn.Module):
    """Of all nodes those that are asked for."""

    def forward(self, x: Tensor, nodes: Tensor) -> Tensor:
        return x.index_select(0, nodes)


class NodeDropout(nn.Dropout):
    """Of sparse features it drops of those that are stored.

    Torch's own draws a number in 14 ns on the CPU, this in 4: with Cora's sizes a step of a gcn
    takes 5.6 instead of 7.7 ms.
    """

    def forward(self, x: Any) -> Any:
        if not self.training or not self.p:
            return x
        if isinstance(x, Matrix):
            return replace(x, values=self._dropped(x.values))
        return self._dropped(x)

    def _dropped(self, values: Tensor) -> Tensor:
        kept = torch.rand(values.shape, device=values.device) >= self.p
        return values * kept.to(values.dtype).div_(1 - self.p)


class NodeLinear(nn.Module):
    """y = W x + b of each node."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        glorot(self.weight, inputs, outputs)

    def forward(self, x: Nodes) -> Tensor:
        return product(x, self.weight) + self.bias


class GraphConvolution(NodeLinear, ReadsNeighbours):
    """D^−½ (A + I) D^−½ X W + b: X W first, which is narrower than X in most networks."""

    reads = Reads(normalised)

    def forward(self, x: Nodes, read: Read) -> Tensor:  # type: ignore[override]
        return read[self.reads].times(product(x, self.weight)) + self.bias


class NeighbourMean(NodeLinear, ReadsNeighbours):
    """U x + W (mean over the neighbours) + b; the mean of a node without any is 0."""

    reads = Reads(mean)

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.own = nn.Parameter(torch.empty(inputs, outputs))
        glorot(self.own, inputs, outputs)

    def forward(self, x: Nodes, read: Read) -> Tensor:  # type: ignore[override]
        of_neighbours = read[self.reads].times(product(x, self.weight))
        return product(x, self.own) + of_neighbours + self.bias


class NeighbourAttention(ReadsNeighbours):
    """Each node takes from its neighbours and itself, once for each head.

    Node i scores j by LeakyReLU(a·W x_i + b·W x_j); the softmax over all j are the weights of
    their W x_j.
    """

    def __init__(self, inputs: int, layer: graph_layers.NeighbourAttention) -> None:
        super().__init__()
        self.heads, self.joined = layer.heads, layer.joined
        self.reads = Reads(with_self, layer.heads)
        self.weight = nn.Parameter(torch.empty(inputs, layer.heads * layer.width))
        self.asks = nn.Parameter(torch.empty(layer.heads, layer.width, 1))
        self.answers = nn.Parameter(torch.empty(layer.heads, layer.width, 1))
        self.bias = nn.Parameter(torch.zeros(layer.out_features))
        self.dropout = NodeDropout(layer.dropout)
        glorot(self.weight, inputs, layer.width)
        for vectors in (self.asks, self.answers):
            glorot(vectors, layer.width, 1)

    def forward(self, x: Nodes, read: Read) -> Tensor:
        every = self.by_head(x)
        weights = self.dropout(self.weights(every, read)).flatten()
        taken = read[self.reads].times(every.flatten(0, 1), weights).view_as(every)
        return (taken.transpose(0, 1).flatten(1) if self.joined else taken.mean(0)) + self.bias

    def by_head(self, x: Nodes) -> Tensor:
        """W x of all nodes, float32 [heads, nodes, width]."""
        every = product(x, self.weight).float()
        return every.view(len(every), self.heads, -1).transpose(0, 1).contiguous()

    def weights(self, every: Tensor, read: Read) -> Tensor:
        """[heads, entries], which add up to 1 in each row; of what `by_head` gives."""
        matrix = read[self.reads]
        asks, answers = ((every @ a).float().flatten() for a in (self.asks, self.answers))
        scores = matrix.at_rows(asks) + matrix.at_columns(answers)
        return matrix.softmax(functional.leaky_relu(scores, SLOPE)).view(self.heads, -1)


def product(x: Nodes, weight: Tensor) -> Tensor:
    """[nodes, outputs], of a weight [features, outputs].

    Kept as [outputs, features], as in torch's linear layer, it had a gradient of other bits with
    two threads than with one in 50 of 150 sizes that were tried; so, in none of them.
    """
    return x.times(weight) if isinstance(x, Matrix) else x @ weight


def glorot(parameter: Tensor, inputs: int, outputs: int) -> None:
    """Draw it evenly from ±√(6/(inputs + outputs))."""
    bound = math.sqrt(6 / (inputs + outputs))
    nn.init.uniform_(parameter, -bound, bound)
