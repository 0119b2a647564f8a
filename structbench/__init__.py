"""StructBench: what is an architecture's prior knowledge worth?

The Python API makes the calls that the command line makes:

    from structbench import load_experiment, train
    outcome = train(load_experiment("cnn", ["seed=1"]))
    outcome.summary.misclassification["translate:2,2"]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structbench.api import compare as compare
    from structbench.api import evaluate as evaluate
    from structbench.api import sweep as sweep
    from structbench.api import train as train
    from structbench.api import translate as translate
    from structbench.api import verify as verify
    from structbench.api import write_report as write_report
    from structbench.data.own.places import open_data as open_data
    from structbench.errors import StructBenchError as StructBenchError
    from structbench.experiment.comparison import ComparisonSpec as ComparisonSpec
    from structbench.experiment.comparison import load_comparison as load_comparison
    from structbench.experiment.load import load_experiment as load_experiment
    from structbench.experiment.schema import Experiment as Experiment
    from structbench.experiment.sweep import SweepSpec as SweepSpec
    from structbench.experiment.sweep import load_sweep as load_sweep
    from structbench.launch.execution import Execution as Execution
    from structbench.models.plugins import load_plugin as load_plugin
    from structbench.models.spec import ModelSpec as ModelSpec
    from structbench.models.torch_model import TorchModel as TorchModel
    from structbench.outcome import Outcome as Outcome
    from structbench.results.comparison import Comparison as Comparison
    from structbench.results.sweep import Sweep as Sweep

# Name → module, imported when the name is first used: `structbench --help` pays for none.
_EXPORTS = {
    "compare": "structbench.api",
    "evaluate": "structbench.api",
    "sweep": "structbench.api",
    "train": "structbench.api",
    "translate": "structbench.api",
    "verify": "structbench.api",
    "write_report": "structbench.api",
    "Comparison": "structbench.results.comparison",
    "StructBenchError": "structbench.errors",
    "ComparisonSpec": "structbench.experiment.comparison",
    "load_comparison": "structbench.experiment.comparison",
    "load_experiment": "structbench.experiment.load",
    "Execution": "structbench.launch.execution",
    "Experiment": "structbench.experiment.schema",
    "SweepSpec": "structbench.experiment.sweep",
    "load_sweep": "structbench.experiment.sweep",
    "ModelSpec": "structbench.models.spec",
    "load_plugin": "structbench.models.plugins",
    "open_data": "structbench.data.own.places",
    "TorchModel": "structbench.models.torch_model",
    "Outcome": "structbench.outcome",
    "Sweep": "structbench.results.sweep",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'structbench' has no attribute {name!r}")
    return getattr(import_module(_EXPORTS[name]), name)
