"""What is doubted in data of one's own, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from structbench.data import DATASETS
from structbench.data.graphs.examples import Graph
from structbench.data.own.doubts import (
    Doubt,
    Uses,
    class_doubts,
    flat,
    graph_doubts,
    grid_doubts,
    leaks,
    pair_doubts,
)
from structbench.data.own.read import OwnGraph, OwnGrids, OwnPairs
from structbench.data.spec import default_data_folder


def halves(count: int) -> Uses:
    """The first half is learned from, the second is tested."""
    tested = np.arange(count) >= count // 2
    return Uses(~tested, tested)


def noise(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 1, 4, 4), dtype=np.uint8)


def named(doubts: object) -> dict[str, Doubt]:
    return {doubt.what: doubt for doubt in doubts}  # type: ignore[attr-defined]


def test_different_images_of_even_classes_are_not_doubted() -> None:
    read = OwnGrids(noise(40), np.arange(40) % 4, tuple("abcd"))
    assert not list(grid_doubts(read, halves(40)))


def test_what_is_doubted_in_images() -> None:
    grids, labels = noise(20), np.arange(20) % 2
    grids[1] = grids[0]  # learned from, and of another class
    grids[19] = grids[2]  # tested, and the same class would be 0
    grids[5] = 7
    found = named(grid_doubts(OwnGrids(grids, labels, ("cat", "dog")), halves(20)))
    assert found["copies"] == ("copies", 2, "2 of 20 examples are copies of others")
    assert found["leaked"].told == "1 of 10 test examples are also among those to learn from"
    assert found["otherwise_labelled"].number == 4
    assert found["otherwise_labelled"].told.endswith("e.g. cat and dog")
    assert found["flat"].told == "1 of 20 examples are nearly of one value"


def test_classes_of_too_few_examples_are_named() -> None:
    #                       learned            tested
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 3, 3])
    classes = ("many", "taught", "alone", "asked", "none")
    tested = np.arange(12) >= 9
    found = named(class_doubts(labels, classes, Uses(~tested, tested)))
    assert {what: doubt.told for what, doubt in found.items()} == {
        "empty": "1 of 5 classes has no example: none",
        "single": "1 of 5 classes has one example: alone",
        "not_learned": "1 of 5 classes has no example to learn from: asked",
        "not_tested": "1 of 5 classes has no example to test on: taught",
        "uneven": "classes are uneven: many has 7 examples, alone 1; who always answers many "
        "misclassifies 67 %",
    }


def test_of_many_classes_few_are_named() -> None:
    found = named(class_doubts(np.arange(9), tuple("abcdefghi"), halves(9)))
    assert found["single"].told == "9 of 9 classes have one example: a, b, c, d, e, …"


def test_what_is_doubted_in_pairs() -> None:
    read = OwnPairs(("un", "deux", "un", "un", "Un", "ok"), ("one", "two", "a", "one", "one", "ok"))
    found = {what: doubt.told for what, doubt in named(pair_doubts(read, halves(6))).items()}
    assert found == {
        "copies": "1 of 6 pairs are copies of others",
        "several_answers": "3 of 6 sentences have other translations too, of which one is right at "
        "a time",
        "leaked": "2 of 3 test sentences are also among those to learn from",
        "same_as_source": "1 of 6 sentences are their own translation",
    }


def test_what_is_doubted_in_a_graph() -> None:
    from scipy.sparse import csr_array

    karate = DATASETS["karate"].graph(default_data_folder(), 0)  # type: ignore[attr-defined]
    every = np.ones(34, bool)
    names = ("Mr. Hi", "Officer")
    assert not list(graph_doubts(OwnGraph(karate, names), Uses(every, every)))
    edges, features = karate.edges.toarray(), karate.features.toarray()
    edges[3], edges[:, 3], features[[8, 9]] = 0, 0, 0
    classes = np.where(np.arange(34) == 0, 0, -1)
    classes[20:] = 1
    altered = Graph(csr_array(features), csr_array(edges), classes)
    found = named(graph_doubts(OwnGraph(altered, names), Uses(every, every)))
    assert {what: doubt.number for what, doubt in found.items()} == {
        "single": 1, "uneven": 2, "isolated": 1, "featureless": 2,
    }  # fmt: skip
    assert found["uneven"].told.endswith("who always answers Officer misclassifies 7 %")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_image_of_one_colour_is_flat_and_a_faint_one_is_not(dtype: type) -> None:
    whole = 255 if dtype == np.uint8 else 1
    images = np.zeros((4, 3, 5, 5))
    images[1] = np.array([0.9, 0.1, 0.4])[:, None, None]
    images[2, 1, 2, 2] = 0.1
    images[3, :, :2] = 1
    assert flat((whole * images).astype(dtype)).tolist() == [True, True, False, False]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_leaked_are_those_whose_group_is_on_both_sides(drawn: list[tuple[int, bool]]) -> None:
    groups, tested = np.array([g for g, _ in drawn]), np.array([t for _, t in drawn])
    learned = {g for g, t in drawn if not t}
    expected = sum(t and g in learned for g, t in drawn)
    assert [d.number for d in leaks(groups, Uses(~tested, tested))] == [expected] * bool(expected)
