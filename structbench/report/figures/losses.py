"""Training loss against the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from structbench.report.figures.axes import STEPS, end_labels, linear_ticks, measured_ticks
from structbench.report.figures.grid import Panel, left_out, names_at_ends, panels
from structbench.report.figures.style import SEEDS, CaptionedFigure, looks, room_for
from structbench.results.comparison import Comparison

# Epochs that each have a mark and a tick of their own; of more, every second, fifth or tenth.
MARKED = 10

Losses = Mapping[str, Sequence[NDArray[np.float64]]]


def training_loss(comparison: Comparison, losses: Losses) -> CaptionedFigure:
    """Loss against epoch, a line for each seed. losses: model → for each seed [epochs]"""
    look, n = looks(list(comparison.models)), len(comparison.seeds)
    epochs = max(len(one) for group in losses.values() for one in group)
    most = max(one.max() for group in losses.values() for one in group)
    at_ends = names_at_ends(list(look), 1)

    def draw(axes: Axes, _: int) -> None:
        axes.set(xlim=(1 - 0.03 * epochs, 1.02 * epochs), ylim=(0, 1.08 * most or 1))
        for name, group in losses.items():
            for one in group[:SEEDS]:
                axes.plot(
                    np.arange(1, len(one) + 1), one, color=look[name].colour, lw=1.1, alpha=0.8,
                    marker=look[name].marker if epochs <= MARKED else "", ms=3.5, mew=0,
                )  # fmt: skip
        measured_ticks(axes.xaxis, {float(epoch): f"{epoch:,}" for epoch in _ticks(epochs)})
        linear_ticks(axes.yaxis)
        axes.set_xlabel("epoch", size=9)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        if at_ends:
            ends = {name: float(np.mean([x[-1] for x in group])) for name, group in losses.items()}
            end_labels(axes, ends, look)

    room = Panel(
        height=2.5, left=0.5, right=(0.2 + room_for(look, 14)) if at_ends else 0.2, bottom=0.5
    )
    figure = panels([""], room, draw, "training loss", None if at_ends else look)
    each = f"a thin line for each seed (n = {n})" if n > 1 else f"seed {comparison.seeds[0]}"
    figure.caption = (
        "Mean cross-entropy over the training examples of each epoch, each as it was learned "
        f"from; {each}, a colour for each model.{left_out(1, '', n)}"
    )
    final = ", ".join(f"{m} {found.train_loss.mean:.4f}" for m, found in comparison.models.items())
    figure.alt = f"Training loss by epoch. Of the weights that are kept: {final}."
    return figure


def _ticks(epochs: int) -> list[int]:
    """The first epoch, and then each, or round ones."""
    if epochs <= MARKED:
        return list(range(1, epochs + 1))
    found = MaxNLocator(8, steps=STEPS, integer=True).tick_values(1, epochs)
    return [1, *(int(epoch) for epoch in found if 1 < epoch <= epochs)]
