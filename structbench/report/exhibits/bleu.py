"""How near answers come to the right ones as they are written: BLEU and chrF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from structbench import statistics as st
from structbench.data import DATASETS
from structbench.data.sequences.tokens import CJK_ONLY
from structbench.outcome import Outcome
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.sentences import answer_text
from structbench.report.places import over_seeds
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.report.text import share_text
from structbench.results.comparison import Comparison

INSTALL = 'pip install "sacrebleu>=2.4"'
# A text of which more is Chinese, Japanese or Korean has no spaces to find its words by.
MOSTLY = 0.5
NAMES = ("BLEU", "chrF")

Scores = tuple[float, float]
"""BLEU and chrF, each from 0 to 100."""
Score = Callable[[Sequence[str]], Scores]


def bleu(comparison: Comparison, material: Material) -> Section | None:
    """Under each condition and of each model; None of numbers, of which a word tells all."""
    if comparison.data in DATASETS:
        return None
    text = (
        "A sentence is wrong where one symbol of its answer is. BLEU (Papineni et al., 2002) "
        "counts the runs of one to four words that the answers share with the right ones, chrF "
        "(Popović, 2015) those of one to six letters: they tell what is nearly right from what is "
        "all wrong."
    )
    try:
        scored = _Scored(material)
    except ImportError:
        then = "`structbench report FOLDER --data PATH`"
        missing = f"They need the package sacrebleu: {INSTALL}, then {then}."
        return Section("scores", "BLEU and chrF", f"{text} {missing}")
    found = {(c, name): list[Scores]() for c in comparison.conditions for name in comparison.models}
    for runs in material.by_seed(comparison):
        for (condition, name), group in found.items():
            group.append(scored.of(runs[name][1], condition))
    return Section("scores", "BLEU and chrF", text, tables=(_table(comparison, found, scored),))


@dataclass
class _Scored:
    """Scores of answers against the right ones as they are written, whatever the symbols are.

    ImportError where sacrebleu is not installed.
    """

    material: Material
    right: Sequence[str] = field(init=False)
    tokenizer: str = field(init=False)
    signatures: tuple[str, str] = ("", "")
    # Whatever is known of right answers is worked out once for all models.
    _known: dict[bytes, Score] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import sacrebleu  # noqa: F401

        self.right = self.material.right_answers
        signs = "".join(self.right).replace(" ", "")
        cjk = sum(map(len, CJK_ONLY.findall(signs)))
        self.tokenizer = "char" if cjk > MOSTLY * len(signs) else "13a"
        self.vocabulary = self.material.vocabularies[1]

    def of(self, outcome: Outcome, condition: str) -> Scores:
        """Of a network's answers under a condition."""
        found = outcome.predictions[condition]
        rows = found.examples
        key = rows.tobytes()
        if key not in self._known:
            self._known[key] = self._score([self.right[row] for row in rows.tolist()])
        answers = [answer_text(self.vocabulary, answer, none="") for answer in found.predicted]
        return self._known[key](answers)

    def _score(self, right: Sequence[str]) -> Score:
        from sacrebleu.metrics import BLEU, CHRF

        # force: what a user has given is not warned of, whatever its sentences end with.
        metrics: tuple[Any, Any] = (
            BLEU(tokenize=self.tokenizer, force=True, references=[right]),
            CHRF(references=[right]),
        )
        one, other = (str(metric.get_signature()) for metric in metrics)
        self.signatures = (one, other)

        def score(answers: Sequence[str]) -> Scores:
            one, other = (float(metric.corpus_score(answers, None).score) for metric in metrics)
            return one, other

        return score


def _table(
    comparison: Comparison,
    found: Mapping[tuple[str, str], Sequence[Scores]],
    scored: _Scored,
) -> Table:
    """One line a condition and model."""
    signed = "; ".join(
        f"{name} {signature}" for name, signature in zip(NAMES, scored.signatures, strict=True)
    )
    rows = tuple(
        (
            condition,
            name,
            share_text(comparison.models[name].misclassification[condition]),
            *(_spread([scores[i] for scores in group]) for i in range(len(NAMES))),
        )
        for (condition, name), group in found.items()
    )
    return Table(
        "bleu",
        "",
        ("condition", "model", "sentences wrong", *NAMES),
        rows,
        "BLEU and chrF: of all answers under a condition together, against the translations as "
        "they are written, from 0, nothing in common, to 100, all as they are; "
        f"{over_seeds(comparison)}; sacrebleu's signatures: {signed}",
        keys=2,
    )


def _spread(values: Sequence[float]) -> str:
    """Mean over seeds ± standard deviation; with one seed its value."""
    found = st.spread(values)
    return f"{found.mean:.1f}" if found.sd is None else f"{found.mean:.1f} ± {found.sd:.1f}"
