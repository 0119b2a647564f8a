"""Which nodes are learned from, validated and tested on: drawn by the seed, whatever the model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.graphs.examples import GraphExamples
from structbench.data.graphs.spec import GraphSpec, MadeGraphSpec
from structbench.data.subsets import fewest_behind, stratified_order
from structbench.errors import ConfigError
from tests.data.graphs.graphs import NOWHERE, pairs_of

COUNTS = np.array([818, 180, 217, 426, 351, 418, 298])


def parts(spec: GraphSpec, seed: int = 0) -> tuple[GraphExamples, GraphExamples, GraphExamples]:
    data = spec.load(NOWHERE, seed)
    found = data.train, data.validation, data.test
    assert all(isinstance(part, GraphExamples) for part in found)
    return found  # type: ignore[return-value]


def members(examples: GraphExamples) -> set[int]:
    return {int(node) for node in examples.rows}


@given(st.integers(1, 1500), st.integers(0, 500), st.integers(1, 677), st.integers(0, 10**6))
def test_parts_are_disjoint_stratified_and_of_the_sizes_asked(
    train: int, validation: int, test: int, seed: int
) -> None:
    spec = GraphSpec(train_size=train, validation_size=validation, test_size=test)
    found = parts(spec, seed)
    assert [len(part) for part in found] == [train, validation, test]
    assert len(set().union(*map(members, found))) == train + validation + test
    for part in found:
        share = COUNTS * len(part) / 2708
        assert (np.abs(np.bincount(part.labels, minlength=7) - share) <= 2).all()
    assert (found[0].labels == found[0].graph.classes[found[0].nodes]).all()


def test_more_training_nodes_only_add_to_fewer_and_the_test_nodes_stay() -> None:
    fewer, more, every, of_each = (
        parts(spec, 5)
        for spec in (
            GraphSpec(train_size=50),
            GraphSpec(train_size=140),
            GraphSpec(),
            GraphSpec(train_per_class=20),
        )
    )
    assert members(fewer[0]) < members(more[0]) < members(every[0])
    for other in (more, every, of_each):
        assert (other[2].rows == fewer[2].rows).all()
    validated = parts(GraphSpec(train_size=140, validation_size=300), 5)
    assert members(validated[0]) == members(more[0])
    assert len(every[0]) == GraphSpec().train_examples == 2031


def test_seeds_draw_other_nodes_and_a_seed_the_same() -> None:
    first, again, other = (parts(GraphSpec(train_size=140), seed) for seed in (0, 0, 1))
    for mine, same, theirs in zip(first, again, other, strict=True):
        assert (mine.rows == same.rows).all()
        assert len(mine) == 0 or members(mine) != members(theirs)


@pytest.mark.parametrize("size", [1, 20, 100])
def test_as_many_of_each_class(size: int) -> None:
    spec = GraphSpec(train_per_class=size, validation_size=300)
    kept, validation, test = parts(spec)
    assert np.bincount(kept.labels).tolist() == [size] * 7
    assert spec.train_examples == len(kept) == 7 * size
    assert (len(validation), len(test)) == (300, 677)
    assert len(members(kept) | members(validation) | members(test)) == 7 * size + 977
    more, _, _ = parts(GraphSpec(train_per_class=size + 1))
    assert members(kept) < members(more)


def test_all_that_is_left_can_be_tested_on() -> None:
    kept, _, test = parts(GraphSpec(train_size=140, test_size=2708 - 140))
    assert members(kept) | members(test) == set(range(2708))
    assert GraphSpec(test_size=2700).train_examples == 8


@given(st.lists(st.integers(1, 12), min_size=2, max_size=5), st.data())
def test_how_many_of_a_class_are_left_for_sure(counts: list[int], data: st.DataObject) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    first = data.draw(st.integers(1, len(labels)))
    left = [
        np.bincount(labels[stratified_order(labels, rng)[first:]], minlength=len(counts))
        for rng in map(np.random.default_rng, range(60))
    ]
    fewest = fewest_behind(np.array(counts), first)
    assert (np.min(left, axis=0) >= fewest).all()
    assert (np.min(left, axis=0) - fewest).sum() <= len(counts) // 2


def test_a_class_that_is_not_learned_from_is_told() -> None:
    _, _, test = parts(GraphSpec(train_size=7))
    assert test.notices == ("1 of 7 classes has no node to learn from: Rule Learning",)
    _, _, test = parts(GraphSpec(train_size=1))
    (told,) = test.notices
    assert told.startswith("6 of 7 classes have no node to learn from: ")
    assert told.endswith(", …")
    assert parts(GraphSpec(train_size=20))[2].notices == ()


def test_nodes_are_drawn_with_their_network() -> None:
    spec = MadeGraphSpec(nodes=40, train_size=10)
    first, other = (parts(spec, seed) for seed in (0, 1))
    assert pairs_of(first[0].graph) == pairs_of(first[2].graph) != pairs_of(other[0].graph)
    assert len(first[2]) == 10


def test_what_cannot_be_rewired_is_told_where_it_is_loaded() -> None:
    spec = MadeGraphSpec(nodes=4, degree=1.0, homophily=0.0, structure_removed=1.0, features=1)
    spec.require(["rewire_edges:0.5"])
    # Two edges between two groups of two: apart, or a path, which is a star of two.
    told = set()
    for seed in range(20):
        try:
            spec.load(NOWHERE, seed)
        except ConfigError as error:
            told.add(str(error))
    (line,) = told
    assert line.startswith("structure_removed: no two edges of this graph can exchange their ends")


def test_a_class_with_too_few_nodes_is_told_wherever_it_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="more than the 135 nodes of class 'Rule Learning'"):
        parts(GraphSpec(train_per_class=136))
    GraphSpec(train_per_class=135).require(())
