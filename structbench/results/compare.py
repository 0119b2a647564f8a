"""From outcomes to a comparison of their models."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.outcome import Outcome, Summary
from structbench.problem import Kind
from structbench.results.comparison import (
    FORMAT,
    BySeed,
    ComparedModel,
    Comparison,
    Difference,
    Excluded,
    Misclassification,
    OfTwoNetworks,
    SeedTests,
)

BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Asked:
    """What a comparison is to say besides its outcomes."""

    kind: Kind
    data: str
    conditions: tuple[str, ...]
    baseline: str | None
    margin: float
    command: str
    budget: int | None = None
    recipes_differ: bool = False
    excluded: tuple[Excluded, ...] = ()


Outcomes = Mapping[str, Sequence[Outcome]]
Errors = NDArray[np.bool_]  # [seeds, examples]


def compare(outcomes: Outcomes, asked: Asked) -> Comparison:
    """Compare models by their outcomes, one a seed, the seeds in the same order for all.

    outcomes: name → outcomes
    ValueError where the outcomes are not paired: other seeds or other test examples.
    """
    _require_paired([*outcomes.values()])
    group = next(iter(outcomes.values()))
    first = group[0].summary
    return Comparison(
        name=_name(outcomes, asked),
        smoke=first.smoke,
        kind=asked.kind,
        data=asked.data,
        examples=first.examples,
        precision=first.precision,
        device=first.device,
        seeds=tuple(outcome.summary.seed for outcome in group),
        conditions=asked.conditions,
        baseline=asked.baseline,
        budget=asked.budget,
        recipes_differ=asked.recipes_differ,
        command=asked.command,
        models={name: _model(found, asked.conditions) for name, found in outcomes.items()},
        differences=tuple(d for c in asked.conditions for d in _differences(outcomes, c, asked)),
        excluded=asked.excluded,
    )


def _require_paired(groups: Sequence[Sequence[Outcome]]) -> None:
    first = groups[0]
    for group in groups:
        if [o.summary.seed for o in group] != [o.summary.seed for o in first]:
            raise ValueError("the models have outcomes of other seeds")
        if not all(np.array_equal(o.labels, first[0].labels) for o in group):
            raise ValueError("the outcomes are not over the same test examples")


def _name(outcomes: Outcomes, asked: Asked) -> str:
    """compare-<names>-<hash>: the hash is over all that decides what the comparison says."""
    runs = [[o.summary.run for o in group] for group in outcomes.values()]
    content = repr((FORMAT, list(outcomes), runs, asked.conditions, asked.baseline, asked.margin))
    return folder_name(list(outcomes), content)


def folder_name(models: Sequence[str], content: str) -> str:
    """Of a comparison of these models; content: all that decides what it says."""
    names = "-".join("".join(c if c.isalnum() else "_" for c in name) for name in models)
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
                [s.misclassification[condition] for s in summaries], first
            )
            for condition in conditions
        },
    )


def _misclassification(shares: list[float], first: Summary) -> Misclassification:
    interval = (
        st.mean_t(shares)
        if len(shares) > 1
        else st.wilson(round(shares[0] * first.examples), first.examples)
    )
    return Misclassification(**_by_seed(shares).model_dump(), interval=interval)


def _errors(group: Sequence[Outcome], condition: str) -> Errors:
    return np.stack([outcome.wrong(condition) for outcome in group])


def _differences(outcomes: Outcomes, condition: str, asked: Asked) -> list[Difference]:
    if asked.baseline is None:
        return []
    wrong = {name: _errors(group, condition) for name, group in outcomes.items()}
    base = wrong.pop(asked.baseline)
    found = []
    for name, errors in wrong.items():
        tests = _seed_tests(errors, base, asked.margin, len(wrong)) if len(base) > 1 else None
        two = _two_networks(errors[0], base[0], outcomes[name][0].summary.seed, len(wrong))
        interval = tests.paired_t.interval if tests else two.difference
        found.append(
            Difference(
                model=name,
                baseline=asked.baseline,
                condition=condition,
                estimate=interval.estimate,
                interval=interval,
                n=len(base),
                tests=tests,
                seeds_and_examples=_crossed(errors, base, len(wrong)),
                two_networks=two,
            )
        )
    return found


def _two_networks(a: Errors, b: Errors, seed: int, comparisons: int) -> OfTwoNetworks:
    return OfTwoNetworks(
        seed=seed,
        difference=st.newcombe(a, b, comparisons=comparisons),
        mcnemar=st.mcnemar(a, b, comparisons),
    )


def _seed_tests(a: Errors, b: Errors, margin: float, comparisons: int) -> SeedTests:
    counts, shares = (a.sum(1), b.sum(1)), (a.mean(1), b.mean(1))
    return SeedTests(
        paired_t=st.paired_t(*shares, comparisons=comparisons),
        sign_flip=st.sign_flip(*counts, comparisons),
        equivalence=st.equivalence(*shares, margin, comparisons=comparisons),
        probability_better=st.probability_better(*counts, comparisons=comparisons),
        smallest_detectable=st.smallest_detectable(*shares, comparisons=comparisons),
    )


def _crossed(a: Errors, b: Errors, comparisons: int) -> st.Interval | None:
    if len(a) < st.MINIMUM_SEEDS:
        return None
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return st.crossed_bootstrap(a, b, rng, comparisons=comparisons)
