"""What a comparison holds: every number that a table, a figure or a sentence shows.

Differences are the model minus its baseline, as shares of the test examples: below 0, the
model errs less. Runs are paired by seed, so chance between seeds cancels where it is shared.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from structbench import statistics as st
from structbench.options import Items, Options
from structbench.problem import Kind

FORMAT: Literal[3] = 3

COMPARISON = "comparison.json"

# training: initial weights, the order and, of a subset, the choice of the training examples; split:
# also which nodes of one graph are learned from and tested; graph: also the graph.
SeedDraws = Literal["training", "split", "graph"]

Numbers = Annotated[tuple[float, ...], Items]
Texts = Annotated[tuple[str, ...], Items]


class BySeed(Options):
    """A number of one model, once for each seed."""

    by_seed: Numbers
    mean: float
    sd: float | None
    """Standard deviation over seeds (ddof 1); null with one seed."""


class Misclassification(BySeed):
    """Shares of the test examples, once for each seed."""

    interval: st.Interval | None
    """Of the mean: t over seeds; with one seed Wilson's over examples, and null where they are not
    independent."""


class ComparedModel(Options):
    """One model under all conditions."""

    family: str
    options: dict[str, Any] = Field(default_factory=dict)
    """Those of its family, as a config has them; empty where they are not known."""
    steps: int = 0
    """Of its training, as they were asked for; 0 where that is not known."""
    parameters: int
    macs: int
    runs: Texts
    """Ids of the run folders, in the order of the seeds."""
    notices: Texts = ()
    """What the runs could not do or reproduce, with the seeds where it is not all of them."""
    train_loss: BySeed
    seconds: BySeed
    misclassification: dict[str, Misclassification]


class OfTwoNetworks(Options):
    """The two networks of one seed, over examples: says nothing of other seeds."""

    seed: int
    difference: st.Interval
    mcnemar: st.McNemar


class SeedTests(Options):
    """What the seeds say of a difference."""

    paired_t: st.PairedT
    sign_flip: st.SignFlip
    equivalence: st.Equivalence
    probability_better: st.Interval
    """That the model errs less than the baseline on a new seed; a tie counts half."""
    smallest_detectable: float | None
    """The true difference that this many seeds find in 80 of 100 cases; null without a spread."""


class Difference(Options):
    """A model minus the baseline under one condition.

    The differences of all models under a condition are read together: p-values, intervals and what
    can be detected are corrected for their number. Of two depths the baseline is the shallowest.
    """

    model: str
    baseline: str
    condition: str
    estimate: float
    interval: st.Interval | None
    """Paired t over seeds; with one seed Newcombe's over examples, and null where they are not
    independent."""
    n: int
    """Seeds."""
    tests: SeedTests | None
    """null with one seed."""
    examples_differ: bool
    """Whether the seeds were tested on different examples: then nothing is said over examples."""
    seeds_and_examples: st.Interval | None
    """Crossed bootstrap; null below 10 seeds, where it is too short, and where examples differ or
    are not independent."""
    two_networks: OfTwoNetworks | None
    """null where examples differ or are not independent."""

    @property
    def p_value(self) -> float | None:
        """The chance of such a difference between equal models; with one seed, two networks. None
        where nothing tells it: one seed, whose examples are not independent."""
        if self.tests:
            return self.tests.paired_t.p_value
        return self.two_networks.mcnemar.p_value if self.two_networks else None


class Change(Options):
    """How misclassification changes from the first level of an axis to the last."""

    axis: str
    """Its key."""
    at: dict[str, Any]
    """The levels of the other axes."""
    condition: str
    model: str
    baseline: str | None
    """Of the model's lead over this one, read together with those of the other models; null: of the
    model's own misclassification, read so where the axis is one of depth."""
    first_level: float
    last_level: float
    first: st.Interval
    last: st.Interval
    change: st.Interval
    """Last minus first, paired t over seeds."""


class Excluded(Options):
    """A run that failed. Its seed is left out for all models, so that they stay paired."""

    run: str
    model: str
    seed: int
    reason: str


class Comparison(Options):
    """The content of comparison.json."""

    format: Literal[3] = FORMAT
    name: str
    """Of the comparison's folder."""
    smoke: bool
    kind: Kind
    """Of the data."""
    data: str
    structure_removed: float = 0.0
    """The share of the data's structure that was taken out, in training and test alike."""
    seed_draws: SeedDraws = "training"
    """What another seed is another of, and so what an interval over seeds speaks of."""
    train_examples: int = 0
    """Training examples; 0 where that is not known."""
    examples: int
    """Test examples."""
    precision: str
    device: str
    threads: Annotated[tuple[int, ...], Items] = ()
    """CPU threads of a run, each number that occurs."""
    seeds: Annotated[tuple[int, ...], Items]
    conditions: Texts
    baseline: str | None
    """null where there is one model only."""
    budget: int | None
    recipes_differ: bool
    command: str
    """The command that makes this comparison anew."""
    models: dict[str, ComparedModel]
    differences: Annotated[tuple[Difference, ...], Items]
    chains: Annotated[tuple[Texts, ...], Items] = ()
    """Models that are the same but for their option `depth`, and trained alike; the shallowest
    first."""
    deeper: Annotated[tuple[Difference, ...], Items] = ()
    """Each model of a chain minus its shallowest; those of a condition are read together, and apart
    from the differences."""
    excluded: Annotated[tuple[Excluded, ...], Items] = ()
    without_structure: Comparison | None = None
    """The same models where the structure is taken out; null where that is not asked for."""
    changes: Annotated[tuple[Change, ...], Items] = ()
    """From the structure in place to taken out; empty with one seed."""

    @property
    def failed(self) -> tuple[Excluded, ...]:
        """All runs that failed, those without the structure too."""
        without = self.without_structure.excluded if self.without_structure else ()
        return self.excluded + tuple(
            run.model_copy(update={"model": f"{run.model} without the structure"})
            for run in without
        )
