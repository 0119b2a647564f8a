"""Zachary's karate club, as networkx carries it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from structbench.data.graphs.examples import Graph, GraphDataset


@dataclass(frozen=True, kw_only=True)
class KarateClub(GraphDataset):
    """34 people, and who of them met outside of the club (Zachary, 1977).

    A person's features say only who it is: one number in 34 is 1.
    """

    def graph(self, folder: Path, seed: int) -> Graph:
        import networkx
        from scipy.sparse import csr_array

        club = networkx.karate_club_graph()
        edges = csr_array(networkx.to_scipy_sparse_array(club, weight=None, dtype=np.float32))
        edges.sum_duplicates()
        joined = [club.nodes[person]["club"] for person in club]
        classes = np.array([self.class_names.index(name) for name in joined])
        return Graph(csr_array(np.eye(len(club), dtype=np.float32)), edges, classes)

    def digest(self, folder: Path) -> str:
        graph = self.graph(folder, 0)
        arrays = graph.edges.indptr, graph.edges.indices, graph.classes
        return hashlib.sha256(b"".join(a.astype("<i8").tobytes() for a in arrays)).hexdigest()
