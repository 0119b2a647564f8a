"""Cora as the package carries it: one archive of numpy, checked when read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from structbench.data.graphs.edges import joined
from structbench.data.graphs.examples import Graph, GraphDataset
from structbench.data.packaged import digest_of, read_packaged, unpacked_arrays

FILE = Path(__file__).parent / "cora" / "cora.npz"

# SHA-256 of the bytes of each array: how they are packed may vary.
SHA256 = {
    "starts": "0bd0b34d3d797c5bd8631fba9c2948f2901779ef3927d5c9bdcc5f63694a6398",
    "words": "b88b8afa63e0658a947a3a0a190e5f00bb8902e14bf6d135292cfd1e662a450c",
    "edges": "7e69a8bec346670cb5d9eaf758f71a5ab47be5b2eccc43790325163a62299d99",
    "classes": "8f565946746eded25f75e61107fce376587814994a601db6cf243b7f2e2487db",
}


@dataclass(frozen=True, kw_only=True)
class Cora(GraphDataset):
    """Papers, the words that each has, and which cite each other (Sen et al., 2008).

    Made from the two files of the package graphdatascience 2.2 (Apache-2.0): papers in their
    order, a word 0 or 1, and an edge between two papers where either cites the other.
    """

    file: Path = FILE

    def graph(self, folder: Path, seed: int) -> Graph:
        return read_packaged(self.file, "Cora", _unpacked)

    def digest(self, folder: Path) -> str:
        return digest_of(SHA256)


def _unpacked(path: Path) -> Graph:
    from scipy.sparse import csr_array

    arrays = unpacked_arrays(path, SHA256, "Cora")
    starts, words, classes = arrays["starts"], arrays["words"].astype(np.int32), arrays["classes"]
    ones = np.ones(len(words), np.float32)
    features = csr_array((ones, words, starts), shape=(len(classes), words.max() + 1))
    return Graph(features, joined(arrays["edges"], len(classes)), classes.astype(np.int64))
