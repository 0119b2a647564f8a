"""Graph convolutional networks."""

from typing import Literal

from structbench.models.graph_layers import GraphConvolution
from structbench.models.graph_list import NeighbourList
from structbench.models.layers import Layer
from structbench.problem import Problem


class GCN(NeighbourList):
    """Graph convolutional network: a node takes from its neighbours, by fixed weights.

    Its prior: what is known of a node's neighbours tells of the node, and all of them and the node
    itself tell it in the same way.

    As Kipf and Welling (2017), H' = D^−½ (A + I) D^−½ H W + b with ReLU between the layers, dropout
    of what each layer reads, Glorot initialisation and biases that are 0 when new.
    """

    family: Literal["gcn"] = "gcn"

    def hidden_layer(self, problem: Problem) -> Layer:
        return GraphConvolution(problem, self.hidden)

    def last_layer(self, problem: Problem) -> Layer:
        return GraphConvolution(problem, problem.classes)
