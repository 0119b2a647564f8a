"""What a network looks at while it answers, drawn as Bahdanau, Cho and Bengio (2015) do.

Their Figure 2(a): the words of the source from left to right, those of the answer from top to
bottom, and the lighter a cell, the more of the attention is on this word of the source.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench.errors import RunFolderError
from structbench.outcome import Outcome
from structbench.problem import EMPTY
from structbench.report.exhibits.material import Material, tensor
from structbench.report.exhibits.sentences import (
    MISSING,
    answer_words,
    marked,
    read_words,
    source_lengths,
)
from structbench.report.figures.alignment import Panel, panelled
from structbench.report.section import Section
from structbench.report.text import counted, listed
from structbench.results.comparison import Comparison

# So many sentences are drawn of a network with one head, and so many panels of one with several.
SENTENCES, PANELS = 4, 8
# A source of more symbols needs a row of its own and is high: one such sentence is enough.
LONG = 24


@dataclass(frozen=True)
class Aligned:
    """What a network attended to in its own answers to some test sentences.

    places: int64 [k], of the sentences among the test examples; weights: float32
    [k, heads, answer places, source places], 0 where there is no word
    """

    places: NDArray[np.int64]
    weights: NDArray[np.float32]

    @property
    def heads(self) -> int:
        """How many there are."""
        return len(self.weights[0])

    def chosen(self, lengths: NDArray[np.int64]) -> list[int]:
        """Numbers in [0, k) of the sentences that are drawn: of middle length to the longest."""
        most = SENTENCES if lengths[self.places].max() <= LONG else 1
        count = min(len(self.places), most, max(1, PANELS // self.heads))
        ordered = np.argsort(lengths[self.places], kind="stable")
        at = np.arange(1, count + 1) * len(ordered) // count - 1
        chosen: list[int] = ordered[at].tolist()
        return chosen


def alignments(comparison: Comparison, material: Material) -> Section | None:
    """A figure for each network that attends; the others are named. None where none does."""
    condition = comparison.conditions[0]
    sources = material.inputs(condition)
    found = {
        name: aligned(outcome, condition, sources.shape[1])
        for name, (_, outcome) in material.first.items()
    }
    there = {name: of for name, of in found.items() if of}
    if not there:
        return None
    others = [name for name in found if name not in there]
    text = (
        f"How much of its attention a network gives to each {material.symbol} of the source while "
        "it answers one. Where it translates in order, the light cells are a diagonal."
    )
    if others:
        verb = "does" if len(others) == 1 else "do"
        text += f" {listed(others)} {verb} not attend."
    figures = {}
    for i, (name, of) in enumerate(there.items(), 1):
        if panels := _panels(of, material.first[name][1], condition, sources, material):
            figure = panelled(panels)
            figure.caption = _caption(name, of, panels, comparison, material.symbol)
            figure.alt = f"Attention of {name}. {figure.alt}"
            figures[f"alignments_{i}"] = figure
    return Section("alignments", f"What each answered {material.symbol} looks at", text, figures)


def aligned(outcome: Outcome, condition: str, source_places: int) -> Aligned | None:
    """What a run has kept; None where its network does not attend. RunFolderError: damaged."""
    found = outcome.predictions[condition]
    weights = tensor(
        outcome, "alignments", "f", (None, None, found.predicted.shape[1], source_places)
    )
    if weights is None or not weights.size:
        return None
    places = tensor(outcome, "aligned", "i", weights.shape[:1])
    if places is None or not ((places >= 0) & (places < len(found.predicted))).all():
        raise RunFolderError(
            f"{outcome.summary.run} is damaged: its array aligned does not say of which test "
            "sentences its alignments are"
        )
    return Aligned(places, weights)


def _panels(
    of: Aligned, outcome: Outcome, condition: str, sources: NDArray[np.int64], material: Material
) -> list[Panel]:
    """A panel for each head of each chosen sentence, where anything was answered."""
    (of_source, of_answer), answers = material.vocabularies, outcome.predictions[condition]
    panels = []
    for i in of.chosen(source_lengths(sources)):
        place = of.places[i]
        source, read = read_words(of_source, sources[place]), sources[place] != EMPTY
        answer = answer_words(of_answer, answers.predicted[place], with_end=True)
        right = answer_words(of_answer, answers.labels[place], with_end=True)
        verdict = "wrong" if answers.wrong[place] else "right"
        for head in range(min(of.heads, PANELS) if source and answer else 0):
            weights = of.weights[i, head, : len(answer), read].T
            remark = f"head {head + 1}, {verdict}" if of.heads > 1 else verdict
            panels.append(Panel(weights, source, _bracketed(answer, right), remark))
    return panels


def _bracketed(answer: Sequence[str], right: Sequence[str]) -> list[str]:
    """The words of an answer, the wrong ones in brackets."""
    parts = [part for part in marked(answer, right) if part != (MISSING, True)]
    return [f"[{word}]" if wrong else word for word, wrong in parts]


def _caption(
    name: str, of: Aligned, panels: Sequence[Panel], comparison: Comparison, symbol: str
) -> str:
    heads = min(of.heads, PANELS)
    every = "" if heads == of.heads else f" (the first {heads} of {of.heads})"
    each = f", a panel for each head{every}" * (of.heads > 1)
    sentences = counted(len(panels) // heads, "test sentence")
    permuted = ", whose places were permuted" * bool(comparison.structure_removed)
    where = f"condition {comparison.conditions[0]}{permuted}{each}"
    return (
        f"What {name} (seed {comparison.seeds[0]}) attends to while it answers {sentences} of "
        f"{where}. From left to right the {symbol}s of the source, from top to bottom those of the "
        "answer, wrong ones in brackets; black is 0, white is all of the attention."
    )
