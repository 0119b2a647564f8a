"""Sentences that tell two models apart, or that one errs on, with what each network answers."""

from dataclasses import replace
from itertools import groupby

from structbench.report.exhibits.chosen import Chosen, chosen_of, spread_over
from structbench.report.exhibits.material import Material, Vocabulary
from structbench.report.exhibits.sentences import (
    MISSING,
    answer_text,
    answerable,
    marked,
    source_lengths,
    source_text,
)
from structbench.report.section import Section
from structbench.report.table import Cell, Table, words
from structbench.report.text import sure
from structbench.results.comparison import Comparison

# So many are read; the note says of how many they were chosen.
SENTENCES = 6


def translations(comparison: Comparison, material: Material) -> Section:
    """A table for each sentence: the right answer, and each network's with its errors marked."""
    chosen = chosen_of(comparison, material, "sentence")
    known = answerable(material.labels(chosen.condition))
    chosen = replace(chosen, found=chosen.found & known)
    if not chosen.found.any():
        return chosen.section()
    sources, (of_source, of_answer) = material.inputs(chosen.condition), material.vocabularies
    sures = material.first[chosen.names[-1]][1].predictions[chosen.condition].confidence
    which = spread_over(source_lengths(sources), chosen.found, sures, SENTENCES)
    tables = [
        _table(source_text(of_source, sources[i]), _answers(material, chosen, i, of_answer))
        for i in which
    ]
    text = f"{chosen.text} In brackets is what is wrong, [{MISSING}] where something is missing."
    note = _note(comparison, chosen, len(which))
    shown = replace(chosen, text=text.strip())
    return shown.section(tables=(*tables[:-1], replace(tables[-1], note=note)))


def _answers(
    material: Material, chosen: Chosen, place: int, vocabulary: Vocabulary
) -> list[tuple[str, ...]]:
    """The right answer, then a line for each network."""
    right = answer_text(vocabulary, material.labels(chosen.condition)[place])
    told = {name: of.predictions[chosen.condition] for name, (_, of) in material.first.items()}
    return [
        ("right answer", "", right),
        *(
            (
                name,
                sure(float(of.confidence[place])),
                answer_cell(answer_text(vocabulary, of.predicted[place]), right),
            )
            for name, of in told.items()
        ),
    ]


def answer_cell(given: str, right: str) -> Cell:
    """An answer with what is wrong in it in brackets."""
    runs = groupby(marked(given.split(), right.split()), key=lambda part: part[1])
    texts = [(" ".join(word for word, _ in run), wrong) for wrong, run in runs]
    parts = [(f"[{text}]" if wrong else text, wrong) for text, wrong in texts]
    return Cell(" ".join(word for word, _ in parts), parts=tuple(parts))


def _table(source: str, rows: list[tuple[str, ...]]) -> Table:
    return words("translations", rows, ("", "probability", "answer"), title=source)


def _note(comparison: Comparison, chosen: Chosen, shown: int) -> str:
    permuted = ", with their places permuted as the networks saw them"
    permuted *= bool(comparison.structure_removed)
    return (
        f"{shown} of the {chosen.found.sum():,} test sentences of condition "
        f"{chosen.condition}{permuted} that {chosen.which} (seed {comparison.seeds[0]}): of each "
        f"length, those that {chosen.names[-1]} is surest of. The probability is the one that a "
        "network gives to its whole answer."
    )
