"""How many words are wrong, beside how many sentences are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.sentences import answer_lengths, answerable
from structbench.report.places import over_seeds
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import share_text
from structbench.results.comparison import Comparison


@dataclass(frozen=True)
class WordErrors:
    """Of one network under one condition.

    edits: words to insert, delete or replace; words: of the right answers; sentences: all that were
    tested; unknown: those whose right answer is not known, which are in neither of the first two
    """

    edits: int
    words: int
    sentences: int
    unknown: int

    @classmethod
    def of(cls, outcome: Outcome, condition: str) -> WordErrors:
        """Count them."""
        found = outcome.predictions[condition]
        known = answerable(found.labels)
        edits = edit_distances(found.predicted[known], found.labels[known])
        words = answer_lengths(found.labels[known])
        return cls(int(edits.sum()), int(words.sum()), len(known), int((~known).sum()))


Found = Mapping[tuple[str, str], Sequence[WordErrors]]
"""Condition and model → one a seed."""


def word_errors(comparison: Comparison, material: Material) -> Section:
    """Under each condition and of each model: sentences wrong, and words wrong."""
    found = {
        (c, name): list[WordErrors]() for c in comparison.conditions for name in comparison.models
    }
    for runs in material.by_seed(comparison):
        for (condition, name), group in found.items():
            group.append(WordErrors.of(runs[name][1], condition))
    word = material.symbol
    return Section(
        "words",
        f"{word.capitalize()}s wrong",
        f"A sentence is wrong where one {word} of its answer is. Of its {word}s few may be wrong, "
        "or all.",
        tables=(_table(comparison, found, word),),
    )


def _table(comparison: Comparison, found: Found, word: str) -> Table:
    """One line a condition and model."""
    return Table(
        "word_errors",
        "",
        ("condition", "model", "sentences wrong", f"{word}s wrong"),
        tuple(
            (
                condition,
                name,
                share_text(comparison.models[name].misclassification[condition]),
                _rate(group),
            )
            for (condition, name), group in found.items()
        ),
        f"{word}s wrong: the {word} error rate, the fewest {word}s to insert, delete or replace "
        f"until the answers are right, over the {word}s of the right answers, their ends not "
        f"counted, so that it may be above 100 %; both {over_seeds(comparison)}; "
        + "; ".join(
            _over(condition, found[condition, next(iter(comparison.models))], word)
            for condition in comparison.conditions
        ),
        keys=2,
    )


def _over(condition: str, group: Sequence[WordErrors], word: str) -> str:
    """Over how many sentences and words the rates of a condition are; the same for all models."""
    sentences, words = (_range([getattr(of, n) for of in group]) for n in ("sentences", "words"))
    text = f"{condition}: {sentences} sentences, {words} {word}s of right answers"
    if unknown := group[0].unknown:
        text += f", without {unknown:,} sentences whose right answer no network can give"
    return text


def _rate(group: Sequence[WordErrors]) -> str:
    """Mean over seeds ± standard deviation; empty where no right answer is known."""
    if not all(errors.words for errors in group):
        return ""
    return share_text(st.spread([errors.edits / errors.words for errors in group]))


def _range(counts: Sequence[int]) -> str:
    """`16,000`, or `15,990 to 16,020` where seeds were tested on other answers."""
    return " to ".join(f"{count:,}" for count in sorted({min(counts), max(counts)}))


def edit_distances(given: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fewest symbols to insert, delete or replace until each answer is the right one: [n].

    given, right: [n, places], up to END or padding. Source: Wagner and Fischer (1974), J. ACM
    21:168; a row of their table at a time, for all answers at once.
    """
    answers, lengths, goals = np.arange(len(given)), answer_lengths(given), answer_lengths(right)
    places = np.arange(given.shape[1] + 1)
    row = np.tile(places, (len(given), 1))
    found = row[answers, lengths]
    for i in range(right.shape[1]):
        replaced = row[:, :-1] + (given != right[:, i : i + 1])
        best = np.minimum(replaced, row[:, 1:] + 1)
        best = np.pad(best, ((0, 0), (1, 0)), constant_values=i + 1)
        # An insertion costs one more than the place before it: a running minimum.
        row = np.minimum.accumulate(best - places, axis=1) + places
        found = np.where(goals == i + 1, row[answers, lengths], found)
    return found
