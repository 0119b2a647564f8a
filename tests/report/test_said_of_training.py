"""What is said where training examples are asked beside test examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from structbench.outcome import Outcome
from structbench.problem import Kind
from structbench.report.focus import focus
from structbench.report.places import examples_text
from structbench.report.text import but_for_training, on
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison
from tests.made import compared, errors, outcome_of

BOTH = ("training", "clean")


def asked(*conditions: str, kind: Kind = "image", others: bool = False) -> Comparison:
    """Of 200 test and 50 training examples; others: whether each seed learned from others."""
    counts = {c: 50 if c == "training" else 200 for c in conditions}
    found: dict[str, list[Outcome]] = {}
    for model in "ab":
        found[model] = []
        for seed in (0, 1):
            wrong = [{c: errors(0.2, seed, examples=n)} for c, n in counts.items()]
            parts = [outcome_of(model, seed, of, first=seed * others * ("training" in of))
                     for of in wrong]  # fmt: skip
            predictions = {c: p for part in parts for c, p in part.predictions.items()}
            found[model].append(replace(parts[0], predictions={}).with_predictions(predictions, 0))
    return compared(found, Asked(kind, "mnist", conditions, "b", 0.005, "structbench compare"))


SAMPLE = "(training: of a sample of"


@pytest.mark.parametrize(
    ("comparison", "text"),
    [
        (asked(*BOTH), f"200 test examples {SAMPLE} training examples)"),
        (asked(*BOTH, others=True), f"200 test examples {SAMPLE} training examples)"),
        (asked(*BOTH, kind="graph"), f"200 test nodes {SAMPLE} the labelled nodes)"),
        (asked("training"), "50 training examples"),
        (asked("training", others=True), "50 training examples, others for each seed"),
        (asked("clean"), "200 test examples"),
    ],
)
def test_what_errors_are_shares_of(comparison: Comparison, text: str) -> None:
    assert examples_text(comparison) == text


def test_each_seed_may_have_learned_from_others() -> None:
    differ = {d.condition: d.examples_differ for d in asked(*BOTH, others=True).differences}
    assert differ == {"training": True, "clean": False}
    assert not any(d.examples_differ for d in asked(*BOTH).differences)


@pytest.mark.parametrize("kind", ["image", "sequence", "graph"])
def test_it_is_never_in_focus_before_another(kind: Kind) -> None:
    assert focus(asked(*BOTH, kind=kind)) == "clean"
    assert focus(asked("training", kind=kind)) == "training"
    assert focus(asked("clean", "training", "invert")) == "invert"


def test_it_is_named_as_what_it_is() -> None:
    assert on("training") == "on training examples"
    assert on("training", "graph") == "on the labelled nodes"


def test_nothing_is_said_to_be_new_that_is_not() -> None:
    new, more = "Errors on what was never learned from.", "Those of condition training were"
    assert but_for_training(new, BOTH) == f"{new} {more} learned from."
    assert but_for_training(new, ["clean"]) == new
    assert but_for_training("The numbers.", BOTH) == "The numbers."
