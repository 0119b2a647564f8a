"""What training on one image costs, from the structure of the network."""

from __future__ import annotations

from pathlib import Path

from structbench.data import DATASETS
from structbench.models import MODELS
from structbench.models.layer_table import LayerTable


def lecture_structure(model: str) -> LayerTable:
    """The layers of the lecture's cnn or fnn on MNIST."""
    return MODELS[model]().layer_table(DATASETS["mnist"].problem(Path()))


def training_flops(structure: LayerTable) -> int:
    """Floating-point operations of the matrix products for one image, forward and backward.

    Three products of the same size a layer: forward, gradient of the weights, gradient of the
    input. The first layer's input is the image, whose gradient nobody needs.
    """
    working = [row for row in structure.rows if row.parameters.value]
    return sum((4 if row is working[0] else 6) * row.macs for row in working)
