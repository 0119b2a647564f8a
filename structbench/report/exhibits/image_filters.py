"""What the first layer learned: its weights as pictures of the image that they read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from structbench.experiment.run import Run
from structbench.report.exhibits.material import Material
from structbench.report.figures.grid import panels
from structbench.report.figures.style import MUTED, PANELS, SERIES, CaptionedFigure, short
from structbench.report.section import Section
from structbench.results.comparison import Comparison
from structbench.store.runs import Store

# So many are drawn of a layer, in rows of so many; the caption says of how many.
FILTERS, TILES = 32, 8


@dataclass(frozen=True)
class FirstLayer:
    """weights: float32 [filters, channels, height, width]; total: how many the layer has."""

    model: str
    layer: str
    weights: NDArray[np.float32]
    total: int


def first_layers(comparison: Comparison, material: Material) -> Section | None:
    """Of each model whose first layer can be drawn; None where there is none."""
    found = (first_layer(name, run, material.store) for name, (run, _) in material.first.items())
    shown = [layer for layer in found if layer]
    if not shown:
        return None
    return Section(
        "first-layers",
        "What the first layer learned",
        "A convolution's filter is small and used at every place of the image. A fully connected "
        "unit has one weight for each pixel, and must learn each place by itself.",
        {"first_layers": montages(shown, comparison.seeds[0])},
    )


def first_layer(name: str, run: Run, store: Store) -> FirstLayer | None:
    """The weights that read the pixels, where each of them can be drawn as a picture."""
    data = run.experiment.data
    rows = run.experiment.layer_table.rows
    row = next((row for row in rows if row.parameters.value), None)
    weights = store.weights(run.id).get(f"{row.name}.weight") if row else None
    if row is None or weights is None:
        return None
    shape = data.problem.input_shape
    if weights.ndim == 2 and weights.shape[1] == math.prod(shape) and not data.structure_removed:
        weights = weights.reshape(-1, *shape)
    if weights.ndim != 4 or weights.shape[1] != shape[0]:
        return None
    total = len(weights)
    if total > FILTERS:
        norms = np.linalg.norm(weights.reshape(total, -1), axis=1)
        weights = weights[np.argsort(-norms, kind="stable")[:FILTERS]]
    return FirstLayer(name, row.text, weights, total)


def montages(layers: Sequence[FirstLayer], seed: int) -> CaptionedFigure:
    """A panel for each model, in it a square for each filter or unit."""
    shown = layers[:PANELS]
    drawn = [_montage(layer.weights) for layer in shown]
    flattest = max(image.shape[0] / image.shape[1] for image in drawn)

    def draw(axes: Axes, i: int) -> None:
        axes.imshow(drawn[i], interpolation="none")
        axes.set_anchor("NW")
        axes.set_axis_off()
        style = {"size": 9, "color": MUTED, "va": "top", "transform": axes.transAxes}
        axes.text(0, -0.04, short(shown[i].layer, 30), style)

    figure = panels(
        [layer.model for layer in shown], draw, height=2.3 * flattest, left=0.05, right=0.15,
        bottom=0.4, least=2.3, tall=6.0,
    )  # fmt: skip
    parts = [
        f"{layer.model}: "
        + (
            f"all {layer.total}"
            if layer.total == len(layer.weights)
            else f"the {len(layer.weights)} of {layer.total:,} with the largest norm"
        )
        for layer in shown
    ]
    figure.caption = (
        f"Weights of the first layer, a square for each filter or unit (seed {seed}; "
        f"{'; '.join(parts)}). Orange is positive, blue negative, transparent zero, each model on "
        "a scale of its own."
        + (
            " Weights of three channels are shown as a colour."
            if any(layer.weights.shape[1] == 3 for layer in shown)
            else ""
        )
        + (f" The first {PANELS} of {len(layers)} models." if len(layers) > PANELS else "")
    )
    figure.alt = "First-layer weights. " + "; ".join(f"{x.model}, {x.layer}" for x in shown)
    return figure


def _montage(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights [filters, channels, height, width] → RGBA [height, width, 4], framed, in rows."""
    scaled = (weights / max(float(np.abs(weights).max()), 1e-12)).transpose(0, 2, 3, 1)
    if scaled.shape[-1] == 3:
        tint, alpha = 0.5 + scaled / 2, np.ones_like(scaled[..., :1])
    else:
        first = scaled[..., :1]
        tint = np.where(first > 0, to_rgb(SERIES[1]), to_rgb(SERIES[0]))
        alpha = np.abs(first)
    factor = max(1, 28 // scaled.shape[1])  # so that each is about 28 pixels high
    tiles = np.concatenate([tint, alpha], -1).repeat(factor, 1).repeat(factor, 2)
    edge, gap, whole = (1, 1), (2, 2), (0, 0)
    tiles = np.pad(tiles, (whole, edge, edge, whole), constant_values=0.5)
    columns = min(TILES, len(tiles))
    tiles = np.pad(tiles, ((0, -len(tiles) % columns), gap, gap, whole))
    _, height, width, _ = tiles.shape
    rows = tiles.reshape(-1, columns, height, width, 4).swapaxes(1, 2)
    return rows.reshape(-1, columns * width, 4).astype(np.float32)
