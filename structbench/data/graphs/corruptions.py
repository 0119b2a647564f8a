"""What alters a graph."""

import numpy as np

from structbench.data.graphs.examples import Graph


def clean(graph: Graph, rng: np.random.Generator) -> Graph:
    """The graph as it is."""
    return graph
