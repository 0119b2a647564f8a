"""Graph attention networks."""

from typing import ClassVar, Literal

from structbench.models.graph_layers import NeighbourAttention
from structbench.models.graph_list import NeighbourList
from structbench.models.layers import ELU, Layer
from structbench.options import Fraction, Positive
from structbench.problem import Problem


class GAT(NeighbourList):
    """Graph attention network: a node takes from its neighbours, by weights that it learns.

    Its prior: what is known of a node's neighbours tells of the node; how much each tells depends
    on what is known of the two.

    As Veličković et al. (2018): node i scores itself and its neighbours j by
    LeakyReLU(a·W h_i + b·W h_j), whose softmax weighs their W h_j; heads stand side by side, those
    of the last layer are averaged; ELU between the layers; dropout of what each layer reads and of
    the weights; Glorot initialisation and biases that are 0 when new.
    """

    activation: ClassVar[Layer] = ELU()

    family: Literal["gat"] = "gat"
    # The heads stay as many as they are where it is scaled.
    hidden: Positive = 8
    """Width of each head of a hidden layer."""
    heads: Positive = 8
    """Heads of each hidden layer."""
    output_heads: Positive = 1
    """Heads of the last layer."""
    dropout: Fraction = 0.6
    """Probability of dropping a value while training: of what each layer reads, the features first,
    and of the weights by which nodes take from each other."""

    def hidden_layer(self, problem: Problem) -> Layer:
        return NeighbourAttention(problem, self.heads, self.hidden, self.dropout, joined=True)

    def last_layer(self, problem: Problem) -> Layer:
        classes, heads = problem.classes, self.output_heads
        return NeighbourAttention(problem, heads, classes, self.dropout, joined=False)
