from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import networkx
import numpy as np
import pytest

from structbench.data.graphs.cora import FILE, Cora
from structbench.errors import DataError
from structbench.problem import Problem
from tests.data.graphs.graphs import NOWHERE, dataset, pairs_of, require_canonical

CORA = dataset("cora")


def at(path: Path) -> Cora:
    assert isinstance(CORA, Cora)
    return replace(CORA, file=path)


def test_all_of_cora_is_there() -> None:
    assert CORA.problem(NOWHERE) == Problem(
        "graph", (1433,), 7, nodes=2708, edges=5278, values=49_216
    )
    graph = CORA.graph(NOWHERE, 0)
    require_canonical(graph)
    assert graph.features.shape == (2708, 1433)
    assert (graph.features.nnz, graph.edges.nnz) == (49_216, 2 * 5278)
    assert (graph.features.data == 1).all()
    assert graph.classes.dtype == np.int64
    counts = dict(zip(CORA.class_names, CORA.class_sizes(NOWHERE).tolist(), strict=True))
    assert counts == {
        "Neural Networks": 818, "Rule Learning": 180, "Reinforcement Learning": 217,
        "Probabilistic Methods": 426, "Theory": 351, "Genetic Algorithms": 418, "Case Based": 298,
    }  # fmt: skip


def test_it_has_the_facts_that_are_published() -> None:
    graph = CORA.graph(NOWHERE, 0)
    network = networkx.Graph(sorted(pairs_of(graph)))
    assert len(network) == 2708, "no paper is without a citation"
    assert max(map(len, networkx.connected_components(network))) == 2485
    assert max(degree for _, degree in network.degree) == 168
    within = sum(graph.classes[a] == graph.classes[b] for a, b in network.edges)
    assert within == CORA.within
    assert within / 5278 == pytest.approx(0.81, abs=0.001)


def test_every_seed_has_the_same_graph_and_all_nodes() -> None:
    assert CORA.graph(NOWHERE, 1) is CORA.graph(NOWHERE, 2)
    kept, test = CORA.read(NOWHERE)
    assert (len(kept), len(test)) == (CORA.train_examples, CORA.test_examples) == (2031, 677)
    assert test.notices == ()


def _other_content(path: Path) -> None:
    with np.load(FILE) as archive:
        arrays = dict(archive)
    arrays["classes"][-1] += 1
    np.savez(path, **arrays)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "other content": _other_content,
    "pickled": lambda path: np.savez(path, starts=np.array([{}])),
    "truncated": lambda path: path.write_bytes(FILE.read_bytes()[:1000]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cora.npz"
    DAMAGES[damage](path)
    with pytest.raises(DataError, match="Cora"):
        at(path).graph(NOWHERE, 0)


def test_the_same_arrays_packed_otherwise_are_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "stored.npz"
    with np.load(FILE) as archive:
        np.savez(path, **archive)
    assert pairs_of(at(path).graph(NOWHERE, 0)) == pairs_of(CORA.graph(NOWHERE, 0))
