"""How large the gradient of the loss is, the further it has come back: in time, or in depth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench.report.figures.along import Along, along
from structbench.report.figures.axes import Scale
from structbench.report.figures.grid import left_out
from structbench.report.figures.marks import Marks
from structbench.report.figures.style import SEEDS, CaptionedFigure, looks

# What is below this is drawn here: a logarithm needs a number above 0.
LEAST_NORM = 1e-20
NORMS = Scale(log=True)


@dataclass(frozen=True)
class Norms:
    """Of one model: places along an axis, and the norm at each of them, float64 [seeds, places]."""

    at: Sequence[float]
    by_seed: NDArray[np.float64]

    @property
    def floored(self) -> NDArray[np.float64]:
        """Those by seed, for a logarithm: none is below LEAST_NORM."""
        return np.maximum(self.by_seed, LEAST_NORM)

    @property
    def mean(self) -> NDArray[np.float64]:
        """The geometric mean over seeds: [places]."""
        of: NDArray[np.float64] = np.exp(np.log(self.floored).mean(axis=0))
        return of


def gradient_norms(
    found: Mapping[str, Mapping[str, Norms]], axis: str, models: Sequence[str]
) -> CaptionedFigure:
    """A panel for each title, in it a line for each model that has one, on a log axis of norms.

    found: title → model → norms, which are finite; axis: what is along it; models: all of the
    comparison, by which they get their colours
    """
    panels = [
        Along(
            title,
            axis,
            {name: (of.at, _marks(of)) for name, of in lines.items()},
            NORMS,
            joined=True,
        )
        for title, lines in found.items()
    ]
    look = {
        name: of
        for name, of in looks(models).items()
        if any(name in lines for lines in found.values())
    }
    norms = [of.by_seed for lines in found.values() for of in lines.values()]
    seeds = max(map(len, norms))
    figure = along(panels, look, "norm of the gradient", least=2.2)
    figure.caption = (
        f"Thin lines are single seeds, the thick one is their geometric mean (n = {seeds}); the "
        "axis of the norm is logarithmic."
        if seeds > 1
        else "One seed; the axis of the norm is logarithmic."
    )
    figure.caption += left_out(len(panels), "panels", seeds)
    if any((of < LEAST_NORM).any() for of in norms):
        figure.caption += f" What is below {LEAST_NORM:g} is drawn there."
    return figure


def _marks(of: Norms) -> list[Marks]:
    return [Marks(of.floored[:SEEDS, i], float(mean)) for i, mean in enumerate(of.mean)]
