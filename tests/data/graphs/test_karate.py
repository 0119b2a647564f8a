from __future__ import annotations

import networkx
import numpy as np

from structbench.problem import Problem
from tests.data.graphs.graphs import NOWHERE, dataset, pairs_of, require_canonical

KARATE = dataset("karate")


def test_it_is_the_club_of_networkx() -> None:
    club, graph = networkx.karate_club_graph(), KARATE.graph(NOWHERE, 0)
    require_canonical(graph)
    assert KARATE.problem(NOWHERE) == Problem("graph", (34,), 2, nodes=34, edges=78, values=34)
    assert pairs_of(graph) == {(min(a, b), max(a, b)) for a, b in club.edges}
    clubs = [KARATE.class_names[label] for label in graph.classes]
    assert clubs == [club.nodes[person]["club"] for person in range(34)]
    assert (graph.features.toarray() == np.eye(34)).all()
    assert sum(clubs[a] == clubs[b] for a, b in club.edges) == KARATE.within
    assert KARATE.class_sizes(NOWHERE).tolist() == [17, 17]


def test_it_is_told_that_a_person_alone_tells_nothing() -> None:
    _, test = KARATE.read(NOWHERE)
    (told,) = test.notices
    assert told.endswith("so a network that does not read the edges can only guess")
