"""How many neighbours the nodes of a graph have, of which classes they are, and a small graph
itself."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from structbench.data.graphs.edges import ends_of
from structbench.data.graphs.examples import Graph
from structbench.report.figures.graph import colour, draw_edges, fitted
from structbench.report.figures.layout import laid_out
from structbench.report.figures.style import (
    INK,
    MUTED,
    PAGE,
    PAPER,
    SERIES,
    CaptionedFigure,
    axes_at,
    drawn_figure,
    room_for,
    short,
)
from structbench.report.own_data.choice import largest
from structbench.report.own_data.seen import Seen
from structbench.report.text import counted

# So many nodes can be told apart in a picture.
MOST_NODES = 150
# Classes that are shown, letters of their names, and inches of the panels.
CLASSES, LETTERS = 16, 18
TOP, HEIGHT, GRAPH = 0.45, 2.4, 4.6


def graph_sheet(seen: Seen) -> CaptionedFigure:
    """Degrees and classes; a graph of few nodes beneath."""
    graph: Graph = seen.read.graph
    small = len(graph) <= MOST_NODES
    names = room_for([of.name for of in seen.classes], LETTERS)
    width = (PAGE - 0.65 - 0.5 - names - 0.7) / 2

    def draw(figure: CaptionedFigure) -> None:
        _degrees(axes_at(figure, 0.65, TOP, width, HEIGHT), graph)
        _classes(axes_at(figure, 0.65 + width + 0.5 + names, TOP, width, HEIGHT), seen)
        if small:
            axes = axes_at(figure, 0.2, TOP + HEIGHT + 0.8, PAGE - 0.4, GRAPH)
            _whole(axes, graph)

    figure = drawn_figure(PAGE, TOP + HEIGHT + 0.6 + (GRAPH + 0.3) * small, draw)
    alone = int((np.diff(graph.edges.indptr) == 0).sum())
    bare = int((graph.classes < 0).sum())
    parts = (
        "How many nodes have so many neighbours, and of which class they are.",
        f"{counted(alone, 'node')} without a neighbour left out on the left." * bool(alone),
        f"The {CLASSES} largest of {len(seen.classes):,} classes." * (len(seen.classes) > CLASSES),
        f"{counted(bare, 'node')} without a class{', drawn empty' * small}." * bool(bare),
    )
    figure.caption = " ".join(filter(None, parts))
    figure.alt = f"Degrees and classes of {counted(len(graph), 'node')}."
    return figure


def _degrees(axes: Axes, graph: Graph) -> None:
    counts = np.bincount(np.diff(graph.edges.indptr))
    found = np.flatnonzero(counts[1:]) + 1
    axes.plot(found, counts[found], "o", color=SERIES[0], ms=4, mew=0, alpha=0.8)
    if len(found) and found[-1] >= 20:
        axes.set(xscale="log", yscale="log")
        # Degrees of a network without hubs are within one power of ten.
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
        axis.set_minor_formatter("")
    axes.set_title("Neighbours of a node", size=11, weight="bold", loc="left")
    axes.set_xlabel("neighbours", size=9)
    axes.set_ylabel("nodes", size=9)
    axes.tick_params(length=0, labelsize=9, which="both")
    axes.grid()
    axes.set_axisbelow(True)


def _classes(axes: Axes, seen: Seen) -> None:
    shown = largest([of.examples for of in seen.classes], CLASSES)
    sizes = [seen.classes[i].examples for i in shown]
    places = range(len(shown))
    axes.barh(places, sizes, 0.7, color=[colour(i) for i in shown])
    for place, size in zip(places, sizes, strict=True):
        axes.text(size, place, f" {size:,}", size=8, color=INK, va="center")
    axes.set_yticks(places, [short(seen.classes[i].name, LETTERS) for i in shown], size=9)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    axes.set_title("Nodes of each class", size=11, weight="bold", loc="left")


def _whole(axes: Axes, graph: Graph) -> None:
    pairs = ends_of(graph.edges)
    at = laid_out(len(graph), pairs)
    fitted(axes, at)
    draw_edges(axes, at, pairs)
    for of_class in np.unique(graph.classes).tolist():
        inside, edge = (colour(of_class), PAPER) if of_class >= 0 else (PAPER, MUTED)
        chosen = at[graph.classes == of_class]
        axes.plot(*chosen.T, "o", ms=9, mfc=inside, mec=edge, mew=0.8, zorder=2, clip_on=False)
