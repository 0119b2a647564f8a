"""From outcomes to a comparison: every number that a table, a figure or a sentence shows.

Differences are the model minus its baseline, as shares of the test images: below 0, the
model errs less. Runs are paired by seed, so chance between seeds cancels where it is shared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.options import Items, Options
from structbench.outcome import Outcome, Summary

FORMAT: Literal[3] = 3

COMPARISON = "comparison.json"
BOOTSTRAP_SEED = 0

Numbers = Annotated[tuple[float, ...], Items]
Texts = Annotated[tuple[str, ...], Items]


class BySeed(Options):
    """A number of one model, once for each seed."""

    by_seed: Numbers
    mean: float
    sd: float | None
    """Standard deviation over seeds (ddof 1); null with one seed."""


class Misclassification(BySeed):
    """Shares of the test images, once for each seed."""

    interval: st.Interval
    """Of the mean: t over seeds; with one seed Wilson's over images."""


class ComparedModel(Options):
    """One model under all conditions."""

    family: str
    parameters: int
    macs: int
    runs: Texts
    """Ids of the run folders, in the order of the seeds."""
    train_loss: BySeed
    seconds: BySeed
    misclassification: dict[str, Misclassification]


class OfTwoNetworks(Options):
    """The two networks of one seed, over images: says nothing of other seeds."""

    seed: int
    difference: st.Interval
    mcnemar: st.McNemar


class SeedTests(Options):
    """What the seeds say of a difference."""

    paired_t: st.PairedT
    paired_t_holm: float
    """The p-value of paired_t after Holm's correction over the models of this condition."""
    sign_flip: st.SignFlip
    equivalence: st.Equivalence
    probability_better: st.Interval
    """That the model errs less than the baseline on a new seed; a tie counts half."""
    smallest_detectable: float | None
    """The true difference that this many seeds find in 80 of 100 cases; null without a spread."""


class Difference(Options):
    """A model minus the baseline under one condition."""

    model: str
    baseline: str
    condition: str
    estimate: float
    interval: st.Interval
    """Paired t over seeds; with one seed Newcombe's over images."""
    n: int
    """Seeds."""
    tests: SeedTests | None
    """null with one seed."""
    seeds_and_images: st.Interval | None
    """Crossed bootstrap; null below 10 seeds, where it is too short."""
    two_networks: OfTwoNetworks


class StructureWorth(Options):
    """What permuting the pixels does to a model's lead over the baseline."""

    model: str
    baseline: str
    condition: str
    intact: st.Interval
    permuted: st.Interval
    difference_of_differences: st.Interval
    """Intact minus permuted: below 0, the lead is larger where the structure is there."""


class Ablation(Options):
    """The same models trained and tested on permuted pixels."""

    models: dict[str, ComparedModel]
    changes: dict[str, dict[str, st.Interval]]
    """Model → condition → permuted minus intact."""
    worth: Annotated[tuple[StructureWorth, ...], Items]


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
    data: str
    examples: int
    """Test images."""
    precision: str
    device: str
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
    structure: Ablation | None
    excluded: Annotated[tuple[Excluded, ...], Items] = ()


@dataclass(frozen=True)
class Asked:
    """What a comparison is to say besides its outcomes."""

    data: str
    conditions: tuple[str, ...]
    baseline: str | None
    margin: float
    command: str
    budget: int | None = None
    recipes_differ: bool = False
    excluded: tuple[Excluded, ...] = ()


Outcomes = Mapping[str, Sequence[Outcome]]


def compare(outcomes: Outcomes, permuted: Outcomes, asked: Asked) -> Comparison:
    """Compare models by their outcomes, one a seed, the seeds in the same order for all.

    outcomes, permuted: name → outcomes; `permuted` is empty without an ablation
    ValueError where the outcomes are not paired: other seeds or other test images.
    """
    _require_paired([*outcomes.values(), *permuted.values()])
    first = next(iter(outcomes.values()))[0].summary
    models = {name: _model(found, asked.conditions) for name, found in outcomes.items()}
    differences = [
        difference
        for condition in asked.conditions
        for difference in _differences(outcomes, condition, asked)
    ]
    return Comparison(
        name=_name(outcomes, permuted, asked),
        smoke=first.smoke,
        data=asked.data,
        examples=first.examples[asked.conditions[0]],
        precision=first.precision,
        device=first.device,
        seeds=tuple(outcome.summary.seed for outcome in next(iter(outcomes.values()))),
        conditions=asked.conditions,
        baseline=asked.baseline,
        budget=asked.budget,
        recipes_differ=asked.recipes_differ,
        command=asked.command,
        models=models,
        differences=tuple(differences),
        structure=_ablation(outcomes, permuted, asked) if permuted else None,
        excluded=asked.excluded,
    )


def _require_paired(groups: Sequence[Sequence[Outcome]]) -> None:
    first = groups[0]
    for group in groups:
        if [o.summary.seed for o in group] != [o.summary.seed for o in first]:
            raise ValueError("the models have outcomes of other seeds")
        if not all(_same_examples(outcome, first[0]) for outcome in group):
            raise ValueError("the outcomes are not over the same test images")


def _same_examples(a: Outcome, b: Outcome) -> bool:
    pairs = [(a.predictions[c], b.predictions[c]) for c in a.predictions if c in b.predictions]
    return all(
        np.array_equal(one.examples, two.examples) and np.array_equal(one.labels, two.labels)
        for one, two in pairs
    )


def _name(outcomes: Outcomes, permuted: Outcomes, asked: Asked) -> str:
    """compare-<names>-<hash>: the hash is over all that decides what the comparison says."""
    runs = [[o.summary.run for o in group] for group in (*outcomes.values(), *permuted.values())]
    content = repr((FORMAT, list(outcomes), runs, asked.conditions, asked.baseline, asked.margin))
    names = "-".join("".join(c if c.isalnum() else "_" for c in name) for name in outcomes)
    return f"compare-{names[:60]}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _by_seed(values: Sequence[float]) -> BySeed:
    found = st.spread(values)
    return BySeed(by_seed=tuple(values), mean=found.mean, sd=found.sd)


def _model(group: Sequence[Outcome], conditions: Sequence[str]) -> ComparedModel:
    summaries: list[Summary] = [outcome.summary for outcome in group]
    first = summaries[0]
    return ComparedModel(
        family=first.model,
        parameters=first.parameters,
        macs=first.macs,
        runs=tuple(summary.run for summary in summaries),
        train_loss=_by_seed([summary.train_loss for summary in summaries]),
        seconds=_by_seed([summary.seconds for summary in summaries]),
        misclassification={
            condition: _misclassification(
                [s.misclassification[condition] for s in summaries], first.examples[condition]
            )
            for condition in conditions
        },
    )


def _misclassification(shares: list[float], examples: int) -> Misclassification:
    interval = (
        st.mean_t(shares) if len(shares) > 1 else st.wilson(round(shares[0] * examples), examples)
    )
    return Misclassification(**_by_seed(shares).model_dump(), interval=interval)


def _errors(group: Sequence[Outcome], condition: str) -> NDArray[np.bool_]:
    """bool [seeds, images]."""
    return np.stack([outcome.wrong(condition) for outcome in group])


def _differences(outcomes: Outcomes, condition: str, asked: Asked) -> list[Difference]:
    if asked.baseline is None:
        return []
    others = [name for name in outcomes if name != asked.baseline]
    wrong = {name: _errors(group, condition) for name, group in outcomes.items()}
    base = wrong[asked.baseline]
    seed = outcomes[asked.baseline][0].summary.seed
    several = len(base) > 1
    tests = {name: st.paired_t(wrong[name].mean(1), base.mean(1)) for name in others if several}
    holm = dict(zip(tests, st.holm([test.p_value for test in tests.values()]), strict=True))
    found = []
    for name in others:
        two = OfTwoNetworks(
            seed=seed,
            difference=st.newcombe(wrong[name][0], base[0]),
            mcnemar=st.mcnemar(wrong[name][0], base[0]),
        )
        by_seed = (
            _seed_tests(wrong[name], base, tests[name], holm[name], asked) if several else None
        )
        interval = tests[name].interval if several else two.difference
        found.append(
            Difference(
                model=name,
                baseline=asked.baseline,
                condition=condition,
                estimate=interval.estimate,
                interval=interval,
                n=len(base),
                tests=by_seed,
                seeds_and_images=_crossed(wrong[name], base),
                two_networks=two,
            )
        )
    return found


def _seed_tests(
    a: NDArray[np.bool_], b: NDArray[np.bool_], test: st.PairedT, holm: float, asked: Asked
) -> SeedTests:
    errors_a, errors_b = a.sum(1), b.sum(1)
    return SeedTests(
        paired_t=test,
        paired_t_holm=float(holm),
        sign_flip=st.sign_flip(errors_a, errors_b),
        equivalence=st.equivalence(a.mean(1), b.mean(1), asked.margin),
        probability_better=st.probability_better(errors_a, errors_b),
        smallest_detectable=st.smallest_detectable(a.mean(1), b.mean(1)),
    )


def _crossed(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> st.Interval | None:
    if len(a) < st.MINIMUM_SEEDS:
        return None
    return st.crossed_bootstrap(a, b, np.random.default_rng(BOOTSTRAP_SEED))


def _ablation(outcomes: Outcomes, permuted: Outcomes, asked: Asked) -> Ablation:
    models = {name: _model(group, asked.conditions) for name, group in permuted.items()}
    shares = {
        (name, condition): (
            _errors(outcomes[name], condition).mean(1),
            _errors(permuted[name], condition).mean(1),
        )
        for name in outcomes
        for condition in asked.conditions
    }
    if len(next(iter(outcomes.values()))) == 1:
        # One seed has no spread over seeds: the two tables are shown, and nothing is claimed.
        return Ablation(models=models, changes={name: {} for name in models}, worth=())
    changes = {
        name: {
            condition: st.paired_t(*reversed(shares[name, condition])).interval
            for condition in asked.conditions
        }
        for name in outcomes
    }
    base = asked.baseline or ""
    worth = []
    for condition in asked.conditions:
        for name in outcomes:
            if name == base:
                continue
            (model, model_permuted), (baseline, baseline_permuted) = (
                shares[name, condition],
                shares[base, condition],
            )
            lead, lead_permuted = model - baseline, model_permuted - baseline_permuted
            worth.append(
                StructureWorth(
                    model=name,
                    baseline=base,
                    condition=condition,
                    intact=st.paired_t(model, baseline).interval,
                    permuted=st.paired_t(model_permuted, baseline_permuted).interval,
                    difference_of_differences=st.paired_t(lead, lead_permuted).interval,
                )
            )
    return Ablation(models=models, changes=changes, worth=tuple(worth))
