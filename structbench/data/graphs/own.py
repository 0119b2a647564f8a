"""A graph of a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.edges import ends_of
from structbench.data.graphs.examples import NO_CLASS, Graph, GraphDataset, GraphExamples
from structbench.data.own.content import GraphContent
from structbench.data.own.dataset import OwnDataset, require_as_found
from structbench.data.own.places import files_of
from structbench.data.own.read import OwnGraph
from structbench.data.own.reading import Reading, read_own
from structbench.errors import DataError

# The options of `data` that decide what is read.
READ_BY = ("id_column", "label_column")


@dataclass(frozen=True, kw_only=True)
class OwnNodes(GraphDataset, OwnDataset):
    """Nodes of a graph that was named on the command line.

    reading: what of the options of its spec decides what is read
    """

    content: GraphContent
    reading: Reading

    def class_sizes(self, folder: Path) -> NDArray[np.int64]:
        return np.array(self.content.class_sizes)

    def graph(self, folder: Path, seed: int) -> Graph:
        return self._read.graph

    def split(
        self, folder: Path, *asked: Any, **more: Any
    ) -> tuple[GraphExamples, GraphExamples, GraphExamples]:
        kept, validation, test = super().split(folder, *asked, **more)
        notices = (*self._read.told, *test.notices)
        return replace(kept, notices=notices), validation, replace(test, notices=notices)

    @property
    def _read(self) -> OwnGraph:
        sha256 = self.content.sha256
        require_as_found(self.content, graph_content(sha256, self.reading, self.test_share))
        return _graph(sha256, self.reading)


@lru_cache(maxsize=2)
def graph_content(sha256: str, reading: Reading, share: float) -> GraphContent:
    """What a config says of a graph. share: of the nodes with a class, to test on"""
    found = _graph(sha256, reading)
    sizes = np.bincount(found.graph.classes[found.graph.classes != NO_CLASS])
    labelled = int(sizes.sum())
    tested = round(share * labelled)
    if not 0 < tested < labelled:
        raise DataError(
            f"{files_of(sha256).path}: {labelled:,} nodes with a class are too few to test a share "
            f"of {share:g} (data.test_share) and to learn from others"
        )
    ends = found.graph.classes[ends_of(found.graph.edges)]
    judged = ends[(ends != NO_CLASS).all(axis=1)]
    return GraphContent(
        kind="graph",
        sha256=sha256,
        train_examples=labelled - tested,
        test_examples=tested,
        nodes=len(found.graph),
        edges=len(ends),
        features=found.graph.features.shape[1],
        values=found.graph.features.nnz,
        judged=len(judged),
        within=int((judged[:, 0] == judged[:, 1]).sum()),
        classes=found.classes,
        class_sizes=tuple(sizes.tolist()),
    )


def _graph(sha256: str, reading: Reading) -> OwnGraph:
    found: OwnGraph = read_own(sha256, "graph", OwnGraph, reading)
    return found


def reading_of(options: Mapping[str, Any]) -> Reading:
    """Of the options of `data`, those that decide what is read."""
    return tuple((key, options[key]) for key in READ_BY if options[key])
