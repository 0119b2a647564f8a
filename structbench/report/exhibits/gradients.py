"""The gradient the further it has come back: what is told alike of it in time and in depth."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeVar

from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material
from structbench.report.figures.axes import number
from structbench.report.figures.gradients import Norms, gradient_norms
from structbench.report.figures.style import CaptionedFigure
from structbench.report.text import listed
from structbench.results.comparison import Comparison

NEW, TRAINED = "new", "trained"
WEIGHTS = (NEW, TRAINED)
Verdict = Literal["vanishing", "exploding", "neither", "not settled"]
SAID: Mapping[Verdict, str] = {
    "vanishing": "vanishes",
    "exploding": "explodes",
    "neither": "neither vanishes nor explodes",
}
Found = Mapping[str, Mapping[str, Norms]]
"""New or trained → model → norms."""
Kept = TypeVar("Kept")


def in_all_seeds(
    comparison: Comparison, material: Material, kept: Callable[[Outcome], Kept | None]
) -> dict[str, list[Kept]]:
    """Model → what its runs have kept, of those models that have it in every seed."""
    if not any(kept(outcome) is not None for _, outcome in material.first.values()):
        return {}
    found = {name: list[Kept]() for name in comparison.models}
    for runs in material.by_seed(comparison):
        for name, (_, outcome) in runs.items():
            if (of := kept(outcome)) is not None:
                found[name].append(of)
    return {name: group for name, group in found.items() if len(group) == len(comparison.seeds)}


def by_weights(
    kept: Mapping[str, Sequence[Kept]],
    over_seeds: Callable[[Sequence[Kept], int], Norms | None],
) -> Found:
    """The lines that there are. over_seeds: one of a model's kept norms and the place in WEIGHTS"""
    found = {
        weights: {name: of for name, group in kept.items() if (of := over_seeds(group, i))}
        for i, weights in enumerate(WEIGHTS)
    }
    return {weights: lines for weights, lines in found.items() if lines}


def findings(
    lecture: str,
    found: Found,
    verdicts: Mapping[str, Verdict | None],
    of_trained: str,
    comparison: Comparison,
) -> tuple[str, ...]:
    """What the lecture says, and what is measured.

    verdicts: of new weights; of_trained: what is said of trained ones
    """

    def named(of: Verdict) -> str:
        return listed([name for name, found in verdicts.items() if found == of])

    parts = [f"{said} in {names}" for of, said in SAID.items() if (names := named(of))]
    told = [f"The lecture: {lecture}"]
    if parts:
        told.append(f"With new weights, by the rule below, the gradient {'; it '.join(parts)}.")
    if names := named("not settled"):
        told.append(f"Whether it vanishes or explodes in {names} is not settled by these seeds.")
    if TRAINED in found:
        told.append(of_trained)
    there = {name for lines in found.values() for name in lines}
    if missing := [name for name in comparison.models if name not in there]:
        told.append(f"Of {listed(missing)} no norms were kept.")
    return tuple(told)


def drawn(found: Found, axis: str, comparison: Comparison, caption: str) -> CaptionedFigure:
    """A panel for new weights and one for trained ones."""
    titled = {f"{weights} weights": lines for weights, lines in found.items()}
    figure = gradient_norms(titled, axis, list(comparison.models))
    figure.caption = f"{caption} {figure.caption}"
    figure.alt = " ".join(
        f"{title}: "
        + "; ".join(
            f"{name} {norm_text(of.mean[0])} to {norm_text(of.mean[-1])}"
            for name, of in lines.items()
        )
        + "."
        for title, lines in titled.items()
    )
    return figure


def norm_text(norm: float) -> str:
    """Two digits."""
    return number(float(f"{norm:.2g}"))
