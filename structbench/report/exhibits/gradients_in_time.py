"""Whether the gradient of the loss reaches the words that were read long before.

Measured is the norm of the gradient of the first answered word's loss, with respect to the embedded
word of the source that stands so many words before its last one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import Outcome
from structbench.report.exhibits.gradients import (
    NEW,
    Found,
    Verdict,
    by_weights,
    drawn,
    findings,
    in_all_seeds,
    norm_text,
)
from structbench.report.exhibits.material import Material, tensor
from structbench.report.figures.gradients import Norms
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted
from structbench.results.comparison import Comparison

# A distance is looked at where so many sentences are long enough.
SENTENCES = 20
# Farther than by this factor from what it is at the last word, it has vanished or exploded.
FACTOR = 100
LECTURE = "recurrent networks suffer from vanishing gradients for long sequences."
OF_TRAINED = (
    "Of trained networks nothing of the kind is said: what they have learned to look at is in the "
    "norm, too."
)


class Kept(NamedTuple):
    """Of one network: norms [weights, distances], and how many sentences each is over."""

    norms: NDArray[np.float64]
    sentences: NDArray[np.int64]


def gradients_in_time(comparison: Comparison, material: Material) -> Section | None:
    """Norms by distance in time, of new and of trained networks; None where none were kept."""
    kept = in_all_seeds(comparison, material, kept_norms)
    found = by_weights(kept, _over_seeds)
    if not found:
        return None
    word = material.symbol
    verdicts = {name: verdict(norms) for name, norms in found.get(NEW, {}).items()}
    figure = drawn(
        found,
        f"{word}s before the last one",
        comparison,
        f"Norm of the gradient of the loss of the first answered {word} with respect to the "
        f"embedded {word} that stands so many {word}s before the last one of its source: a "
        f"geometric mean over test sentences, where at least {SENTENCES} are long enough.",
    )
    return Section(
        "gradients",
        "The gradient by distance in time",
        f"How much the loss of the first answered {word} depends on each {word} of the source. "
        "Recurrent networks read them one after the other, and training reaches back through every "
        "step.",
        {"gradients": figure},
        tables=(_table(found, comparison, word),),
        findings=findings(LECTURE, found, verdicts, OF_TRAINED, comparison),
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
    return Kept(np.stack([new, trained]).astype(np.float64), count)


def _over_seeds(group: Sequence[Kept], weights: int) -> Norms | None:
    """Where each seed has a finite norm over enough sentences; None where that is nowhere."""
    distances = min(len(of.sentences) for of in group)
    norms = np.stack([of.norms[weights, :distances] for of in group])
    counts = np.stack([of.sentences[:distances] for of in group])
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
                norm_text(of.mean[0]),
                norm_text(of.mean[-1]),
                str(of.at[-1]),
                norm_text(known) if (known := ratio(of)) is not None else "",
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
