"""Nodes of a large graph that tell two models apart, each with its neighbours and theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.data.graphs.examples import Graph
from structbench.outcome import Predictions
from structbench.report.exhibits.chosen import Chosen, chosen_of, spread_over
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.nodes import (
    LETTERS,
    class_looks,
    class_mark,
    class_name,
    neighbours,
    node_title,
    rewired,
    use_looks,
    uses_of,
)
from structbench.report.exhibits.whole_graph import MOST
from structbench.report.figures.graph import (
    Nodes,
    colour,
    draw_around,
    draw_edges,
    fitted,
)
from structbench.report.figures.grid import panels
from structbench.report.figures.layout import Pairs, around
from structbench.report.figures.style import INK, MUTED, WIDTH, CaptionedFigure, short
from structbench.report.section import Section
from structbench.report.text import counted, sure
from structbench.results.comparison import Comparison

# So many nodes that only the model gets right are shown, and so many that only the baseline does,
# or that a model without a baseline gets wrong; beneath each the answers of so many models.
LED, TRAILED, ALONE, MODELS = 4, 2, 6, 6
# Neighbours that are drawn, and with theirs.
FIRST, NODES = 12, 30
# Points of a node and of the one in the middle; of a line of an answer, of a letter.
SIZE, MIDDLE, LINE, LETTER = 9.5, 13.5, 12.5, 4.9


@dataclass(frozen=True)
class Neighbourhood:
    """A node with those that are drawn around it.

    nodes: int64 [k], the one in the middle first; parents: of the others, see `around`; pairs: the
    edges among them, by their places in nodes; steps: how many nodes are one and two steps away in
    the graph
    """

    nodes: NDArray[np.int64]
    parents: tuple[int, ...]
    pairs: Pairs
    steps: tuple[int, int]

    @classmethod
    def of(cls, graph: Graph, node: int, learned: NDArray[np.int64]) -> "Neighbourhood":
        """At most FIRST neighbours, and of theirs until there are NODES; those first that were
        learned from, then by their numbers."""
        near = neighbours(graph, node)
        first = sorted(_preferred(near, learned)[:FIRST], key=lambda i: (graph.classes[i], i))
        beyond = np.unique(np.concatenate([neighbours(graph, i) for i in near] or [near]))
        beyond = beyond[~np.isin(beyond, [*near, node])]
        placed, parents = [node, *first], [0] * len(first)
        joined = [set(neighbours(graph, i).tolist()) for i in first]
        for other in _preferred(beyond, learned):
            behind = [p for p, of in enumerate(joined, 1) if other in of]
            if behind and len(placed) < NODES:
                # Where several neighbours have it, it stands behind the one with the fewest.
                parents.append(min(behind, key=lambda p: (parents.count(p), p)))
                placed.append(other)
        nodes = np.array(placed, np.int64)
        return cls(nodes, tuple(parents), _among(graph, nodes), (len(near), len(beyond)))

    @property
    def left_out(self) -> str:
        """What is said of nodes that are not drawn; nothing where all are."""
        drawn = self.parents.count(0), len(self.parents) - self.parents.count(0)
        near, beyond = (f"{shown} of {of:,}" for shown, of in zip(drawn, self.steps, strict=True))
        if drawn[0] < self.steps[0]:
            return f"{near} neighbours, {beyond} beyond"
        return f"{beyond} two steps away" if drawn[1] < self.steps[1] else ""


def _preferred(nodes: NDArray[np.int64], learned: NDArray[np.int64]) -> list[int]:
    known = np.isin(nodes, learned)
    ordered: list[int] = nodes[np.lexsort((nodes, ~known))].tolist()
    return ordered


def _among(graph: Graph, nodes: NDArray[np.int64]) -> Pairs:
    place = {node: i for i, node in enumerate(nodes.tolist())}
    found = [
        (i, place[other])
        for node, i in place.items()
        for other in neighbours(graph, node).tolist()
        if place.get(other, -1) > i
    ]
    return np.array(found, np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class Asked:
    """Test nodes that are looked at: their places among those tested, and how they were chosen."""

    places: list[int]
    chosen: Chosen
    rule: str


def asked_of(comparison: Comparison, material: Material) -> Asked:
    """Of each class those that the network which is wrong is surest of; first those that only the
    model gets right, then those that only the baseline does."""
    condition, chosen = comparison.conditions[0], chosen_of(comparison, material, "node")
    told = {name: material.first[name][1].predictions[condition] for name in chosen.names}
    found = [_surest(chosen.found, told[chosen.names[-1]], LED if comparison.baseline else ALONE)]
    rules = [f"of the {chosen.found.sum():,} that {chosen.which}"]
    if comparison.baseline:
        model, baseline = chosen.names
        reverse = told[model].wrong & ~told[baseline].wrong
        found.append(_surest(reverse, told[model], TRAILED))
        rules.append(f"of the {reverse.sum():,} that {baseline} gets right and {model} wrong")
    parts = [f"{len(some)} {rule}" for some, rule in zip(found, rules, strict=True) if some]
    rule = (
        f"Test nodes of condition {condition} (seed {comparison.seeds[0]}): {' and '.join(parts)}, "
        "of each class those that the network which is wrong is surest of."
    )
    return Asked([place for some in found for place in some], chosen, rule)


def _surest(found: NDArray[np.bool_], of: Predictions, most: int) -> list[int]:
    return spread_over(of.labels, found, of.confidence, most)


def neighbourhoods(comparison: Comparison, material: Material) -> Section | None:
    """A panel for each node; None of a graph that is drawn as a whole."""
    graph, tested = material.graph(comparison.conditions[0])
    if len(graph) <= MOST:
        return None
    asked = asked_of(comparison, material)
    if not asked.places:
        return asked.chosen.section()
    learned, names = material.learned, material.class_names
    uses = uses_of(graph, tested, learned)
    shown = [Neighbourhood.of(graph, int(tested[i]), learned) for i in asked.places]
    told = {
        name: outcome.predictions[comparison.conditions[0]]
        for name, (_, outcome) in list(material.first.items())[:MODELS]
    }
    answers = [
        [(name, int(of.predicted[i]), float(of.confidence[i])) for name, of in told.items()]
        for i in asked.places
    ]
    figure = drawn(graph, uses, shown, answers, names)
    figure.caption = _caption(comparison, asked, shown, len(material.first))
    return asked.chosen.section({"gallery": figure})


Answers = Sequence[tuple[str, int, float]]
"""Of each model its name, its answer, and the probability that it gives to it."""


def drawn(
    graph: Graph,
    uses: NDArray[np.int64],
    shown: Sequence[Neighbourhood],
    answers: Sequence[Answers],
    names: Sequence[str],
) -> CaptionedFigure:
    """Each neighbourhood, with what each model answers beneath it. uses: [nodes]"""

    def draw(axes: Axes, i: int) -> None:
        of = shown[i]
        draw_neighbourhood(axes, graph, uses, of, names)
        _answers(axes, int(graph.classes[of.nodes[0]]), answers[i], names, of.left_out)

    seen = np.concatenate([of.nodes for of in shown])
    answered = [answer for group in answers for _, answer, _ in group if answer >= 0]
    legend = {
        **class_looks(names, [*graph.classes[seen].tolist(), *answered], marked=True),
        **use_looks(uses[seen]),
    }
    titles = [node_title(graph, int(of.nodes[0])) for of in shown]
    beneath = LINE / 72 * (len(answers[0]) + 2)
    figure = panels(
        titles, draw, height=2.3, left=0.1, right=0.1, bottom=0.25 + beneath,
        least=2.3, tall=99, widest=WIDTH, legend=legend, letters=LETTERS + 2,
    )  # fmt: skip
    figure.alt = "Test nodes with their neighbours: " + "; ".join(
        _in_words(graph, of, group, names) for of, group in zip(shown, answers, strict=True)
    )
    return figure


def draw_neighbourhood(
    axes: Axes, graph: Graph, uses: NDArray[np.int64], of: Neighbourhood, names: Sequence[str]
) -> None:
    """The node in the middle, its neighbours and theirs, with the marks of their classes."""
    at, classes = around(of.parents), graph.classes[of.nodes]
    texts, ringed = [class_mark(names, i) for i in classes.tolist()], np.zeros(len(at), bool)
    fitted(axes, np.array([[-2.1, -2.1], [2.1, 2.1]]), 0)
    draw_edges(axes, at, of.pairs)
    ringed[0] = True
    draw_around(axes, Nodes(at, classes, uses[of.nodes], ringed, texts), SIZE, MIDDLE)


def _answers(axes: Axes, label: int, answers: Answers, names: Sequence[str], left_out: str) -> None:
    """Beneath the panel: the truth, and each network's answer; what is right is bold."""
    room = axes.bbox.width / axes.figure.dpi * 72
    column = LETTER * (1 + min(10, max(5, *(len(name) for name, _, _ in answers))))
    letters = int((room - column - 46) / LETTER)

    def write(x: float, line: int, text: str, **more: Any) -> None:
        axes.annotate(
            text, (0, 0), (x, -10 - LINE * line), xycoords="axes fraction",
            textcoords="offset points", va="center", **{"size": 8, **more},
        )  # fmt: skip

    truth = ("truth", class_name(names, label), label, "")
    told = [
        (name, class_name(names, answer), answer, f"{'' if answer == label else '✗ '}{sure(p)}")
        for name, answer, p in answers
    ]
    for line, (name, called, answer, probability) in enumerate([truth, *told]):
        write(0, line, short(name, 10), color=MUTED)
        if answer >= 0:
            write(column - 2, line, "●", color=colour(answer), ha="center")
        weight = "bold" if answer == label else "normal"
        write(column + 5, line, short(called, letters), color=INK, weight=weight)
        write(room, line, probability, color=MUTED, ha="right")
    write(0, len(told) + 1, left_out, color=MUTED, size=7)


def _in_words(graph: Graph, of: Neighbourhood, answers: Answers, names: Sequence[str]) -> str:
    node, near = int(of.nodes[0]), of.steps[0]
    like = int((graph.classes[neighbours(graph, node)] == graph.classes[node]).sum())
    said = ", ".join(f"{name} says {class_name(names, answer)}" for name, answer, _ in answers)
    return (
        f"node {graph.name(node)}, true {class_name(names, int(graph.classes[node]))}, {like} of "
        f"{counted(near, 'neighbour')} of its class, {said}"
    )


def _caption(
    comparison: Comparison, asked: Asked, shown: Sequence[Neighbourhood], models: int
) -> str:
    some = any(of.left_out for of in shown)
    graph = f"The graph is drawn{rewired(comparison).replace(', ', ' with ', 1)}."
    parts = (
        asked.rule,
        graph * bool(comparison.structure_removed),
        "In the middle, in a ring, stands the node that is asked for, around it its neighbours, "
        "and outside of them theirs: what a network of two layers reads. Colours, and "
        "what stands on a node, are the true classes; squares were learned from.",
        "Of many neighbours those are drawn first that were learned from, then by their numbers; "
        "beneath is how many are drawn." * some,
        "Right answers are bold, ✗ marks wrong ones; the percentage is the probability that a "
        "network gives to its answer.",
        f"The first {MODELS} of {models} models." * (models > MODELS),
    )
    return " ".join(filter(None, parts))
