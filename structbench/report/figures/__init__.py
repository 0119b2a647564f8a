"""The figures of a comparison and of a sweep. Each has a caption that says what its marks are.

A figure is None where the comparison or sweep has nothing for it.
"""

import structbench.machine.drawing  # noqa: F401  first: the others import matplotlib
from structbench.report.figures.conditions import leads, misclassification, structure
from structbench.report.figures.depth import depth
from structbench.report.figures.lines import curves, differences, loss_along, training_loss
from structbench.report.figures.ratios import worth

__all__ = [
    "curves",
    "depth",
    "differences",
    "leads",
    "loss_along",
    "misclassification",
    "structure",
    "training_loss",
    "worth",
]
