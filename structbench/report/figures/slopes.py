"""What taking the structure out does: a line for each seed, a panel for each condition."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from structbench.report.figures.axes import end_labels, linear_ticks, share_span
from structbench.report.figures.grid import Panel, left_out, names_at_ends, panels
from structbench.report.figures.strips import in_words
from structbench.report.figures.style import PANELS, SEEDS, CaptionedFigure, looks, room_for
from structbench.results.comparison import Comparison


def structure(comparison: Comparison) -> CaptionedFigure | None:
    """Misclassification with the structure and without it; None where it was not taken out."""
    without = comparison.without_structure
    if not without:
        return None
    seeds = [seed for seed in comparison.seeds if seed in without.seeds]
    conditions, look = comparison.conditions[:PANELS], looks(list(comparison.models))
    at_ends = names_at_ends(list(look), len(conditions))

    def draw(axes: Axes, i: int) -> None:
        shares = {
            name: [
                100 * np.array([shares[found.seeds.index(seed)] for seed in seeds])
                for found in (comparison, without)
                for shares in [found.models[name].misclassification[conditions[i]].by_seed]
            ]
            for name in look
        }
        shown = [float(x) for both in shares.values() for side in both for x in side]
        axes.set(xlim=(-0.12, 1.12), ylim=share_span(shown, ()))
        for name, both in shares.items():
            axes.plot(
                (0, 1), [side[:SEEDS] for side in both], color=look[name].colour, lw=1.1,
                alpha=0.75, marker=look[name].marker, ms=5, mew=0, clip_on=False,
            )  # fmt: skip
        axes.set_xticks((0, 1), ("intact", "taken out"))
        linear_ticks(axes.yaxis, " %")
        axes.grid(axis="y")
        axes.tick_params(axis="x", pad=8)
        axes.spines["left"].set_visible(False)
        if at_ends:
            end_labels(axes, {name: float(both[1].mean()) for name, both in shares.items()}, look)

    room = Panel(
        height=2.0, left=0.65, right=(0.2 + room_for(look, 14)) if at_ends else 0.2, bottom=0.5,
        least=1.2, best=2.2,
    )  # fmt: skip
    figure = panels(conditions, room, draw, legend=None if at_ends else look)
    figure.caption = (
        "Share of the test examples misclassified, with the structure of the data in place and "
        "with it taken out of training and test alike; a line joins the two networks of a seed "
        f"(n = {len(seeds)})." + left_out(len(comparison.conditions), "conditions", len(seeds))
    )
    figure.alt = (
        f"Intact: {in_words(comparison, conditions)} "
        f"Structure taken out: {in_words(without, conditions)}"
    )
    return figure
