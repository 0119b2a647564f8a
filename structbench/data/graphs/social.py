"""`social`: a made network, whose groups show in its edges and in its features as much as asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.edges import Ints, drawn_numbers, joined, nth_pairs
from structbench.data.graphs.examples import Graph, GraphDataset
from structbench.data.graphs.limits import MOST_EDGES, MOST_VALUES
from structbench.errors import ConfigError
from structbench.streams import stream

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# What is drawn by one seed is another graph where this is another number.
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class MadeNetwork(GraphDataset):
    """A contextual stochastic block model (Deshpande et al., 2018), drawn by the seed.

    Groups of nodes, as equal in size as can be, are the classes. The numbers of edges within
    groups and between them are exact, so they are the same for every seed; which ones there are is
    chance, each set as likely as any other. A node's features are its group's mean and normal noise
    of standard deviation 1. All pairs of means are as far from each other.

    telling: how far, in standard deviations; two groups are told apart by their features alone
        with as many errors as N(0, 1) has beyond half of it: 31 % at 1
    """

    drawn: ClassVar[bool] = True
    within: int
    telling: float

    def set_up(
        self,
        nodes: int,
        groups: int,
        degree: float,
        homophily: float,
        telling: float,
        features: int,
    ) -> MadeNetwork:
        """The same data set with other options; ConfigError where no graph is so.

        degree: mean number of edges at a node; homophily: share of edges within groups
        """
        edges = round(nodes * degree / 2)
        within = round(edges * homophily)
        found = replace(
            self,
            nodes=nodes, edges=edges, within=within, telling=telling, features=features,
            values=nodes * features, classes=groups, class_names=_names(groups),
            train_examples=nodes - nodes // 4, test_examples=nodes // 4,
        )  # fmt: skip
        _require_possible(found)
        return found

    def digest(self, folder: Path) -> str:
        """Of all that a seed's graph follows from."""
        what = (
            self.nodes, self.classes, self.edges, self.within, float(self.telling), self.features
        )  # fmt: skip
        return hashlib.sha256(repr(("social", VERSION, *what)).encode()).hexdigest()

    def class_sizes(self, folder: Path) -> NDArray[np.int64]:
        return np.diff(_starts(self.nodes, self.classes))

    def graph(self, folder: Path, seed: int) -> Graph:
        # A node's place, where one group stands after the other; its number is chance.
        places = stream(seed, "social", "groups").permutation(self.nodes)
        groups = np.repeat(np.arange(self.classes), self.class_sizes(folder))
        classes = np.empty(self.nodes, np.int64)
        classes[places] = groups
        ends = np.sort(places[_edges(self, groups, stream(seed, "social", "edges"))], axis=1)
        features = _features(self, classes, stream(seed, "social", "features"))
        return Graph(_stored(features), joined(ends, self.nodes), classes)


def _names(groups: int) -> tuple[str, ...]:
    return tuple(f"group {number + 1}" for number in range(groups))


def _starts(nodes: int, groups: int) -> Ints:
    """[groups + 1]: where each group begins, and the end."""
    return np.arange(groups + 1) * nodes // groups


def _pairs(groups: Ints) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """Pairs of nodes within groups and between them, for `nth_pairs`.

    groups: [nodes], rising
    """
    nodes, ends = np.arange(len(groups)), np.searchsorted(groups, groups, side="right")
    return (nodes + 1, ends - nodes - 1), (ends, len(groups) - ends)


def _edges(made: MadeNetwork, groups: Ints, rng: np.random.Generator) -> Ints:
    """[edges, 2]: places of the nodes that are joined."""
    counts = made.within, made.edges - made.within
    none = np.arange(0)
    return np.concatenate(
        [
            nth_pairs(drawn_numbers(rng, int(pairs[1].sum()), count, none), *pairs)
            for pairs, count in zip(_pairs(groups), counts, strict=True)
        ]
    )


def _features(made: MadeNetwork, classes: Ints, rng: np.random.Generator) -> NDArray[np.float32]:
    """[nodes, features]"""
    means = _means(made.classes, made.features, rng) * made.telling
    noise = rng.standard_normal((made.nodes, made.features), dtype=np.float32)
    noise += means.astype(np.float32)[classes]
    return noise


def _means(groups: int, features: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """[groups, features]: 1 from each other, about 0, in directions that are chance."""
    row = np.arange(1, groups)
    # Rows that are orthogonal to each other and to (1, …, 1): in them all corners are √2 apart.
    corners = np.tri(groups - 1, groups)
    corners[row - 1, row] = -row
    corners /= np.sqrt(2 * row * (row + 1))[:, None]
    turned, _ = np.linalg.qr(rng.standard_normal((features, groups - 1)))
    means: NDArray[np.float64] = corners.T @ turned.T
    return means


def _stored(features: NDArray[np.float32]) -> csr_array:
    """All of them, sparse though none is 0: as the features of other graphs."""
    from scipy.sparse import csr_array

    nodes, width = features.shape
    starts = np.arange(nodes + 1, dtype=np.int32) * np.int32(width)
    columns = np.tile(np.arange(width, dtype=np.int32), nodes)
    return csr_array((features.ravel(), columns, starts), shape=features.shape)


def _require_possible(made: MadeNetwork) -> None:
    """ConfigError where no graph has these sizes."""
    nodes, groups, edges = made.nodes, made.classes, made.edges
    if groups > nodes:
        raise ConfigError(f"groups {groups:,} are more than the nodes, {nodes:,}")
    if not edges:
        raise ConfigError("degree is too small: there is no edge")
    if edges > MOST_EDGES:
        raise ConfigError(f"nodes · degree / 2 = {edges:,} edges are more than {MOST_EDGES:,}")
    if made.values > MOST_VALUES:
        raise ConfigError(
            f"nodes · features = {made.values:,} numbers are more than {MOST_VALUES:,}"
        )
    if made.features < groups - 1:
        raise ConfigError(
            f"features {made.features:,} are too few for {groups:,} groups that are all as far "
            f"from each other: {groups - 1:,} are the fewest"
        )
    sizes = np.diff(_starts(nodes, groups))
    room = int((sizes * (sizes - 1) // 2).sum())
    between = nodes * (nodes - 1) // 2 - room
    _require_room(room + between, edges, "degree", "edges")
    _require_room(room, made.within, "homophily", "edges within groups")
    _require_room(between, edges - made.within, "homophily", "edges between groups")


def _require_room(room: int, count: int, key: str, what: str) -> None:
    if count > room:
        raise ConfigError(f"{key}: {count:,} {what} are asked for, and there is room for {room:,}")
