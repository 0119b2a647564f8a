"""Labelled nodes of one graph, and data sets of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import Dataset
from structbench.data.graphs.limits import require_possible, require_sizes
from structbench.data.graphs.rewiring import rewired
from structbench.data.subsets import (
    class_split,
    fewest_behind,
    stratified_order,
    training_split,
)
from structbench.errors import ConfigError
from structbench.problem import Kind, Problem
from structbench.streams import stream

if TYPE_CHECKING:
    # Importing it takes half a second: only who makes a graph waits for it.
    from scipy.sparse import csr_array


# So many classes are told by name.
MOST_NAMED = 5
# Of a node whose class is not known: it is there as a neighbour, neither learned from nor tested.
NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph without self-loops.

    features: float32 [nodes, features], only what is not 0 is stored
    edges: float32 [nodes, nodes], symmetric, 1 where there is an edge; each is stored twice
    classes: int64 [nodes], NO_CLASS where it is not known
    names: what its nodes are called; none where they are numbered from 0
    Both matrices are in canonical format: columns sorted, none twice.
    """

    features: csr_array
    edges: csr_array
    classes: NDArray[np.int64]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.classes)

    def name(self, node: int) -> str:
        """What a node is called: its number where it has no name."""
        return self.names[node] if self.names else str(node)


@dataclass(frozen=True, eq=False)
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
    side: ClassVar[None] = None

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
        if not share:
            return self
        return replace(self, graph=_without_structure(self.graph, self.seed, share))


# Those to learn from, to validate on and to test on are in one graph.
@lru_cache(maxsize=1)
def _without_structure(graph: Graph, seed: int, share: float) -> Graph:
    return rewired(graph, stream(seed, "structure"), share)


@dataclass(frozen=True, kw_only=True)
class GraphDataset(Dataset):
    """One graph, or one that each seed draws. The seed also draws which nodes are tested.

    features, classes, nodes, edges, values: sizes, see Problem
    class_names: what the classes are called
    within: how many edges join nodes of one class; None where it is not known
    judged: of how many edges both ends have a class; None: of all
    train_examples, test_examples: as many nodes with a class as there are where no other number to
        test is asked for
    drawn: whether each seed draws a graph of its own
    """

    kind: ClassVar[Kind] = "graph"
    conditions: tuple[str, ...] = ("clean", "rewire_edges:0.5", "drop_features:0.5")
    smoke_sizes: tuple[int, int] = (100, 200)
    features: int
    classes: int
    nodes: int
    edges: int
    values: int
    class_names: tuple[str, ...]
    within: int | None = None
    judged: int | None = None
    drawn: ClassVar[bool] = False

    @property
    def labelled(self) -> int:
        """How many nodes have a class."""
        return self.train_examples + self.test_examples

    def problem(self, folder: Path) -> Problem:
        """Known before the graph is read or drawn."""
        return Problem(
            "graph", (self.features,), self.classes,
            nodes=self.nodes, edges=self.edges, values=self.values,
        )  # fmt: skip

    @abstractmethod
    def graph(self, folder: Path, seed: int) -> Graph:
        """The graph; the same for every seed unless it is drawn."""

    def class_sizes(self, folder: Path) -> NDArray[np.int64]:
        """[classes]: nodes of each class; the same for every seed."""
        classes = self.graph(folder, 0).classes
        return np.bincount(classes[classes != NO_CLASS], minlength=self.classes)

    def read(self, folder: Path) -> tuple[GraphExamples, GraphExamples]:
        """As seed 0 splits it."""
        kept, _, test = self.split(folder, None, 0, None, 0)
        return kept, test

    def require(
        self,
        folder: Path,
        train_per_class: int | None,
        tested: int,
        structure_removed: float,
        conditions: Iterable[Condition],
    ) -> None:
        """ConfigError where a class has too few nodes, or the graph is too small to be altered.

        tested: how many nodes are
        """
        require_sizes(self.nodes, self.edges, structure_removed, "structure_removed")
        for condition in conditions:
            require_possible(condition, self.nodes, self.edges)
        if train_per_class:
            left = fewest_behind(self.class_sizes(folder), tested)
            for name, count in zip(self.class_names, left.tolist(), strict=True):
                if count < train_per_class:
                    raise ConfigError(
                        f"train_per_class {train_per_class:,} is more than the {count:,} nodes of "
                        f"class {name!r} that are not tested"
                    )

    def split(
        self,
        folder: Path,
        train_size: int | None,
        validation_size: int,
        test_size: int | None,
        seed: int,
        train_per_class: int | None = None,
    ) -> tuple[GraphExamples, GraphExamples, GraphExamples]:
        """Of the nodes that have a class. Drawn by the seed, each part stratified; more training
        nodes only add to fewer.

        train_per_class: so many of each class instead of train_size; see `require`
        """
        graph = self.graph(folder, seed)
        known = np.flatnonzero(graph.classes != NO_CLASS)
        order = known[stratified_order(graph.classes[known], stream(seed, "test nodes"))]
        tested, rest = np.split(order, [test_size or self.test_examples])
        nodes = GraphExamples(graph, np.sort(rest), seed)
        if train_per_class:
            kept, validation = class_split(nodes, train_per_class, validation_size, seed)
        else:
            kept, validation = training_split(nodes, train_size, validation_size, seed)
        notices = (*_only_own(graph), *self._not_learned(kept))
        test = replace(nodes, nodes=np.sort(tested), notices=notices)
        return replace(kept, notices=notices), validation, test

    def _not_learned(self, kept: GraphExamples) -> Iterator[str]:
        """Whether there are classes without a node to learn from."""
        there = np.bincount(kept.labels, minlength=self.classes)
        if lacking := [name for name, n in zip(self.class_names, there, strict=True) if not n]:
            named = ", ".join(lacking[:MOST_NAMED]) + ", …" * (len(lacking) > MOST_NAMED)
            have = "has" if len(lacking) == 1 else "have"
            yield f"{len(lacking)} of {self.classes} classes {have} no node to learn from: {named}"


def _only_own(graph: Graph) -> Iterator[str]:
    """Whether what is learned of one node's features says nothing of another's."""
    if np.bincount(graph.features.indices, minlength=1).max() <= 1:
        yield (
            "no two nodes have a feature in common, so a network that does not read the edges can "
            "only guess"
        )
