"""From a plan's runs to a comparison that knows what was asked of its models."""

from __future__ import annotations

from pathlib import Path

from structbench.experiment.comparison import ComparisonSpec
from structbench.experiment.sweep import make_comparison_plan
from structbench.launch.campaign import comparison_of, sweep_points_compared
from structbench.launch.execution import Execution
from structbench.launch.launchers import Observer


def test_networks_of_two_depths_are_compared_with_each_other(tmp_path: Path) -> None:
    spec = ComparisonSpec.model_validate(
        {
            "models": {
                "deep": {"family": "gcn", "depth": 3, "hidden": 4},
                "shallow": {"family": "gcn", "hidden": 4},
                "fnn": {"family": "fnn", "hidden": [4]},
            },
            "seeds": 1,
            "data": {"name": "karate"},
            "training": {"epochs": 2},
            "conditions": ["clean", "training"],
        }
    )
    execution = Execution(runs_dir=tmp_path, launcher="serial")
    plan = make_comparison_plan(spec, "cpu", execution.data_folder)
    swept = sweep_points_compared(plan, execution, Observer())
    assert swept
    found = comparison_of(plan, swept, "")
    assert found.chains == (("shallow", "deep"),)
    assert [(d.model, d.baseline, d.condition) for d in found.deeper] == [
        ("deep", "shallow", "clean"), ("deep", "shallow", "training"),
    ]  # fmt: skip
    assert found.models["deep"].options["depth"] == 3
    assert {model.steps for model in found.models.values()} == {2}
