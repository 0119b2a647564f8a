"""What the first layer learned: its weights, drawn as the examples that they read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from structbench.experiment.run import Run
from structbench.report.exhibits.drawing import Drawing, Grids
from structbench.report.exhibits.material import Material
from structbench.report.figures.grid import panels
from structbench.report.figures.style import MUTED, PANELS, CaptionedFigure, short
from structbench.report.section import Section
from structbench.results.comparison import Comparison
from structbench.store.runs import Store

# So many are drawn of a layer; the caption says of how many.
FILTERS = 32


@dataclass(frozen=True)
class FirstLayer:
    """weights: float32 [filters, channels, *sides]; total: how many the layer has."""

    model: str
    layer: str
    weights: Grids
    total: int


def first_layers(drawing: Drawing, comparison: Comparison, material: Material) -> Section | None:
    """Of each model whose first layer can be drawn; None where there is none."""
    found = (first_layer(name, run, material.store) for name, (run, _) in material.first.items())
    shown = [layer for layer in found if layer]
    if not shown:
        return None
    return Section(
        "first-layers",
        "What the first layer learned",
        f"A convolution's filter is small and used at every place of the {drawing.one}. A fully "
        f"connected unit has one weight for each {drawing.place}, and must learn each place by "
        "itself.",
        {"first_layers": montages(drawing, shown, comparison.seeds[0])},
    )


def first_layer(name: str, run: Run, store: Store) -> FirstLayer | None:
    """The weights that read the examples, where each of them stands at a place of their grid.

    A recurrent network reads step by step: its weights stand at no place.
    """
    data = run.experiment.data
    rows = run.experiment.layer_table.rows
    row = next((row for row in rows if row.parameters.value), None)
    weights = store.weights(run.id).get(f"{row.name}.weight") if row else None
    if row is None or weights is None:
        return None
    shape = data.problem.input_shape
    if weights.ndim == 2 and weights.shape[1] == math.prod(shape) and not data.structure_removed:
        weights = weights.reshape(-1, *shape)
    if weights.ndim != 1 + len(shape) or weights.shape[1] != shape[0]:
        return None
    total = len(weights)
    if total > FILTERS:
        norms = np.linalg.norm(weights.reshape(total, -1), axis=1)
        weights = weights[np.argsort(-norms, kind="stable")[:FILTERS]]
    return FirstLayer(name, row.text, weights, total)


def montages(drawing: Drawing, layers: Sequence[FirstLayer], seed: int) -> CaptionedFigure:
    """A panel for each model, in it each filter or unit."""
    shown = layers[:PANELS]
    flattest = max(drawing.flatness(layer.weights) for layer in shown)

    def draw(axes: Axes, i: int) -> None:
        drawing.weights(axes, shown[i].weights)
        axes.set_anchor("NW")
        axes.set_axis_off()
        style = {"size": 9, "color": MUTED, "va": "top", "transform": axes.transAxes}
        axes.text(0, -0.04, short(shown[i].layer, 30), style)

    figure = panels(
        [layer.model for layer in shown], draw, height=2.3 * flattest, left=0.05, right=0.15,
        bottom=0.4, least=2.3, tall=6.0,
    )  # fmt: skip
    remarks = (
        f"Weights of the first layer, {drawing.mark} for each filter or unit (seed {seed}; "
        f"{'; '.join(map(_counted, shown))}).",
        f"{drawing.signs}, each model on a scale of its own.",
        drawing.channels(max(layer.weights.shape[1] for layer in shown)),
        f"The first {PANELS} of {len(layers)} models." * (len(layers) > PANELS),
    )
    figure.caption = " ".join(filter(None, remarks))
    figure.alt = "First-layer weights. " + "; ".join(f"{x.model}, {x.layer}" for x in shown)
    return figure


def _counted(layer: FirstLayer) -> str:
    """How many of the layer's filters or units are drawn."""
    if layer.total == len(layer.weights):
        return f"{layer.model}: all {layer.total}"
    return f"{layer.model}: the {len(layer.weights)} of {layer.total:,} with the largest norm"
