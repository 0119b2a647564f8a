"""A small graph as a whole, once for each network, with the nodes that it gets wrong."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.data.graphs.edges import ends_of
from structbench.data.graphs.examples import Graph
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import (
    LETTERS,
    class_looks,
    class_mark,
    class_name,
    rewired,
    use_looks,
    uses_of,
)
from structbench.report.figures.graph import (
    TESTED,
    WRONG_LOOK,
    Nodes,
    draw_edges,
    draw_nodes,
    fitted,
)
from structbench.report.figures.grid import panels
from structbench.report.figures.layout import Places, laid_out
from structbench.report.figures.style import PANELS, SERIES, CaptionedFigure
from structbench.report.section import Section
from structbench.report.text import counted, listed
from structbench.results.comparison import Comparison

# So many nodes can be told apart in a panel, and on so many there is room for a number.
MOST, NUMBERED = 150, 60
# Letters that find room on a node.
MOST_LETTERS = 3
# In points, of the nodes of a graph.
LARGEST, SMALLEST = 12.0, 5.0


def whole_graph(comparison: Comparison, material: Material) -> Section | None:
    """The graph, a panel for each model; None of a graph that is too large to be drawn."""
    condition = comparison.conditions[0]
    graph, tested = material.graph(condition)
    if len(graph) > MOST:
        return None
    names, uses = material.class_names, uses_of(graph, tested, material.learned)
    wrong = {
        name: tested[outcome.wrong(condition)] for name, (_, outcome) in material.first.items()
    }
    figure = drawn(graph, uses, wrong, names)
    figure.caption = _caption(comparison, graph, list(wrong))
    return Section(
        "graph",
        "The graph and its errors",
        "Every network is shown the classes of the nodes that it learns from, and is asked for "
        "those of the others that are tested. A graph network sees a node with its neighbours, a "
        "network that does not know the structure sees the node alone.",
        {"graph": figure},
    )


def drawn(
    graph: Graph,
    uses: NDArray[np.int64],
    wrong: Mapping[str, NDArray[np.int64]],
    names: Sequence[str],
) -> CaptionedFigure:
    """A panel for each model. uses: [nodes]; wrong: model → the nodes that it gets wrong"""
    shown = list(wrong)[:PANELS]
    pairs = ends_of(graph.edges)
    at = laid_out(len(graph), pairs)
    size = float(np.clip(70 / np.sqrt(len(graph)), SMALLEST, LARGEST))
    texts = node_texts(graph, names)
    asked = int((uses == TESTED).sum())

    def draw(axes: Axes, i: int) -> None:
        ringed = np.isin(np.arange(len(graph)), wrong[shown[i]])
        fitted(axes, at)
        draw_edges(axes, at, pairs)
        draw_nodes(axes, Nodes(at, graph.classes, uses, ringed, texts), size)

    legend = {
        **class_looks(names, graph.classes.tolist(), marked=by_class(graph)),
        **use_looks(uses),
        "answered wrongly": WRONG_LOOK,
    }
    titles = [f"{name} · {len(wrong[name])} of {asked} wrong" for name in shown]
    figure = panels(
        titles, draw, height=_height(at), left=0.12, right=0.12, bottom=0.2, least=2.3, tall=6.0,
        legend=legend, letters=LETTERS,
    )  # fmt: skip
    figure.alt = f"The graph of {counted(len(graph), 'node')} and {counted(len(pairs), 'edge')}. "
    figure.alt += "; ".join(_in_words(graph, name, wrong[name], names) for name in shown) + "."
    return figure


def _height(at: Places) -> float:
    """Of a panel, in inches: as flat as the graph."""
    width, height = at.max(axis=0) - at.min(axis=0)
    return float(np.clip(3.3 * height / max(width, 1e-9), 1.3, 3.0))


def by_class(graph: Graph) -> bool:
    """Whether what stands on a node is its class: colours repeat."""
    return int(graph.classes.max()) >= len(SERIES)


def has_numbers(graph: Graph) -> bool:
    """Whether the number of each node stands on it."""
    return len(graph) <= NUMBERED and not by_class(graph)


def has_names(graph: Graph) -> bool:
    """Whether what nodes are called is short enough to stand on them."""
    return bool(graph.names) and max(map(len, graph.names)) <= MOST_LETTERS


def node_texts(graph: Graph, names: Sequence[str]) -> list[str]:
    """On each node, where there is room: its name or number, or its class."""
    if len(graph) > NUMBERED:
        return []
    if by_class(graph):
        return [class_mark(names, of_class) for of_class in graph.classes.tolist()]
    return [graph.name(node) if has_names(graph) else str(node) for node in range(len(graph))]


def _in_words(graph: Graph, name: str, wrong: NDArray[np.int64], names: Sequence[str]) -> str:
    if not len(wrong):
        return f"{name} gets no node wrong"
    nodes = [
        f"{graph.name(node)} ({class_name(names, int(graph.classes[node]))})"
        for node in wrong.tolist()
    ]
    return f"{name} gets wrong {listed(nodes)}"


def _caption(comparison: Comparison, graph: Graph, models: Sequence[str]) -> str:
    text = "its class" if by_class(graph) else "its number in the data set"
    if has_names(graph) and not by_class(graph):
        text = "its id"
    repeat = ", and they repeat" * (len(graph) > NUMBERED and by_class(graph))
    parts = (
        f"The graph of condition {comparison.conditions[0]}{rewired(comparison)}, with the errors "
        f"of one trained network each (seed {comparison.seeds[0]}).",
        f"Colours are the true classes{repeat}; squares were learned from, circles are tested, and "
        "those in a ring are answered wrongly.",
        f"On a node stands {text}." * (len(graph) <= NUMBERED),
        f"The first {PANELS} of {len(models)} models." * (len(models) > PANELS),
    )
    return " ".join(filter(None, parts))
