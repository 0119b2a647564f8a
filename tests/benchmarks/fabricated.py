"""Attempt runs that nobody trained, for commands that only read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from structbench.experiment.comparison import load_comparison, make_plan
from structbench.experiment.run import Run
from structbench.models.layer_table import LayerRow
from structbench.models.layers import Conv
from structbench.outcome import Outcome
from structbench.store.runs import Store
from tests.made import CLASSES, errors, outcome_of


def fabricate(models: Sequence[str], seeds: int, images: int, root: Path) -> None:
    """The run folders of `structbench compare MODELS --seeds N`, complete and checksummed.

    images: answers in each, 10,000 where a report is to be written; the networks err by
        chance on a tenth of them under the first condition, on a fifth under the second
    """
    plan = make_plan(load_comparison(models, [f"seeds={seeds}"]), "cpu", Path())
    store = Store(root)
    labels = plan.spec.data.dataset.read(Path())[1].labels[:images]
    for run in plan.in_order:
        store.begin(run, {})
        store.finish(run, _outcome(run, labels), save(_weights(run)))


def _outcome(run: Run, labels: NDArray[np.int64]) -> Outcome:
    """Made by hand, then given the real labels: the report refuses others."""
    seed, conditions = run.experiment.seed, run.experiment.conditions
    wrong = {c: errors(0.1 * i, seed, examples=len(labels)) for i, c in enumerate(conditions, 1)}
    outcome = outcome_of(run.experiment.model.family, seed, wrong, run.id)
    answers = {
        condition: replace(answer, predicted=(labels + wrong[condition]) % CLASSES, labels=labels)
        for condition, answer in outcome.predictions.items()
    }
    return replace(outcome, predictions=answers)


def _weights(run: Run) -> dict[str, NDArray[np.float32]]:
    """Ones, named and shaped as the first layer's: the report draws no others."""
    rows = [row for row in run.experiment.layer_table.rows if row.parameters.value]
    return {f"{row.name}.weight": np.ones(_shape(row), np.float32) for row in rows[:1]}


def _shape(row: LayerRow) -> tuple[int, ...]:
    window = row.layer.window(row.input_shape) if isinstance(row.layer, Conv) else ()
    return (row.output_shape[0], row.input_shape[0], *window)
