"""Labelled nodes of one graph, and data sets of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import Dataset
from structbench.data.subsets import stratified_order, training_split
from structbench.problem import Kind, Problem
from structbench.streams import stream

if TYPE_CHECKING:
    # Importing it takes half a second: only who makes a graph waits for it.
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Graph:
    """An undirected graph without self-loops.

    features: float32 [nodes, features], only what is not 0 is stored
    edges: float32 [nodes, nodes], symmetric, 1 where there is an edge; each is stored twice
    classes: int64 [nodes]
    Both matrices are in canonical format: columns sorted, none twice.
    """

    features: csr_array
    edges: csr_array
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class GraphExamples:
    """Nodes of a graph that are learned from or tested on; see Examples.

    nodes: int64 [n]
    seed: what drew them, and draws what else is chance in a graph
    """

    graph: Graph
    nodes: NDArray[np.int64]
    seed: int
    notices: tuple[str, ...] = ()

    lengths: ClassVar[None] = None

    @property
    def labels(self) -> NDArray[np.int64]:
        """Their classes."""
        return self.graph.classes[self.nodes]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Their numbers in the graph."""
        return self.nodes

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """Which nodes are asked for."""
        return (self.nodes,)

    @property
    def shared(self) -> tuple[NDArray[Any] | csr_array, ...]:
        """The features and the edges of all nodes."""
        return self.graph.features, self.graph.edges

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, places: NDArray[np.int64]) -> GraphExamples:
        """The nodes at these places, in the same graph."""
        return replace(self, nodes=self.nodes[places])

    def altered(self, condition: Condition, seed: int) -> GraphExamples:
        """In a graph that is altered; the same for the same seed, whatever the model."""
        from structbench.data.graphs.conditions import GRAPH_CONDITIONS

        rng = stream(seed, "corruption", str(condition))
        alter = GRAPH_CONDITIONS[condition.name].alter
        return replace(self, graph=alter(self.graph, rng, *condition.values))

    def without_structure(self, share: float) -> GraphExamples:
        """A share of the edges rewired, the same way for all examples of a seed."""
        from structbench.data.graphs.rewiring import rewired

        if not share:
            return self
        return replace(self, graph=rewired(self.graph, stream(self.seed, "structure"), share))


@dataclass(frozen=True, kw_only=True)
class GraphDataset(Dataset):
    """One graph, or one that each seed draws. The seed also draws which nodes are tested.

    features, classes, nodes, edges, values: sizes, see Problem
    class_names: what the classes are called
    drawn: whether each seed draws a graph of its own
    """

    kind: ClassVar[Kind] = "graph"
    features: int
    classes: int
    nodes: int
    edges: int
    values: int
    class_names: tuple[str, ...]
    drawn: ClassVar[bool] = False

    def problem(self, folder: Path) -> Problem:
        """Known before the graph is read or drawn."""
        return Problem(
            "graph", (self.features,), self.classes,
            nodes=self.nodes, edges=self.edges, values=self.values,
        )  # fmt: skip

    @abstractmethod
    def graph(self, folder: Path, seed: int) -> Graph:
        """The graph; the same for every seed unless it is drawn."""

    def read(self, folder: Path) -> tuple[GraphExamples, GraphExamples]:
        """As seed 0 splits it."""
        kept, _, test = self.split(folder, None, 0, None, 0)
        return kept, test

    def split(
        self,
        folder: Path,
        train_size: int | None,
        validation_size: int,
        test_size: int | None,
        seed: int,
    ) -> tuple[GraphExamples, GraphExamples, GraphExamples]:
        """Drawn by the seed, each part stratified; more training nodes only add to fewer."""
        graph = self.graph(folder, seed)
        order = stratified_order(graph.classes, stream(seed, "test nodes"))
        tested = np.sort(order[: test_size or self.test_examples])
        rest = np.sort(order[test_size or self.test_examples :])
        nodes = GraphExamples(graph, rest, seed)
        kept, validation = training_split(nodes, train_size, validation_size, seed)
        return kept, validation, replace(nodes, nodes=tested)
