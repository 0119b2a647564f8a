"""What is seen of data of a user's own, once they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.doubts import Doubt, Uses, graph_doubts, grid_doubts, pair_doubts
from structbench.data.own.grids import split_grids
from structbench.data.own.places import files_of
from structbench.data.own.read import OwnGraph, OwnGrids, OwnPairs, Read
from structbench.data.own.reading import Reading, read_own
from structbench.data.own.spec import OwnSpec
from structbench.data.spec import default_data_folder
from structbench.experiment.own_data import load_own_data
from structbench.problem import Kind

READ: Mapping[Kind, type[Read]] = {
    "image": OwnGrids, "signal": OwnGrids, "sequence": OwnPairs, "graph": OwnGraph,
}  # fmt: skip
DOUBTS: Mapping[type, Callable[[Any, Uses], Iterator[Doubt]]] = {
    OwnGrids: grid_doubts, OwnPairs: pair_doubts, OwnGraph: graph_doubts,
}  # fmt: skip


class ClassSize(NamedTuple):
    """A class: what it is called, and how many examples it has in all, to learn from, to test."""

    name: str
    examples: int
    train: int
    test: int


@dataclass(frozen=True, eq=False)
class Seen:
    """Data of a user's own, all of them, whatever a run takes.

    path, overrides: as they were given
    read: all that was read, an OwnGrids, OwnPairs or OwnGraph
    uses: [n] of its examples; of a graph, as seed 0 draws them
    told: what a run tells of them, but for what is a doubt
    """

    path: str
    overrides: Sequence[str]
    spec: OwnSpec
    read: Any
    uses: Uses
    told: tuple[str, ...]
    doubts: tuple[Doubt, ...]

    @property
    def kind(self) -> Kind:
        """What the examples are."""
        return self.spec.kind

    @property
    def sha256(self) -> str:
        """What names the data."""
        sha256: str = self.spec.content.sha256
        return sha256

    @property
    def files(self) -> int:
        """How many there are."""
        return len(files_of(self.sha256).names)

    @property
    def labels(self) -> NDArray[np.int64] | None:
        """[n], −1 for a node without a class; None of sentences."""
        if isinstance(self.read, OwnGraph):
            return self.read.graph.classes
        return self.read.labels if isinstance(self.read, OwnGrids) else None

    @cached_property
    def classes(self) -> tuple[ClassSize, ...]:
        """Each with its sizes; none of sentences."""
        if self.labels is None:
            return ()
        names = self.read.classes
        sizes = (
            np.bincount(labels[labels >= 0], minlength=len(names)).tolist()
            for labels in (
                self.labels,
                self.labels[self.uses.learned],
                self.labels[self.uses.tested],
            )
        )
        return tuple(map(ClassSize, names, *sizes))


def seen_at(path: str, overrides: Sequence[str] = ()) -> Seen:
    """Look at a file or folder of data. overrides: texts `data.KEY=VALUE`

    ConfigError where an override is none of the data's; DataError where nothing can be read there.
    """
    spec = load_own_data(path, overrides)
    read, uses, notices = _read(spec)
    doubts = tuple(DOUBTS[type(read)](read, uses))
    doubted = {doubt.told for doubt in doubts}
    told = tuple(t for t in dict.fromkeys((*read.told, *notices)) if t not in doubted)
    return Seen(path, overrides, spec, read, uses, told, doubts)


def _read(spec: OwnSpec) -> tuple[Any, Uses, tuple[str, ...]]:
    """All that was read, which examples are for what, and what a run tells of them."""
    # A data set of one's own says which of its options decide what is read, where any does.
    reading: Reading = getattr(spec.dataset, "reading", ())
    asked = spec.content.sha256, spec.kind
    if READ[spec.kind] is OwnGrids:
        grids, rows, learned, _, notices = split_grids(*asked, reading, spec.test_share)
        tested = np.arange(len(rows)) >= learned
        return grids, Uses(~tested, tested), notices
    read = read_own(*asked, READ[spec.kind], reading)
    parts = spec.dataset.read(default_data_folder())
    count = len(read.sources if isinstance(read, OwnPairs) else read.graph)
    return read, Uses(*(_among(part.rows, count) for part in parts)), parts[1].notices


def _among(rows: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    among = np.zeros(count, bool)
    among[rows] = True
    return among
