"""A comparison on a graph, from its config to what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structbench import compare
from structbench.experiment.comparison import ComparisonSpec
from structbench.report.sentences import sentences
from structbench.store.results import read_comparison
from tests import kinds


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds.register(monkeypatch)


def asked(data: str, family: str, seeds: int) -> ComparisonSpec:
    model = {"family": family}
    asked: dict[str, Any] = {
        "models": {"a": model, "b": model},
        "data": {"name": data, "validation_size": 10},
        "training": {"steps": 2},
        "recipes": {"b": {"steps": 3}},
        "conditions": ["same"],
        "seeds": seeds,
    }
    return ComparisonSpec.model_validate(asked)


@pytest.mark.parametrize("seeds", [1, 2])
def test_of_a_graph_each_seed_draws_a_split_and_nothing_is_said_over_nodes(
    runs: Path, seeds: int
) -> None:
    found = compare(asked("ring", "neighbours", seeds), runs_dir=runs, launcher="serial")
    assert read_comparison(runs / found.name) == found
    assert (found.kind, found.seed_draws) == ("graph", "split")
    (d,) = found.differences
    assert (d.two_networks, d.seeds_and_examples) == (None, None)
    assert (d.interval is None) == (seeds == 1)
    (said,) = sentences(found)
    assert ("not independent" in said) == (seeds == 1)
    assert ("so over new splits of this graph" in said) == (seeds == 2)
    page = (runs / found.name / "report.html").read_text()
    assert "Wilson" not in page
    assert "Newcombe" not in page


def test_of_other_data_it_draws_the_training(runs: Path) -> None:
    found = compare(asked("echo", "reader", 1), runs_dir=runs, launcher="serial")
    assert found.seed_draws == "training"
    assert found.differences[0].two_networks
    assert found.train_examples
