"""Whether the gradient of the loss reaches the layers that are far from it.

The norm of a layer's gradient alone has no scale: layers whose weights are k times as large have a
k-th of it where a normalisation follows. Times the norm of the weight it has one: by how much the
loss would change, to first order, if the weights changed along the gradient by as much as they are
large. Nor does it tell to compare the layers with each other: without normalisation and biases, of
networks of ReLUs, the gradient's product with the weight is the same in all of them (doubling any
one doubles the answer), so that it vanishes everywhere at once.
"""

from collections.abc import Mapping, Sequence
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
from structbench.results.comparison import Comparison
from structbench.statistics import Interval, Sample, mean_t

# Farther than by this factor from 1, the effect of a layer's weights has vanished or exploded.
FACTOR = 10
LECTURE = (
    "before ResNet deeper plain networks had a larger training error, because gradients vanish; "
    "the residual connection removes that."
)
OF_TRAINED = (
    "Of trained networks nothing of the kind is said: a small gradient is also what remains where "
    "the examples have been learned."
)
NOTE = (
    "norms: geometric means over the layers of a quarter and over seeds; times weight: the "
    "gradient's norm times that of the layer's weight, by how much the loss would change, to first "
    "order, if the weights changed by as much as they are large; the geometric mean over the first "
    "quarter, in brackets its 95 % t interval (of logarithms) over n seeds; exploding: all of the "
    f"interval is above {FACTOR}; vanishing: below 1/{FACTOR}; neither: between; not settled: "
    "otherwise; of one seed the number itself decides"
)


class Kept(NamedTuple):
    """Of one network: norms of gradients [weights, layers], and of the new weights [layers]."""

    gradients: NDArray[np.float64]
    weights: NDArray[np.float64]


def gradients_in_depth(comparison: Comparison, material: Material) -> Section | None:
    """Norms layer by layer, of new and of trained networks; None where none were kept."""
    kept = in_all_seeds(comparison, material, kept_norms)
    found = by_weights(kept, _over_seeds)
    if not found:
        return None
    effects = {name: effect(kept[name], of) for name, of in found.get(NEW, {}).items()}
    verdicts = {name: verdict(of) for name, of in effects.items()}
    figure = drawn(
        found,
        "layer, from the input",
        comparison,
        "Norm of the gradient of the mean loss with respect to each layer's weight, as while "
        "training, on one batch of training examples, the same for all networks of a seed.",
    )
    return Section(
        "gradients",
        "Where the gradient goes",
        "How strongly the loss pulls at the weights of each layer. On its way back from the answer "
        "to the first layers the gradient passes all others.",
        {"gradients": figure},
        tables=(_table(found, effects),),
        findings=findings(LECTURE, found, verdicts, OF_TRAINED, comparison),
    )


def kept_norms(outcome: Outcome) -> Kept | None:
    """What a run has kept; None where it has nothing of the kind. RunFolderError: damaged."""
    new = tensor(outcome, "layer_gradients_new", "f", (None,))
    if new is None or not len(new):
        return None
    trained = tensor(outcome, "layer_gradients_trained", "f", new.shape)
    weights = tensor(outcome, "layer_weights_new", "f", new.shape)
    if trained is None or weights is None:
        return None
    return Kept(np.stack([new, trained]).astype(np.float64), weights.astype(np.float64))


def _over_seeds(group: Sequence[Kept], weights: int) -> Norms | None:
    """Of the layers that have a finite gradient in each seed, numbered from 1; None where none
    has."""
    norms = np.stack([of.gradients[weights] for of in group])
    at = np.flatnonzero((np.isfinite(norms) & (norms >= 0)).all(axis=0))
    return Norms((at + 1).tolist(), norms[:, at]) if len(at) else None


def _quarter(norms: Norms) -> int:
    """How many layers a quarter of them is."""
    return max(1, len(norms.at) // 4)


def effect(group: Sequence[Kept], norms: Norms) -> Norms:
    """Of new weights, each layer's gradient times its weight."""
    weights = np.stack([of.weights for of in group])
    return Norms(norms.at, norms.by_seed * weights[:, np.array(norms.at) - 1])


def in_first_quarter(effects: Norms) -> Interval:
    """The geometric mean over its layers and over seeds, with the t interval of the logarithms; of
    one seed the limits are the number itself."""
    logs = np.log10(effects.floored[:, : _quarter(effects)]).mean(axis=1)
    if len(logs) == 1:
        only = float(10 ** logs[0])
        return Interval(only, only, only, 0.95, "t", Sample(seeds=1))
    t = mean_t(logs)
    return Interval(
        10**t.estimate, 10**t.low, 10**t.high, t.confidence, "t (of logarithms)", t.sample
    )


def verdict(effects: Norms) -> Verdict:
    """What is said of it, by a stated rule."""
    found = in_first_quarter(effects)
    if found.degenerate and found.sample.seeds != 1:
        return "not settled"
    if found.low > FACTOR:
        return "exploding"
    if found.high < 1 / FACTOR:
        return "vanishing"
    return "neither" if found.low >= 1 / FACTOR and found.high <= FACTOR else "not settled"


def _table(found: Found, effects: Mapping[str, Norms]) -> Table:
    """One line a model and its weights."""
    columns = (
        "weights", "model", "layers", "norm, first quarter", "last quarter", "times weight", "n",
        "so it is",
    )  # fmt: skip
    rows = [
        (
            weights,
            name,
            str(len(norms.at)),
            *(norm_text(_geometric(part)) for part in _ends(norms)),
            _interval_text(in_first_quarter(effects[name])) if weights == NEW else "",
            str(len(norms.by_seed)),
            verdict(effects[name]) if weights == NEW else "",
        )
        for weights, lines in found.items()
        for name, norms in lines.items()
    ]
    return Table("gradients", "", columns, tuple(rows), NOTE, keys=2)


def _ends(norms: Norms) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    quarter = _quarter(norms)
    return norms.floored[:, :quarter], norms.floored[:, -quarter:]


def _geometric(values: NDArray[np.float64]) -> float:
    return float(np.exp(np.log(values).mean()))


def _interval_text(of: Interval) -> str:
    """The number, with its limits in brackets where it has any."""
    if of.degenerate:
        return norm_text(of.estimate)
    return f"{norm_text(of.estimate)} ({norm_text(of.low)} … {norm_text(of.high)})"
