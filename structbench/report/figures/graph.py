"""Nodes and edges: the colour of a node is its class, its shape says what it is used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from structbench.report.figures.layout import Pairs, Places
from structbench.report.figures.style import INK, MUTED, PAPER, SERIES, Look

# What a node is used for: for nothing, to be learned from, to be tested, or for nothing because its
# class is not known.
OTHER, LEARNED, TESTED, UNKNOWN = 0, 1, 2, 3
MARKERS = {OTHER: "o", LEARNED: "s", TESTED: "o", UNKNOWN: "D"}
HOLLOW = (OTHER, UNKNOWN)
# How large, as a share of a tested node.
SHARES = {OTHER: 0.85, LEARNED: 0.88, TESTED: 1.0, UNKNOWN: 0.75}
# Of more edges each is thinner.
MANY = 200
# How they look in a legend.
USES = {
    LEARNED: ("learned from", Look(MUTED, "s")),
    TESTED: ("tested", Look(MUTED, "o")),
    OTHER: ("neither", Look(PAPER, "o", ring=MUTED)),
    UNKNOWN: ("no class", Look(PAPER, "D", ring=MUTED)),
}
WRONG_LOOK = Look(MUTED, "o", ring=INK)


@dataclass(frozen=True)
class Nodes:
    """What is drawn, each [n].

    classes: of which class each is; uses: see OTHER; ringed: whether there is a ring
    around it; texts: what stands on each, or nothing
    """

    at: Places
    classes: NDArray[np.int64]
    uses: NDArray[np.int64]
    ringed: NDArray[np.bool_]
    texts: Sequence[str] = ()

    def part(self, which: slice) -> Nodes:
        """Some of them."""
        return Nodes(
            self.at[which], self.classes[which], self.uses[which], self.ringed[which],
            self.texts[which],
        )  # fmt: skip


def colour(of_class: int) -> str:
    """Of a class; they repeat. Of a node whose class is not known: grey."""
    return MUTED if of_class < 0 else SERIES[of_class % len(SERIES)]


def draw_edges(axes: Axes, at: Places, pairs: Pairs) -> None:
    """All as one line, so that a page with many stays small."""
    ends = at[pairs]
    line = np.concatenate([ends, np.full((len(pairs), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    thin = 0.5 if len(pairs) > MANY else 0.8
    axes.plot(*line.T, color=MUTED, lw=thin, alpha=0.45, zorder=1, clip_on=False)


def draw_nodes(axes: Axes, nodes: Nodes, size: float) -> None:
    """size: of a tested node, in points"""
    for use in (*HOLLOW, LEARNED, TESTED):
        for of_class in np.unique(nodes.classes[nodes.uses == use]).tolist():
            chosen = (nodes.uses == use) & (nodes.classes == of_class)
            inside, edge = (PAPER, colour(of_class)) if use in HOLLOW else (colour(of_class), PAPER)
            axes.plot(
                *nodes.at[chosen].T, MARKERS[use], ms=size * SHARES[use], mfc=inside, mec=edge,
                mew=1.0 if use in HOLLOW else 0.6, zorder=2, clip_on=False,
            )  # fmt: skip
    axes.plot(
        *nodes.at[nodes.ringed].T, "o", mfc="none", mec=INK, ms=size + 4.5, mew=1.5, zorder=3,
        clip_on=False,
    )  # fmt: skip
    for i, text in enumerate(nodes.texts):
        (across, up), use = nodes.at[i], int(nodes.uses[i])
        ink = colour(int(nodes.classes[i])) if use in HOLLOW else PAPER
        axes.text(
            across, up, text, color=ink, ha="center", va="center_baseline", weight="bold",
            size=size * SHARES[use] * _letter(text), zorder=4,
        )  # fmt: skip


def _letter(text: str) -> float:
    """Its size, as a share of the node that it stands on."""
    return 0.62 if len(text) < 3 else 0.45


def fitted(axes: Axes, at: Places, margin: float = 0.06) -> None:
    """Nothing but the graph, undistorted, as large as there is room for."""
    low, high = at.min(axis=0), at.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 0.5) * (1 + 2 * margin)
    box = axes.bbox
    half = np.maximum(half, half[::-1] * np.array([box.width / box.height, box.height / box.width]))
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_axis_off()


def draw_attention(axes: Axes, nodes: Nodes, weights: Sequence[float]) -> None:
    """The first node in the middle of the others, each joined to it: the wider, the more.

    weights: [n] in [0, 1], that of the node in the middle first
    """
    fitted(axes, np.array([[-1.4, -1.3], [1.4, 1.3]]), 0)
    for place, weight in zip(nodes.at[1:], weights[1:], strict=True):
        axes.plot(
            *np.array([(0, 0), place]).T, color=INK, lw=0.6 + 9 * weight, alpha=0.55, zorder=1,
            solid_capstyle="butt",
        )  # fmt: skip
        across, up = 1.2 * place
        axes.text(
            across, up, f"{100 * weight:.0f} %", size=7.5, color=INK, va="center",
            ha="left" if across > 0.25 else "right" if across < -0.25 else "center",
        )  # fmt: skip
    draw_around(axes, nodes, 10.0, 15.0)


def draw_around(axes: Axes, nodes: Nodes, size: float, middle: float) -> None:
    """The first node in the middle of the others. size, middle: in points"""
    draw_nodes(axes, nodes.part(slice(1, None)), size)
    draw_nodes(axes, nodes.part(slice(1)), middle)
