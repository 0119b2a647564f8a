"""Which test examples are looked at: those that tell two models apart, or that one errs on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.report.exhibits.material import Material
from structbench.report.figures.style import CaptionedFigure
from structbench.report.focus import focus, leader
from structbench.report.section import Section
from structbench.report.text import capital
from structbench.results.comparison import Comparison


@dataclass(frozen=True)
class Chosen:
    """Test examples of a condition, all that there are to choose from.

    found: bool [n]; names: the model, and the baseline where there is one; heading, text: of their
    section; one: what an example is called; which: what is said of those that were found
    """

    condition: str
    found: NDArray[np.bool_]
    names: tuple[str, ...]
    one: str
    heading: str
    text: str
    which: str

    def section(self, figures: Mapping[str, CaptionedFigure] | None = None, **more: Any) -> Section:
        """What was chosen, as it is shown; without anything it says that there is nothing."""
        none = f"There is no test {self.one} of condition {self.condition} that {self.which}."
        text = self.text if self.found.any() else f"{self.text} {none}".strip()
        return Section("gallery", capital(self.heading), text, figures or {}, **more)


def chosen_of(comparison: Comparison, material: Material, one: str) -> Chosen:
    """Examples that only the first model gets right, or, without a baseline, that it gets wrong."""
    condition, model, baseline = focus(comparison), leader(comparison), comparison.baseline
    wrong = {name: outcome.wrong(condition) for name, (_, outcome) in material.first.items()}
    if not baseline:
        which = f"{model} gets wrong"
        return Chosen(condition, wrong[model], (model,), one, "sure, and wrong", "", which)
    found, reverse = wrong[baseline] & ~wrong[model], wrong[model] & ~wrong[baseline]
    text = (
        f"{model} alone is right on {found.sum():,} {one}s, {baseline} alone on {reverse.sum():,}."
    )
    heading, which = f"{one}s that tell them apart", f"{model} gets right and {baseline} wrong"
    return Chosen(condition, found, (model, baseline), one, heading, text, which)


def spread_over(
    groups: NDArray[np.int64],
    candidates: NDArray[np.bool_],
    confidence: NDArray[np.float32],
    most: int,
) -> list[int]:
    """Up to `most` candidates: the surest of each group, then the next surest; by group.

    groups, candidates, confidence: [n]; ties go to the example that comes first
    """
    found = np.flatnonzero(candidates)
    surest = found[np.lexsort((found, -confidence[found]))]
    of = groups[surest]
    before = [np.count_nonzero(of[:i] == group) for i, group in enumerate(of)]
    best = surest[np.lexsort((surest, -confidence[surest], before))][:most]
    by_group: list[int] = best[np.lexsort((best, -confidence[best], groups[best]))].tolist()
    return by_group
