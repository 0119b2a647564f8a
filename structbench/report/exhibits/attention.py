"""What a graph network attends to while it answers for a node: itself, and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.data.graphs.examples import Graph
from structbench.experiment.run import Run
from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material, tensor
from structbench.report.exhibits.neighbourhoods import asked_of
from structbench.report.exhibits.nodes import (
    LETTERS,
    class_looks,
    class_mark,
    class_name,
    degrees,
    known_neighbours,
    like_neighbours,
    node_title,
    rewired,
    use_looks,
    uses_of,
)
from structbench.report.exhibits.whole_graph import has_numbers, node_texts
from structbench.report.figures.graph import Nodes, draw_attention
from structbench.report.figures.grid import panels
from structbench.report.figures.layout import around
from structbench.report.figures.style import MUTED, WIDTH, CaptionedFigure
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted, listed, share_text
from structbench.results.comparison import Comparison

# So many nodes are drawn, and of each so many neighbours.
NODES, FIRST = 6, 12
UNIFORM = "uniform attention"
# What the attention of a node is divided among: a field of Shares, and what it is called.
PARTS = {
    "itself": "the node itself",
    "like": "neighbours of its class",
    "other": "other neighbours",
}


@dataclass(frozen=True)
class Attended:
    """What a network attends to.

    starts: int64 [nodes + 1], where the entries of each node begin; others: int64 [entries], the
    nodes that are attended to, each node itself among its own; weights: float64 [entries], those of
    a node adding up to 1; heads: of how many they are the mean
    """

    starts: NDArray[np.int64]
    others: NDArray[np.int64]
    weights: NDArray[np.float64]
    heads: int

    @classmethod
    def of(cls, run: Run, outcome: Outcome, graph: Graph, condition: str) -> Attended | None:
        """None where its network does not attend, or nothing is kept of this condition: a run
        keeps its first. RunFolderError where the run is damaged."""
        from scipy.sparse import csr_array, eye_array

        if run.experiment.conditions[0] != condition:
            return None
        entries = graph.edges.nnz + len(graph)
        found = tensor(outcome, "attention", "f", (None, entries))
        if found is None or not len(found):
            return None
        both = csr_array(graph.edges + eye_array(len(graph), dtype=np.float32, format="csr"))
        both.sort_indices()
        weights = found.astype(np.float64).mean(axis=0)
        starts, others = both.indptr.astype(np.int64), both.indices.astype(np.int64)
        return cls(starts, others, weights, len(found))

    @property
    def uniform(self) -> Attended:
        """What it would be if all that a node attends to had the same weight."""
        counts = np.diff(self.starts)
        return replace(self, weights=np.repeat(1 / counts, counts))

    def at(self, node: int) -> tuple[float, dict[int, float]]:
        """Of a node the weight of itself, and of each neighbour, the largest first."""
        inside = slice(self.starts[node], self.starts[node + 1])
        pairs = zip(self.others[inside].tolist(), self.weights[inside].tolist(), strict=True)
        found = dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
        return found.pop(node), found


@dataclass(frozen=True)
class Shares:
    """Of the attention of some nodes, the mean share of themselves, like and other neighbours."""

    itself: float
    like: float
    other: float

    @classmethod
    def of(cls, found: Attended, graph: Graph, nodes: NDArray[np.int64]) -> Shares:
        """nodes: over which"""
        rows = np.repeat(np.arange(len(graph)), np.diff(found.starts))
        own = rows == found.others
        like = (graph.classes[rows] == graph.classes[found.others]) & ~own
        parts = (own, like, ~own & ~like)
        sums = (np.bincount(rows, found.weights * part, len(graph)) for part in parts)
        return cls(*(float(of[nodes].mean()) for of in sums))


def mixed(graph: Graph, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the nodes that have neighbours of their own class and of others."""
    like, every = like_neighbours(graph)[nodes], known_neighbours(graph)[nodes]
    return nodes[(like > 0) & (like < every)]


def attention(comparison: Comparison, material: Material) -> Section | None:
    """A figure for each network that attends, and how it differs from uniform attention; the other
    networks are named. None where no network attends."""
    condition = comparison.conditions[0]
    graph, tested = material.graph(condition)
    found = {
        name: of
        for name, (run, outcome) in material.first.items()
        if (of := Attended.of(run, outcome, graph, condition))
    }
    if not found:
        return None
    nodes = _drawn_nodes(comparison, material, graph, tested)
    uses, names = uses_of(graph, tested, material.learned), material.class_names
    figures = {}
    for i, (name, of) in enumerate(found.items() if nodes else (), 1):
        wrong = set(tested[material.first[name][1].wrong(condition)].tolist())
        remarks = ["wrong" if node in wrong else "right" for node in nodes]
        figure = drawn(graph, uses, of, nodes, remarks, names)
        figure.caption = _caption(comparison, name, of, nodes, graph)
        figure.alt = f"Attention of {name}. {figure.alt}"
        figures[f"attention_{i}"] = figure
    tables = _tables(comparison, material, list(found))
    text = _text(material, list(found), has_table=bool(tables))
    return Section("attention", "What a node attends to", text, figures, tables)


def _text(material: Material, attending: Sequence[str], has_table: bool) -> str:
    others = [name for name in material.first if name not in attending]
    kept = [name for name in others if "attention" in material.first[name][1].tensors]
    without = [name for name in others if name not in kept]
    parts = (
        "How much of what a node takes in comes from itself and from each neighbour, in the last "
        "layer.",
        "The pictures are of a few nodes; whether attention prefers neighbours of the node's "
        "class, the table says of all test nodes that have a choice." * has_table,
        f"{listed(without)} {'does' if len(without) == 1 else 'do'} not attend." * bool(without),
        f"What {listed(kept)} attends to was kept under another condition." * bool(kept),
    )
    return " ".join(filter(None, parts))


def _drawn_nodes(
    comparison: Comparison, material: Material, graph: Graph, tested: NDArray[np.int64]
) -> list[int]:
    """Those that tell the networks apart, then those that have a choice, by their numbers."""
    told_apart = tested[asked_of(comparison, material).places].tolist()
    ordered = dict.fromkeys([*told_apart, *mixed(graph, tested).tolist()])
    counts = degrees(graph)
    return [node for node in ordered if counts[node]][:NODES]


def drawn(
    graph: Graph,
    uses: NDArray[np.int64],
    found: Attended,
    nodes: Sequence[int],
    remarks: Sequence[str],
    names: Sequence[str],
) -> CaptionedFigure:
    """A panel for each node. uses: [nodes]; remarks: whether its answer is right, of each node"""
    on_node = node_texts(graph, names) or [class_mark(names, i) for i in graph.classes.tolist()]
    at = [found.at(node) for node in nodes]
    shown = [dict(list(near.items())[:FIRST]) for _, near in at]
    # Neighbours of a class beside each other.
    shown = [
        {i: near[i] for i in sorted(near, key=lambda i: (graph.classes[i], -near[i], i))}
        for near in shown
    ]

    def draw(axes: Axes, i: int) -> None:
        drawn_ones = np.array([nodes[i], *shown[i]])
        classes = graph.classes[drawn_ones]
        ringed = np.arange(len(drawn_ones)) == 0
        texts = [on_node[node] for node in drawn_ones.tolist()]
        places = around([0] * len(shown[i]))
        of = Nodes(places, classes, uses[drawn_ones], ringed, texts)
        draw_attention(axes, of, [at[i][0], *shown[i].values()])
        axes.annotate(
            _beneath(remarks[i], at[i], shown[i]), (0, 0), (0, -8), xycoords="axes fraction",
            textcoords="offset points", va="top", size=8, color=MUTED, linespacing=1.4,
        )  # fmt: skip

    seen = np.array([node for i, near in zip(nodes, shown, strict=True) for node in (i, *near)])
    legend = {
        **class_looks(names, graph.classes[seen].tolist(), marked=not has_numbers(graph)),
        **use_looks(uses[seen]),
    }
    figure = panels(
        [node_title(graph, node) for node in nodes], draw, height=2.0, left=0.1, right=0.1,
        bottom=0.55, least=2.3, tall=99, widest=WIDTH, legend=legend, letters=LETTERS + 2,
    )  # fmt: skip
    figure.alt = _in_words(graph, nodes[0], at[0], names)
    return figure


def _beneath(remark: str, at: tuple[float, Mapping[int, float]], shown: Mapping[int, float]) -> str:
    own, near = at
    text = f"itself {100 * own:.0f} % · uniform {100 / (1 + len(near)):.0f} % each · {remark}"
    if rest := len(near) - len(shown):
        share = sum(near.values()) - sum(shown.values())
        text += f"\n{counted(rest, 'further neighbour')} {100 * share:.0f} %"
    return text


def _in_words(
    graph: Graph, node: int, at: tuple[float, Mapping[int, float]], names: Sequence[str]
) -> str:
    own, near = at
    most = ", ".join(
        f"{100 * weight:.0f} % to node {graph.name(other)} "
        f"({class_name(names, int(graph.classes[other]))})"
        for other, weight in list(near.items())[:3]
    )
    called = class_name(names, int(graph.classes[node]))
    return f"Node {graph.name(node)} ({called}) gives {100 * own:.0f} % to itself, {most}."


def _caption(
    comparison: Comparison, name: str, of: Attended, nodes: Sequence[int], graph: Graph
) -> str:
    first = "that tell the networks apart" if comparison.baseline else "that it is wrong about"
    marked = "Colours, and what stands on a node, are the true classes"
    if has_numbers(graph):
        marked = "Colours are the true classes; on a node stands its number"
    many = any(len(of.at(node)[1]) > FIRST for node in nodes)
    heads = f", the mean of its {of.heads} heads" * (of.heads > 1)
    return (
        f"What {name} (seed {comparison.seeds[0]}) attends to in its last layer{heads}, for "
        f"{counted(len(nodes), 'test node')} of condition {comparison.conditions[0]}: first those "
        f"{first}. In the middle, in a ring, stands the node, around it its "
        f"neighbours in the graph{rewired(comparison)}; the wider a line, the more attention, and "
        f"the percentages add up to 100 with that of the node itself. {marked}; "
        "beneath is what uniform attention would give to each, and whether the "
        "answer is right."
        + f" Of more than {FIRST} neighbours those with the most attention are drawn."
        * many
    )


def _tables(
    comparison: Comparison, material: Material, attending: Sequence[str]
) -> tuple[Table, ...]:
    """Mean shares of attention over the nodes that have a choice; none where no seed has any."""
    condition = comparison.conditions[0]
    found: dict[str, list[Shares]] = {name: [] for name in (*attending, UNIFORM)}
    counts = []
    for runs in material.by_seed(comparison):
        graph, tested = material.graph_of(*runs[attending[0]], condition)
        of = {name: Attended.of(*runs[name], graph, condition) for name in attending}
        there = {name: each for name, each in of.items() if each}
        if len(there) < len(attending):
            return ()  # a mean over some of the seeds would be read as one over all
        if len(nodes := mixed(graph, tested)):
            counts.append(len(nodes))
            for name, each in there.items():
                found[name].append(Shares.of(each, graph, nodes))
            found[UNIFORM].append(Shares.of(there[attending[0]].uniform, graph, nodes))
    return (_table(comparison, found, counts),) if counts else ()


def _table(
    comparison: Comparison, found: Mapping[str, Sequence[Shares]], counts: Sequence[int]
) -> Table:
    few, many, n = min(counts), max(counts), len(counts)
    nodes = f"{few:,}" if few == many else f"{few:,} to {many:,}"
    over = f"mean ± standard deviation over {n} seeds" if n > 1 else "of one seed"
    every = f", {nodes}{' for each seed' * (n > 1)}"
    rows = (
        (name, *(share_text(st.spread([getattr(of, part) for of in group])) for part in PARTS))
        for name, group in found.items()
    )
    return Table(
        "attention",
        f"{comparison.conditions[0]}: where attention goes",
        ("", *PARTS.values()),
        tuple(rows),
        "shares of the attention of the last layer, averaged over the test nodes that have "
        f"neighbours both of their class and of others{every}; {over}; {UNIFORM}: the same weight "
        "for the node and for each neighbour",
    )
