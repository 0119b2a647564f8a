"""Pictures of a graph whose nodes have names, and some of them no class."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from structbench.data.graphs.examples import NO_CLASS, Graph
from structbench.report.exhibits.attention import attention, mixed
from structbench.report.exhibits.by_neighbours import NONE, by_neighbours, likeness
from structbench.report.exhibits.neighbourhoods import neighbourhoods
from structbench.report.exhibits.nodes import class_mark, uses_of
from structbench.report.exhibits.whole_graph import whole_graph
from structbench.report.figures.graph import LEARNED, OTHER, TESTED, UNKNOWN
from structbench.report.figures.style import CaptionedFigure
from tests.made_graphs import Made, Split, made_graph, made_network, made_nodes

NAMES = ("red", "blue", "green")


def with_unknown(nodes: int) -> Graph:
    """Every fourth node has no class, and each has a name."""
    graph = made_network(nodes, 3, degree=6, homophily=0.6)
    classes = np.where(np.arange(nodes) % 4, graph.classes, NO_CLASS)
    return replace(graph, classes=classes, names=tuple(f"person {i}" for i in range(nodes)))


def made(graph: Graph) -> Made:
    known = np.flatnonzero(graph.classes != NO_CLASS)
    splits = {
        seed: Split(graph, *map(np.sort, np.split(np.roll(known, seed), [len(known) // 3])))
        for seed in (0, 1)
    }
    return made_nodes(splits, {"gat": 0.2, "fnn": 0.5}, "fnn", NAMES, {"gat": 2})


def texts(figure: CaptionedFigure) -> set[str]:
    """What stands on the nodes."""
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def legend(figure: CaptionedFigure) -> str:
    return " ".join(text.get_text() for of in figure.legends for text in of.get_texts())


@pytest.mark.parametrize("exhibit", [neighbourhoods, attention])
def test_a_large_graph_shows_them_apart_and_names_its_nodes(exhibit) -> None:
    section = exhibit(*made(with_unknown(300)))
    (figure,) = section.figures.values()
    assert "no class" in legend(figure)
    assert "?" in texts(figure)
    assert "Z" not in texts(figure)  # the last letter, at which −1 points
    titles = [axes.get_title("left") for axes in figure.axes]
    assert all(title.startswith("Node person ") for title in titles if title)
    assert re.search(r"node person \d+", figure.alt, re.IGNORECASE)


def test_a_small_graph_shows_them_apart() -> None:
    graph = with_unknown(40)
    section = whole_graph(*made(graph))
    assert section
    figure = section.figures["graph"]
    assert "no class" in legend(figure)
    assert "its number in the data set" in figure.caption  # a name is too long for a node
    assert "person" in figure.alt
    short = replace(graph, names=tuple(f"p{i}" for i in range(40)))
    section = whole_graph(*made(short))
    assert section
    assert "On a node stands its id." in section.figures["graph"].caption
    assert "p7" in texts(section.figures["graph"])


def test_what_nodes_are_for() -> None:
    graph = made_graph(5, [(0, 1)], [0, NO_CLASS, 1, 0, 1])
    uses = uses_of(graph, np.array([0]), np.array([2, 3]))
    assert uses.tolist() == [TESTED, UNKNOWN, LEARNED, LEARNED, OTHER]
    assert class_mark(NAMES, NO_CLASS) == class_mark((), NO_CLASS) == "?"


def test_neighbours_without_a_class_do_not_count() -> None:
    """Node 0 has a like neighbour, an unlike one and an unknown one; node 4 an unknown one."""
    graph = made_graph(5, [(0, 1), (0, 2), (0, 3), (3, 4)], [0, 0, 1, NO_CLASS, 1])
    assert likeness(graph)[[0, 1, 2, 4]].tolist() == [50, 100, 0, NONE]
    assert mixed(graph, np.array([0, 1, 2, 4])).tolist() == [0]
    told = "Neighbours without a class do not count there."
    unknown, known = (
        by_neighbours(*made(of)).figures["error_by_neighbours"].caption
        for of in (with_unknown(300), made_network(300, 3, degree=6))
    )
    assert told in unknown
    assert told not in known
