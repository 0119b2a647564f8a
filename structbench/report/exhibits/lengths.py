"""How often networks err on sentences of each length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.sentences import source_lengths
from structbench.report.figures.along import Along, along
from structbench.report.figures.axes import SHARES
from structbench.report.figures.marks import GOES_ON, share
from structbench.report.figures.style import PANELS, CaptionedFigure, looks
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import counted, interval_percent, percent
from structbench.results.comparison import Comparison, Misclassification

# A share of fewer sentences says little; of more groups nobody reads the names.
LEAST, MOST = 50, 12
# Letters of all names beneath an axis, each with the room of the longest.
LETTERS = 48


@dataclass(frozen=True)
class Group:
    """Sentences of like length under one condition.

    low, high: their fewest and most words; sentences: how many of them each seed has on average;
    errors: model → its misclassification
    """

    low: int
    high: int
    sentences: float
    errors: Mapping[str, Misclassification]

    @property
    def name(self) -> str:
        """See `named`."""
        return named(self.low, self.high)


def named(low: int, high: int) -> str:
    """`7`, or `1–4` of several lengths."""
    return str(low) if low == high else f"{low}–{high}"


def by_length(comparison: Comparison, material: Material) -> Section:
    """Misclassification by the number of words of the source, under each condition."""
    lengths = {condition: list[NDArray[np.int64]]() for condition in comparison.conditions}
    wrong = {c: {name: list[NDArray[np.bool_]]() for name in comparison.models} for c in lengths}
    for runs in material.by_seed(comparison):
        seen = material.seen_by(*next(iter(runs.values())), comparison.conditions)
        for condition in lengths:
            lengths[condition].append(source_lengths(seen[condition]))
            for name, (_, outcome) in runs.items():
                wrong[condition][name].append(outcome.wrong(condition))
    groups = {c: list(_groups(lengths[c], wrong[c])) for c in lengths}
    shown = {condition: found for condition, found in groups.items() if len(found) > 1}
    return _section(comparison, shown, material.symbol)


def _groups(
    lengths: Sequence[NDArray[np.int64]], wrong: Mapping[str, Sequence[NDArray[np.bool_]]]
) -> Iterator[Group]:
    """lengths, wrong: for each seed [n]"""
    for low, high in readable(lengths):
        inside = [(low <= of) & (of <= high) for of in lengths]
        errors = {
            name: _misclassification([w[i] for w, i in zip(by_seed, inside, strict=True)])
            for name, by_seed in wrong.items()
        }
        yield Group(low, high, float(np.mean([i.sum() for i in inside])), errors)


def _misclassification(wrong: Sequence[NDArray[np.bool_]]) -> Misclassification:
    """wrong: for each seed [n], some of the test examples"""
    shares = [float(of.mean()) for of in wrong]
    one = len(wrong) == 1
    interval = st.wilson(int(wrong[0].sum()), len(wrong[0])) if one else st.mean_t(shares)
    found = st.spread(shares)
    return Misclassification(by_seed=tuple(shares), mean=found.mean, sd=found.sd, interval=interval)


def readable(lengths: Sequence[NDArray[np.int64]]) -> list[tuple[int, int]]:
    """As `pooled`, in as many groups as have room for their names."""
    fewer = (pooled(lengths, most=most) for most in range(MOST, 1, -1))
    fitting = (g for g in fewer if len(g) * max(len(named(*each)) for each in g) <= LETTERS)
    return next(fitting, pooled(lengths, most=1))


def pooled(
    lengths: Sequence[NDArray[np.int64]], least: int = LEAST, most: int = MOST
) -> list[tuple[int, int]]:
    """Neighbouring lengths together until each seed has `least` sentences in a group.

    lengths: for each seed [n]. Where that gives more than `most` groups, they are made larger
    """
    longest = max(int(of.max(initial=0)) for of in lengths)
    counts = np.stack([np.bincount(of, minlength=longest + 1) for of in lengths])
    found = _grown(counts, least)
    if len(found) > most:
        found = _grown(counts, max(least, -(-int(counts.sum(axis=1).max()) // most)))
    return found


def _grown(counts: NDArray[np.int64], least: int) -> list[tuple[int, int]]:
    """counts: sentences of each seed and length, [seeds, lengths]"""
    there = np.flatnonzero(counts.any(axis=0)).tolist()
    found, start = list[tuple[int, int]](), 0
    for i, length in enumerate(there):
        if counts[:, there[start] : length + 1].sum(axis=1).min() >= least:
            found.append((there[start], length))
            start = i + 1
    if start < len(there):  # too few are left for a group: they join the last one
        low = found.pop()[0] if found else there[0]
        found.append((low, there[-1]))
    return found


def _section(comparison: Comparison, shown: Mapping[str, Sequence[Group]], word: str) -> Section:
    name, heading = "length", "Error by the length of the source"
    text = (
        "One context vector has to hold a whole sentence, however long it is; with attention each "
        "answered word looks back at all words of the source."
    )
    if not shown:
        few = f"There are too few test sentences to tell their lengths apart ({LEAST} a length)."
        return Section(name, heading, f"{text} {few}")
    tables = tuple(_table(comparison, condition, found, word) for condition, found in shown.items())
    return Section(
        name,
        heading,
        text,
        {"error_by_length": drawn(comparison, shown, word)},
        folded=tables,
    )


def drawn(
    comparison: Comparison, shown: Mapping[str, Sequence[Group]], word: str
) -> CaptionedFigure:
    """A panel for each condition; beneath each length the number of its sentences."""
    panels = [
        Along(
            condition,
            f"{word}s of the source, and how many sentences",
            {
                name: (range(len(groups)), [share(group.errors[name]) for group in groups])
                for name in comparison.models
            },
            SHARES,
            names={i: group.name for i, group in enumerate(groups)},
            beneath={i: f"{group.sentences:,.0f}" for i, group in enumerate(groups)},
        )
        for condition, groups in shown.items()
    ]
    look = looks(list(comparison.models))
    figure = along(panels, look, "sentences answered wrongly", bottom=0.85, least=3.2, tall=16)
    several = len(comparison.seeds) > 1
    marks = "Small marks are single seeds, the line joins their means, the bar is the mean's "
    figure.caption = (
        f"Share of the test sentences whose answer is wrong, by the number of {word}s of their "
        f"source. {marks if several else f'Seed {comparison.seeds[0]}; the bar is the '}"
        f"{interval_text(comparison, shown)}. Neighbouring lengths stand together until there are "
        f"{LEAST} sentences; the numbers beneath say how many there are"
        f"{' for each seed' * several}. {GOES_ON}"
        + f" The first {PANELS} of {len(shown)} conditions are shown."
        * (len(shown) > PANELS)
    )
    figure.alt = " ".join(
        f"{condition}: {_in_words(comparison, groups, word)}."
        for condition, groups in list(shown.items())[:PANELS]
    )
    return figure


def _in_words(comparison: Comparison, groups: Sequence[Group], word: str) -> str:
    first, last = groups[0], groups[-1]
    return "; ".join(
        f"{name} {100 * first.errors[name].mean:.1f} % with {first.name} {word}s, "
        f"{100 * last.errors[name].mean:.1f} % with {last.name}"
        for name in comparison.models
    )


def interval_text(comparison: Comparison, shown: Mapping[str, Sequence[Group]]) -> str:
    """What the bars are: over seeds, or of one seed over the sentences of a length."""
    group = next(iter(shown.values()))[0]
    interval = next(iter(group.errors.values())).interval
    assert interval  # sentences are independent of each other
    kind = f"{100 * interval.confidence:g} % {interval.method} interval"
    n = len(comparison.seeds)
    return f"{kind} over {counted(n, 'seed') if n > 1 else 'the sentences of a length'}"


def _table(comparison: Comparison, condition: str, groups: Sequence[Group], word: str) -> Table:
    """One line a length."""
    n = len(comparison.seeds)
    mean = (
        f"mean over {n} seeds"
        if n > 1
        else f"of one trained network each (seed {comparison.seeds[0]})"
    )
    return Table(
        "by_length",
        f"{condition}: misclassification by {word}s of the source",
        (f"{word}s", "sentences", *comparison.models),
        tuple(
            (
                group.name,
                f"{group.sentences:,.0f}",
                *map(_cell, group.errors.values()),
            )
            for group in groups
        ),
        f"{mean}; in brackets: {interval_text(comparison, {condition: groups})}",
    )


def _cell(found: Misclassification) -> str:
    assert found.interval  # as above
    return f"{percent(found.mean)} ({interval_percent(found.interval)})"
