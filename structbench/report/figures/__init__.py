"""The figures of a comparison and of a sweep. Each has a caption that says what its marks are.

A figure is None where the comparison or sweep has nothing for it.
"""

from structbench.report.figures.lines import curves, differences, loss_along
from structbench.report.figures.losses import training_loss
from structbench.report.figures.ratios import worth
from structbench.report.figures.slopes import structure
from structbench.report.figures.strips import leads, misclassification

__all__ = [
    "curves",
    "differences",
    "leads",
    "loss_along",
    "misclassification",
    "structure",
    "training_loss",
    "worth",
]
