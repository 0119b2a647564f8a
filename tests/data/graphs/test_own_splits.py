"""Which nodes of a user's own graph are learned from and tested, where some have no class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.graphs.examples import NO_CLASS
from structbench.errors import ConfigError, DataError
from tests.data.graphs.graphs import NOWHERE
from tests.data.graphs.own import EDGES, NODES, archive, parts_at, spec_at, written

CLASSES = np.array([0, 1, 2, NO_CLASS, 1] * 24)
SIZES = [24, 48, 24]


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 nodes in a ring, a fifth of them without a class."""
    nodes = np.arange(len(CLASSES))
    path = tmp_path_factory.mktemp("ring") / "ring.npz"
    path.write_bytes(archive(edges=np.stack([nodes, np.roll(nodes, 1)], 1), labels=CLASSES))
    return path


@given(st.integers(1, 40), st.integers(0, 20), st.integers(1, 36), st.integers(0, 10**6))
def test_only_nodes_with_a_class_and_each_class_with_its_share(
    ring: Path, train: int, validation: int, test: int, seed: int
) -> None:
    asked = (f"train_size={train}", f"validation_size={validation}", f"test_size={test}")
    found = parts_at(ring, *asked, seed=seed)
    assert [len(part) for part in found] == [train, validation, test]
    nodes = np.concatenate([part.nodes for part in found])
    assert len(np.unique(nodes)) == len(nodes)
    assert (CLASSES[nodes] >= 0).all()
    for part in found:
        assert (part.labels == CLASSES[part.nodes]).all()
        there = np.bincount(part.labels, minlength=3)
        assert (np.abs(there - np.array(SIZES) * len(part) / 96) <= 2).all()


def test_a_share_of_those_with_a_class_is_tested_and_each_seed_draws_others(ring: Path) -> None:
    for share, tested in ((0.2, 19), (0.5, 48)):
        kept, _, test = parts_at(ring, f"test_share={share}")
        assert (len(kept), len(test)) == (96 - tested, tested)
        assert spec_at(ring, f"test_share={share}").train_examples == 96 - tested
    _, _, other = parts_at(ring, "test_share=0.5", seed=1)
    assert set(other.nodes.tolist()) != set(test.nodes.tolist())


def test_nodes_without_a_class_are_there_as_neighbours(ring: Path) -> None:
    _, _, test = parts_at(ring)
    assert [matrix.shape for matrix in test.shared] == [(120, 120)] * 2
    assert (np.diff(test.graph.edges.indptr) == 2).all()
    content = spec_at(ring).content
    assert content.class_sizes == tuple(SIZES)
    ends = CLASSES[np.stack([np.arange(120), np.roll(np.arange(120), 1)], 1)]
    known = ends[(ends != NO_CLASS).all(axis=1)]
    assert (content.judged, content.within) == (len(known), int((known[:, 0] == known[:, 1]).sum()))


def test_as_many_of_each_class(ring: Path) -> None:
    kept, _, test = parts_at(ring, "train_per_class=5")
    assert np.bincount(kept.labels).tolist() == [5, 5, 5]
    assert len(test) == 19
    with pytest.raises(ConfigError, match="more than the 19 nodes of class '0' that are not"):
        spec_at(ring, "train_per_class=20")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("test_size=97", "test_size 97 is more than the 96 of the nodes with a class"),
        ("train_size=78", "is more than the 77 of the nodes with a class that are not tested"),
        (
            "train_per_class=40",
            r"train_per_class 40 · 3 classes \+ validation_size 0 is more than the 77",
        ),
    ],
)
def test_more_than_there_are(ring: Path, setting: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        spec_at(ring, setting)


def test_too_few_to_test_a_share(ring: Path) -> None:
    with pytest.raises(DataError, match=r"96 nodes with a class are too few to test a share of 0"):
        spec_at(ring, "test_share=0.001")


def test_conditions_are_those_that_the_graph_allows(tmp_path: Path) -> None:
    alone = spec_at(written(tmp_path / "alone", {"edges.csv": EDGES, "nodes.csv": NODES}))
    assert alone.dataset.conditions == ("clean", "rewire_edges:0.5")
    nodes = "id,label,age\na,x,1\nb,x,2\nc,y,3\n"
    full = {"edges.csv": "a,b\nb,c\nc,a\n", "nodes.csv": nodes}
    dense = spec_at(written(tmp_path / "dense", full))
    assert dense.dataset.conditions == ("clean", "drop_features:0.5")


def test_a_moved_folder_is_the_same_data_and_a_changed_byte_other_data(tmp_path: Path) -> None:
    files = {"edges.csv": EDGES, "nodes.csv": NODES}
    here = spec_at(written(tmp_path / "here", files))
    there = spec_at(written(tmp_path / "there", files))
    assert here == there
    assert here.dataset.digest(NOWHERE) == there.dataset.digest(NOWHERE)
    assert str(tmp_path) not in here.model_dump_json()
    other = spec_at(written(tmp_path / "there", {"nodes.csv": NODES.replace("c,y", "c,x")}))
    assert other.content.sha256 != here.content.sha256
