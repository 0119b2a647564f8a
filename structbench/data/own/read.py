"""What readers give: it can be kept as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.examples import Graph
from structbench.data.own.kept import Parts


class Read(Protocol):
    """What a reader gives: it can be kept as plain arrays."""

    @property
    def parts(self) -> Parts:
        """All of it."""

    @classmethod
    def of_parts(cls, parts: Parts) -> Self:
        """What it was."""


@dataclass(frozen=True, eq=False)
class OwnGrids:
    """All examples, those to test on too.

    grids: [n, channels, *sides], bytes or float32; labels: int64 [n]; classes: what they are called
    tested: bool [n]; None where there is no test part
    told: what was done on reading and is to be known
    resized: whether they were brought to one size
    """

    grids: NDArray[Any]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    tested: NDArray[np.bool_] | None = None
    told: tuple[str, ...] = ()
    resized: bool = False

    @property
    def parts(self) -> Parts:
        """For the cache."""
        arrays: dict[str, NDArray[Any]] = {"grids": self.grids, "labels": self.labels}
        if self.tested is not None:
            arrays["tested"] = self.tested
        said = {"classes": self.classes, "told": self.told, "resized": self.resized}
        return Parts(arrays, said)

    @classmethod
    def of_parts(cls, parts: Parts) -> Self:
        """From the cache."""
        arrays, said = parts
        return cls(
            arrays["grids"], arrays["labels"], tuple(said["classes"]),
            arrays.get("tested"), tuple(said["told"]), said["resized"],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class OwnPairs:
    """Sentences and their translations, as they are written, those to test on too.

    sources, answers: n texts; tested: bool [n]; None where there is no test part
    told: what was done on reading and is to be known
    """

    sources: tuple[str, ...]
    answers: tuple[str, ...]
    tested: NDArray[np.bool_] | None = None
    told: tuple[str, ...] = ()

    @property
    def parts(self) -> Parts:
        """For the cache; the texts, none of which has two lines, as the bytes of a file."""
        texts = {"sources": self.sources, "answers": self.answers}
        arrays: dict[str, NDArray[Any]] = {
            name: np.frombuffer("\n".join(lines).encode(), np.uint8)
            for name, lines in texts.items()
        }
        if self.tested is not None:
            arrays["tested"] = self.tested
        return Parts(arrays, {"told": self.told})

    @classmethod
    def of_parts(cls, parts: Parts) -> Self:
        """From the cache."""
        arrays, said = parts
        sources, answers = (
            tuple(arrays[name].tobytes().decode().split("\n")) for name in ("sources", "answers")
        )
        return cls(sources, answers, arrays.get("tested"), tuple(said["told"]))


@dataclass(frozen=True, eq=False)
class OwnGraph:
    """A graph whose nodes are the examples; which of them are tested each seed draws.

    graph: classes are −1 where a node has none
    classes: what they are called
    told: what was done on reading and is to be known
    """

    graph: Graph
    classes: tuple[str, ...]
    told: tuple[str, ...] = ()

    @property
    def parts(self) -> Parts:
        """For the cache."""
        arrays: dict[str, NDArray[Any]] = {"classes": self.graph.classes}
        for name, matrix in (("features", self.graph.features), ("edges", self.graph.edges)):
            arrays |= {f"{name}.{key}": getattr(matrix, key) for key in _CSR}
        said = {
            "classes": self.classes, "told": self.told, "names": self.graph.names,
            "width": self.graph.features.shape[1],
        }  # fmt: skip
        return Parts(arrays, said)

    @classmethod
    def of_parts(cls, parts: Parts) -> Self:
        """From the cache."""
        from scipy.sparse import csr_array

        arrays, said = parts
        nodes = len(arrays["classes"])
        features, edges = (
            csr_array(tuple(arrays[f"{name}.{key}"] for key in _CSR), shape=(nodes, width))
            for name, width in (("features", said["width"]), ("edges", nodes))
        )
        graph = Graph(features, edges, arrays["classes"], tuple(said["names"]))
        return cls(graph, tuple(said["classes"]), tuple(said["told"]))


_CSR = ("data", "indices", "indptr")
