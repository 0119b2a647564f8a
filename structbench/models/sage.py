"""GraphSAGE."""

from typing import Literal

from structbench.models.graph_layers import NeighbourMean
from structbench.models.graph_list import NeighbourList
from structbench.models.layers import Layer
from structbench.problem import Problem


class SAGE(NeighbourList):
    """GraphSAGE: a node takes from itself and from the mean of its neighbours, apart.

    Its prior: what is known of a node's neighbours tells of the node, not as the node itself does,
    and all of them in the same way.

    As Hamilton et al. (2017) with the mean, h' = U h + W (mean of h over all neighbours) + b, with
    ReLU between the layers; but it samples no neighbours, and does not scale nodes to length 1.
    Glorot initialisation, as in the authors' code, and biases that are 0 when new.
    """

    family: Literal["sage"] = "sage"

    def hidden_layer(self, problem: Problem) -> Layer:
        return NeighbourMean(problem, self.hidden)

    def last_layer(self, problem: Problem) -> Layer:
        return NeighbourMean(problem, problem.classes)
