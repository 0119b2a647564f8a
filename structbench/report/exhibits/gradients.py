"""Whether the gradient of the loss reaches the words that were read long before.

Measured is the norm of the gradient of the first answered word's loss, with respect to the embedded
word of the source that stands so many words before its last one.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material, tensor
from structbench.report.figures.axes import number
from structbench.report.figures.gradients import Norms, gradient_norms
from structbench.report.figures.style import CaptionedFigure
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted, listed
from structbench.results.comparison import Comparison

# A distance is looked at where so many sentences are long enough.
SENTENCES = 20
# Farther than by this factor from what it is at the last word, it has vanished or exploded.
FACTOR = 100
NEW = "new"
WEIGHTS = (NEW, "trained")
Verdict = Literal["vanishing", "exploding", "neither"]
SAID: Mapping[Verdict, str] = {
    "vanishing": "vanishes",
    "exploding": "explodes",
    "neither": "neither vanishes nor explodes",
}
Kept = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Of one network: norms [weights, distances], and how many sentences each is over [distances]."""
Found = Mapping[str, Mapping[str, Norms]]
"""New or trained → model → norms."""


def gradients(comparison: Comparison, material: Material) -> Section | None:
    """Norms by distance in time, of new and of trained networks; None where none were kept."""
    kept = {name: list[Kept | None]() for name in comparison.models}
    for runs in material.by_seed(comparison):
        for name, (_, outcome) in runs.items():
            kept[name].append(kept_norms(outcome))
    found = {
        weights: {name: of for name, group in kept.items() if (of := _over_seeds(group, i))}
        for i, weights in enumerate(WEIGHTS)
    }
    found = {weights: lines for weights, lines in found.items() if lines}
    if not found:
        return None
    word = material.symbol
    return Section(
        "gradients",
        "The gradient by distance in time",
        f"How much the loss of the first answered {word} depends on each {word} of the source. "
        "Recurrent networks read them one after the other, and training reaches back through every "
        "step.",
        {"gradients": _drawn(found, comparison, word)},
        tables=(_table(found, comparison, word),),
        findings=tuple(_findings(found, comparison)),
    )


def kept_norms(outcome: Outcome) -> Kept | None:
    """What a run has kept; None where it has nothing of the kind. RunFolderError: damaged."""
    new = tensor(outcome, "gradient_new", "f", (None,))
    if new is None or not len(new):
        return None
    trained = tensor(outcome, "gradient_trained", "f", new.shape)
    count = tensor(outcome, "gradient_count", "i", new.shape)
    if trained is None or count is None:
        return None
    return np.stack([new, trained]).astype(np.float64), count


def _over_seeds(group: Sequence[Kept | None], weights: int) -> Norms | None:
    """Where each seed has a finite norm over enough sentences; None where that is nowhere."""
    there = [of for of in group if of]
    if len(there) < len(group):
        return None
    distances = min(len(count) for _, count in there)
    norms = np.stack([norms[weights, :distances] for norms, _ in there])
    counts = np.stack([count[:distances] for _, count in there])
    known = np.isfinite(norms).all(axis=0) & (norms >= 0).all(axis=0)
    at = np.flatnonzero(known & (counts >= SENTENCES).all(axis=0))
    return Norms(at.tolist(), norms[:, at]) if len(at) else None


def ratio(norms: Norms) -> float | None:
    """The norm at the largest distance over that at the last word; None where it has none."""
    if norms.at[0] != 0 or not norms.by_seed[:, 0].all():
        return None
    return float(norms.mean[-1] / norms.mean[0])


def verdict(norms: Norms) -> Verdict | None:
    """What is said of it, by a stated rule."""
    if (found := ratio(norms)) is None:
        return None
    if found < 1 / FACTOR:
        return "vanishing"
    return "exploding" if found > FACTOR else "neither"


def _findings(found: Found, comparison: Comparison) -> list[str]:
    """What the lecture says, and what is measured."""
    told = ["The lecture: recurrent networks suffer from vanishing gradients for long sequences."]
    lines = found.get(NEW, {})
    verdicts = {name: of for name, norms in lines.items() if (of := verdict(norms))}
    groups = {of: [n for n in verdicts if verdicts[n] == of] for of in SAID}
    parts = [f"{SAID[of]} in {listed(names)}" for of, names in groups.items() if names]
    if parts:
        told.append(f"With new weights, by the rule below, the gradient {'; it '.join(parts)}.")
    if found.keys() - {NEW}:
        told.append(
            "Of trained networks nothing of the kind is said: what they have learned to look at is "
            "in the norm, too."
        )
    missing = [n for n in comparison.models if not any(n in lines for lines in found.values())]
    if missing:
        told.append(f"Of {listed(missing)} no norms were kept.")
    return told


def _drawn(found: Found, comparison: Comparison, word: str) -> CaptionedFigure:
    titled = {f"{weights} weights": lines for weights, lines in found.items()}
    figure = gradient_norms(titled, f"{word}s before the last one", list(comparison.models))
    figure.caption = (
        f"Norm of the gradient of the loss of the first answered {word} with respect to the "
        f"embedded {word} that stands so many {word}s before the last one of its source: a "
        f"geometric mean over test sentences, where at least {SENTENCES} are long enough. "
        f"{figure.caption}"
    )
    figure.alt = " ".join(
        f"{title}: "
        + "; ".join(
            f"{name} {_text(of.mean[0])} to {_text(of.mean[-1])}" for name, of in lines.items()
        )
        + "."
        for title, lines in titled.items()
    )
    return figure


def _table(found: Found, comparison: Comparison, word: str) -> Table:
    """One line a model and its weights."""
    seeds = len(comparison.seeds)
    over = f"geometric means over {counted(seeds, 'seed')}" if seeds > 1 else "of one seed"
    return Table(
        "gradients",
        "",
        (
            "weights",
            "model",
            "at the last one",
            "at the farthest",
            f"{word}s before",
            "ratio",
            "so it is",
        ),
        tuple(
            (
                weights,
                name,
                _text(of.mean[0]),
                _text(of.mean[-1]),
                str(of.at[-1]),
                _text(known) if (known := ratio(of)) is not None else "",
                (verdict(of) or "") if weights == NEW else "",
            )
            for weights, lines in found.items()
            for name, of in lines.items()
        ),
        f"norms, {over}; the farthest: the largest distance that at least {SENTENCES} sentences "
        f"have; vanishing: the norm there is below a hundredth of that at the last {word}; "
        "exploding: it is above a hundred times that; neither: otherwise",
        keys=2,
    )


def _text(norm: float) -> str:
    """Two digits."""
    return number(float(f"{norm:.2g}"))
