"""How large a graph may be, and what cannot be done to one: a ConfigError, as early as it can be
known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from structbench.data.graphs.rewiring import can_be_rewired
from structbench.errors import ConfigError

if TYPE_CHECKING:
    from structbench.data.alterations import Condition
    from structbench.data.graphs.examples import Graph


MOST_NODES, MOST_EDGES, MOST_FEATURES = 1_000_000, 20_000_000, 1_000_000
# Features other than 0, of all nodes together.
MOST_VALUES = 100_000_000


def require_possible(condition: Condition, nodes: int, edges: int) -> None:
    """ConfigError where no graph of so many nodes and edges can be altered so."""
    if condition.name == "add_edges":
        require_room(nodes, edges, condition.values[0])
    if condition.name == "rewire_edges":
        require_sizes(nodes, edges, condition.values[0], f"condition '{condition}'")


def require_room(nodes: int, edges: int, share: float) -> int:
    """How many edges this share of them is; ConfigError where so many more find no place."""
    count, room = round(share * edges), nodes * (nodes - 1) // 2 - edges
    if count > room:
        raise ConfigError(
            f"condition 'add_edges:{share:.12g}': {count:,} more edges are asked for, and the "
            f"graph of {nodes:,} nodes has room for {room:,}"
        )
    return count


def require_sizes(nodes: int, edges: int, share: float, what: str) -> None:
    """ConfigError where in no graph of these sizes two edges can exchange their ends.

    what: that asks for it, for the message
    """
    if share and cannot_be_rewired(nodes, edges):
        raise ConfigError(_cannot(what))


def cannot_be_rewired(nodes: int, edges: int) -> bool:
    """Whether in no graph of these sizes two edges can exchange their ends."""
    return edges < 2 or nodes * (nodes - 1) // 2 - edges < 2


def require_exchange(graph: Graph, share: float, what: str) -> None:
    """ConfigError where no two edges of a graph can exchange their ends."""
    if share and not can_be_rewired(np.diff(graph.edges.indptr)):
        raise ConfigError(_cannot(what))


def _cannot(what: str) -> str:
    return (
        f"{what}: no two edges of this graph can exchange their ends: with the same number of "
        "edges at each node there is no other graph"
    )
