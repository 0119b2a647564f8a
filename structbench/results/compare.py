"""From outcomes to a comparison of their models."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.data.alterations import of_tests
from structbench.outcome import Summary
from structbench.problem import INDEPENDENT, Kind
from structbench.results.comparison import (
    FORMAT,
    BySeed,
    ComparedModel,
    Comparison,
    Difference,
    Excluded,
    Misclassification,
    OfTwoNetworks,
    SeedDraws,
    SeedTests,
)
from structbench.results.judged import Judged

BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Setting:
    """What was asked of one model: the options of its family, and steps of training."""

    options: Mapping[str, Any]
    steps: int


NOT_KNOWN = Setting({}, 0)


@dataclass(frozen=True)
class Asked:
    """What a comparison is to say besides its outcomes.

    settings: model → what was asked of it; chains: as in a Comparison
    """

    kind: Kind
    data: str
    conditions: tuple[str, ...]
    baseline: str | None
    margin: float
    command: str
    budget: int | None = None
    recipes_differ: bool = False
    structure_removed: float = 0.0
    seed_draws: SeedDraws = "training"
    train_examples: int = 0
    excluded: tuple[Excluded, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    chains: tuple[tuple[str, ...], ...] = ()


Group = Sequence[Judged]  # of one model, a run a seed
Errors = NDArray[np.bool_]  # [examples]


def compare(groups: Mapping[str, Group], asked: Asked) -> Comparison:
    """Compare models by what was judged of their runs, the seeds in the same order for all.

    groups: name → its runs
    ValueError where they are not paired: other seeds, or other test examples of a seed.
    """
    _require_paired([*groups.values()], asked.conditions)
    group = next(iter(groups.values()))
    first = group[0].summary
    return Comparison(
        name=_name(groups, asked),
        smoke=first.smoke,
        kind=asked.kind,
        data=asked.data,
        structure_removed=asked.structure_removed,
        seed_draws=asked.seed_draws,
        train_examples=asked.train_examples,
        examples=first.examples[of_tests(asked.conditions)[0]],
        precision=first.precision,
        device=first.device,
        threads=_threads(run.summary for found in groups.values() for run in found),
        seeds=tuple(outcome.summary.seed for outcome in group),
        conditions=asked.conditions,
        baseline=asked.baseline,
        budget=asked.budget,
        recipes_differ=asked.recipes_differ,
        command=asked.command,
        models={name: _model(name, found, asked) for name, found in groups.items()},
        differences=tuple(_differences(groups, _leads(groups, asked.baseline), asked)),
        chains=asked.chains,
        deeper=tuple(_differences(groups, _deeper(asked.chains), asked)),
        excluded=asked.excluded,
    )


def _threads(summaries: Iterable[Summary]) -> tuple[int, ...]:
    return tuple(sorted({summary.threads for summary in summaries if summary.threads}))


def _require_paired(groups: Sequence[Group], conditions: Sequence[str]) -> None:
    for seed in zip(*groups, strict=True):
        if len({run.summary.seed for run in seed}) > 1:
            raise ValueError("the models have outcomes of other seeds")
        for condition in conditions:
            if len({run.answers[condition].tested_on for run in seed}) > 1:
                raise ValueError("the outcomes are not over the same test examples")


def _name(groups: Mapping[str, Group], asked: Asked) -> str:
    """compare-<names>-<hash>: the hash is over all that decides what the comparison says."""
    runs = [[run.summary.run for run in group] for group in groups.values()]
    content = repr((FORMAT, list(groups), runs, asked.conditions, asked.baseline, asked.margin))
    return folder_name(list(groups), content)


def folder_name(models: Sequence[str], content: str) -> str:
    """Of a comparison of these models; content: all that decides what it says."""
    names = "-".join("".join(c if c.isalnum() else "_" for c in name) for name in models)
    return f"compare-{names[:60]}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def _by_seed(values: Sequence[float]) -> BySeed:
    found = st.spread(values)
    return BySeed(by_seed=tuple(values), mean=found.mean, sd=found.sd)


def _model(name: str, group: Group, asked: Asked) -> ComparedModel:
    summaries: list[Summary] = [run.summary for run in group]
    first, setting = summaries[0], asked.settings.get(name, NOT_KNOWN)
    return ComparedModel(
        family=first.model,
        options=dict(setting.options),
        steps=setting.steps,
        parameters=first.parameters,
        macs=first.macs,
        runs=tuple(summary.run for summary in summaries),
        notices=tuple(_notices(summaries)),
        train_loss=_by_seed([summary.train_loss for summary in summaries]),
        seconds=_by_seed([summary.seconds for summary in summaries]),
        misclassification={
            c: _misclassification([run.wrong(c) for run in group], asked.kind)
            for c in asked.conditions
        },
    )


def _notices(summaries: Sequence[Summary]) -> Iterator[str]:
    """Each once, in the order in which they come."""
    for text in dict.fromkeys(text for summary in summaries for text in summary.notices):
        seeds = [str(summary.seed) for summary in summaries if text in summary.notices]
        of = f" (seed{'s' * (len(seeds) > 1)} {', '.join(seeds)})"
        yield text + of * (len(seeds) < len(summaries))


def _misclassification(wrong: Sequence[Errors], kind: Kind) -> Misclassification:
    """wrong: for each seed [examples]"""
    shares, interval = [float(of.mean()) for of in wrong], None
    if len(wrong) > 1:
        interval = st.mean_t(shares)
    elif kind in INDEPENDENT:
        interval = st.wilson(int(wrong[0].sum()), len(wrong[0]))
    return Misclassification(**_by_seed(shares).model_dump(), interval=interval)


Pairs = Sequence[tuple[str, str]]  # a model, and what it is compared with


def _leads(groups: Mapping[str, Group], baseline: str | None) -> Pairs:
    """Each other model with the baseline."""
    return [(name, baseline) for name in groups if baseline and name != baseline]


def _deeper(chains: Iterable[Sequence[str]]) -> Pairs:
    """Each deeper model of a chain with its shallowest."""
    return [(deep, shallow) for shallow, *deeper in chains for deep in deeper]


def _differences(groups: Mapping[str, Group], pairs: Pairs, asked: Asked) -> Iterator[Difference]:
    """Of all pairs under each condition, which are read together."""
    for condition in asked.conditions:
        for pair in pairs:
            yield _of_pair(groups, pair, condition, asked, len(pairs))


def _of_pair(
    groups: Mapping[str, Group], pair: tuple[str, str], condition: str, asked: Asked, together: int
) -> Difference:
    of = groups[pair[1]]
    errors, base = ([run.wrong(condition) for run in groups[name]] for name in pair)
    differ = len({run.answers[condition].tested_on for run in of}) > 1
    over_examples = asked.kind in INDEPENDENT and not differ
    tests = _seed_tests(errors, base, asked.margin, together) if len(base) > 1 else None
    seed = of[0].summary.seed
    two = _two_networks(errors, base, seed, together) if over_examples else None
    interval = tests.paired_t.interval if tests else two.difference if two else None
    return Difference(
        model=pair[0],
        baseline=pair[1],
        condition=condition,
        estimate=interval.estimate if interval else _difference(errors[0], base[0]),
        interval=interval,
        n=len(base),
        tests=tests,
        examples_differ=differ,
        seeds_and_examples=_crossed(errors, base, together) if over_examples else None,
        two_networks=two,
    )


def _difference(a: Errors, b: Errors) -> float:
    """Of the shares of one seed."""
    return (int(a.sum()) - int(b.sum())) / len(a)


def _seed_tests(
    a: Sequence[Errors], b: Sequence[Errors], margin: float, comparisons: int
) -> SeedTests:
    counts_a, counts_b = ([int(seed.sum()) for seed in errors] for errors in (a, b))
    shares_a, shares_b = ([float(seed.mean()) for seed in errors] for errors in (a, b))
    return SeedTests(
        paired_t=st.paired_t(shares_a, shares_b, comparisons=comparisons),
        sign_flip=st.sign_flip(counts_a, counts_b, comparisons),
        equivalence=st.equivalence(shares_a, shares_b, margin, comparisons=comparisons),
        probability_better=st.probability_better(counts_a, counts_b, comparisons=comparisons),
        smallest_detectable=st.smallest_detectable(shares_a, shares_b, comparisons=comparisons),
    )


def _two_networks(
    a: Sequence[Errors], b: Sequence[Errors], seed: int, comparisons: int
) -> OfTwoNetworks:
    return OfTwoNetworks(
        seed=seed,
        difference=st.newcombe(a[0], b[0], comparisons=comparisons),
        mcnemar=st.mcnemar(a[0], b[0], comparisons),
    )


def _crossed(a: Sequence[Errors], b: Sequence[Errors], comparisons: int) -> st.Interval | None:
    if len(a) < st.MINIMUM_SEEDS:
        return None
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    return st.crossed_bootstrap(np.stack(a), np.stack(b), rng, comparisons=comparisons)
