"""BLEU and chrF of answers to sentences of one's own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import sacrebleu

from structbench.experiment.run import Run
from structbench.outcome import NO_NUMBER, Outcome
from structbench.report.exhibits.bleu import bleu
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison
from structbench.store.runs import Store
from tests.made import compared
from tests.made_sentences import (
    ENGLISH,
    MadeMaterial,
    MadeStore,
    Sentences,
    Words,
    made_translations,
    translator,
)

CLEAN = Sentences.drawn([3, 5, 7] * 20)
RIGHT = [Words(ENGLISH).decoded(row[row > 0].tolist()) for row in CLEAN.labels]


@dataclass(frozen=True)
class Material(MadeMaterial):
    right: Sequence[str] = ()

    @property
    def right_answers(self) -> Sequence[str]:
        return self.right


def made(
    outcomes: dict[str, list[Outcome]], right: Sequence[str] = RIGHT
) -> tuple[Comparison, Material]:
    asked = Asked("sequence", "own", ("clean",), None, 0.005, "structbench compare")
    every = {o.summary.run: o for group in outcomes.values() for o in group}
    first = {name: (cast(Run, None), group[0]) for name, group in outcomes.items()}
    store = cast(Store, MadeStore(every))
    return compared(outcomes, asked), Material(first, store, Path(), {}, right)


def network(name: str, seed: int, wrong: Sequence[bool]) -> Outcome:
    return translator(name, seed, {"clean": CLEAN}, {"clean": np.array(wrong)})


HALF, NONE = [i % 2 == 0 for i in range(60)], [False] * 60


def test_scores_are_those_of_sacrebleu_beside_sentences_wrong() -> None:
    outcomes = {"a": [network("a", s, HALF if s else NONE) for s in range(2)]}
    section = bleu(*made(outcomes))
    assert section
    (table,) = section.tables
    answers = [
        Words(ENGLISH).decoded(row[row > 0].tolist())
        for row in outcomes["a"][1].predictions["clean"].predicted
    ]
    known = [sacrebleu.corpus_bleu(answers, [RIGHT]), sacrebleu.corpus_chrf(answers, [RIGHT])]
    half = [(100 - score.score) / np.sqrt(2) for score in known]
    means = [(100 + score.score) / 2 for score in known]
    expected = [f"{mean:.1f} ± {sd:.1f}" for mean, sd in zip(means, half, strict=True)]
    assert table.rows == (("clean", "a", "25.00 ± 35.36 %", *expected),)
    assert "mean ± standard deviation over 2 seeds" in table.note
    assert f"tok:13a|smooth:exp|version:{sacrebleu.__version__}; chrF nrefs:1" in table.note


def test_an_answer_that_is_none_shares_nothing() -> None:
    outcome = network("a", 0, NONE)
    predicted = outcome.predictions["clean"].predicted.copy()
    predicted[:] = NO_NUMBER
    none = {"clean": replace(outcome.predictions["clean"], predicted=predicted)}
    section = bleu(*made({"a": [replace(outcome, predictions=none)]}))
    assert section
    assert section.tables[0].rows[0][3:] == ("0.0", "0.0")


def test_what_has_no_spaces_is_scored_by_character() -> None:
    section = bleu(*made({"a": [network("a", 0, NONE)]}, ["你好，世界。"] * 60))
    assert section
    assert "tok:char" in section.tables[0].note


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    section = bleu(*made({"a": [network("a", 0, NONE)]}))
    assert section
    assert not section.tables
    assert 'pip install "sacrebleu' in section.text


def test_of_numbers_a_word_tells_all() -> None:
    outcomes = {"a": [network("a", 0, NONE)]}
    assert bleu(*made_translations(outcomes, {"clean": CLEAN})) is None
