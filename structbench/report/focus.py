"""What single pictures and numbers are of, where there is room for one."""

from structbench.data.alterations import of_tests
from structbench.problem import GRAPHS, SEQUENCES
from structbench.results.comparison import Comparison


def focus(comparison: Comparison) -> str:
    """The condition that single figures are of: the first that alters the test examples.

    Of sentences and of a graph the first: what a network makes of them is asked of them as they
    are. What was learned from is in focus only where nothing else was asked.
    """
    conditions = of_tests(comparison.conditions)
    if comparison.kind in SEQUENCES | GRAPHS:
        return conditions[0]
    return next((text for text in conditions if text != "clean"), conditions[0])


def leader(comparison: Comparison) -> str:
    """The model that is set beside the baseline: the first other one."""
    others = (name for name in comparison.models if name != comparison.baseline)
    return next(others)


def best(comparison: Comparison) -> str:
    """The model with the lowest mean misclassification under the condition in focus."""
    condition = focus(comparison)
    return min(
        comparison.models,
        key=lambda name: comparison.models[name].misclassification[condition].mean,
    )
