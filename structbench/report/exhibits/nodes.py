"""What the pictures of a graph share: what its classes are called, and what its nodes are for."""

from collections.abc import Iterable, Sequence
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.examples import NO_CLASS, Graph
from structbench.outcome import NO_NUMBER
from structbench.report.figures.graph import LEARNED, OTHER, TESTED, UNKNOWN, USES, colour
from structbench.report.figures.style import SERIES, Look, short
from structbench.results.comparison import Comparison

# Letters of a class's name in a legend, and of a node's above a panel.
LETTERS, TITLE = 22, 20


def class_name(names: Sequence[str], of_class: int) -> str:
    """What a class, or an answer that may be none, is called: its number where it has no name."""
    if of_class == NO_NUMBER:
        return "no number"
    if of_class == NO_CLASS:
        return "no class"
    return names[of_class] if 0 <= of_class < len(names) else str(of_class)


def class_mark(names: Sequence[str], of_class: int) -> str:
    """What stands for a class where there is room for a sign: a letter, as numbers are of nodes and
    may be in names; its number where it has no name."""
    if of_class == NO_CLASS:
        return "?"
    lettered = of_class < len(names) <= len(ascii_uppercase)
    return ascii_uppercase[of_class] if lettered else str(of_class)


def node_title(graph: Graph, node: int) -> str:
    """Of a panel about a node."""
    return f"Node {short(graph.name(node), TITLE)}"


def class_looks(names: Sequence[str], classes: Iterable[int], marked: bool) -> dict[str, Look]:
    """Legend of these classes. marked: whether their marks stand on the nodes"""
    found = sorted(set(classes) - {NO_CLASS})
    if marked and not names and len(found) > len(SERIES):
        return {}  # the numbers on the nodes say it all
    called = {i: names[i] if i < len(names) else f"class {i}" for i in found}
    signs = {i: f"{class_mark(names, i)} " if marked and names else "" for i in found}
    return {signs[i] + called[i]: Look(colour(i), "o") for i in found}


def use_looks(uses: NDArray[np.int64]) -> dict[str, Look]:
    """Legend of what nodes are for."""
    return dict(look for use, look in USES.items() if (uses == use).any())


def uses_of(
    graph: Graph, tested: NDArray[np.int64], learned: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What each node is for: [nodes]."""
    uses = np.where(graph.classes == NO_CLASS, UNKNOWN, OTHER)
    uses[learned] = LEARNED
    uses[tested] = TESTED
    return uses


def neighbours(graph: Graph, node: int) -> NDArray[np.int64]:
    """Of a node, by their numbers."""
    starts = graph.edges.indptr
    found: NDArray[np.int64] = graph.edges.indices[starts[node] : starts[node + 1]].astype(np.int64)
    return found


def degrees(graph: Graph) -> NDArray[np.int64]:
    """How many neighbours each node has: [nodes]."""
    found: NDArray[np.int64] = np.diff(graph.edges.indptr).astype(np.int64)
    return found


def like_neighbours(graph: Graph) -> NDArray[np.int64]:
    """How many neighbours of its own class each node that has one has: [nodes]."""
    rows = np.repeat(np.arange(len(graph)), degrees(graph))
    like = graph.classes[rows] == graph.classes[graph.edges.indices]
    return np.bincount(rows, like, minlength=len(graph)).astype(np.int64)


def known_neighbours(graph: Graph) -> NDArray[np.int64]:
    """How many neighbours whose class is known each node has: [nodes]."""
    rows = np.repeat(np.arange(len(graph)), degrees(graph))
    known = graph.classes[graph.edges.indices] != NO_CLASS
    return np.bincount(rows, known, minlength=len(graph)).astype(np.int64)


def rewired(comparison: Comparison) -> str:
    """What a caption says of a graph whose structure was taken out; else nothing."""
    share = comparison.structure_removed
    if not share:
        return ""
    part = "all" if share == 1 else f"{100 * share:g} %"
    return f", {part} of whose edges were rewired, as the networks saw it"
