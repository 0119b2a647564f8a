"""A comparison on a graph, from its config to what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from structbench import compare
from structbench.experiment.comparison import ComparisonSpec
from structbench.report.sentences import sentences
from structbench.store.results import read_comparison

SOCIAL = {"name": "social", "nodes": 60, "train_size": 10, "test_size": 50}


def asked(data: dict[str, Any], *families: str, seeds: int) -> ComparisonSpec:
    asked: dict[str, Any] = {
        "models": {family: {"family": family} for family in families},
        "data": data,
        "training": {"steps": 2},
        "conditions": ["clean"],
        "seeds": seeds,
    }
    return ComparisonSpec.model_validate(asked)


@pytest.mark.parametrize(
    ("data", "draws", "new", "seeds"),
    [
        ({"name": "karate", "train_per_class": 2}, "split", "new splits of this graph", 1),
        (SOCIAL, "graph", "new graphs", 2),
    ],
    ids=["karate", "social"],
)
def test_of_a_graph_it_is_said_what_seeds_draw_and_nothing_over_nodes(
    data: dict[str, Any], draws: str, new: str, seeds: int, runs: Path
) -> None:
    found = compare(asked(data, "gcn", "fnn", seeds=seeds), runs_dir=runs, launcher="serial")
    assert read_comparison(runs / found.name) == found
    assert (found.kind, found.seed_draws) == ("graph", draws)
    assert found.train_examples == (4 if draws == "split" else 10)
    (d,) = found.differences
    assert (d.two_networks, d.seeds_and_examples) == (None, None)
    assert (d.interval is None) == (seeds == 1)
    (said,) = sentences(found)
    assert ("not independent" in said) == (seeds == 1)
    page = (runs / found.name / "report.html").read_text()
    assert (f"so over {new}" in page) == (f"so over {new}" in said) == (seeds == 2)
    assert "Wilson" not in page
    assert "Newcombe" not in page
