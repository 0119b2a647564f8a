"""StructBench: what is an architecture's prior knowledge worth?

The Python API makes the calls that the command line makes:

    from structbench import load_experiment, train
    outcome = train(load_experiment("cnn"), seed=1)
    outcome.summary.misclassification["translate:2,2"]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structbench.api import evaluate as evaluate
    from structbench.api import train as train
    from structbench.errors import StructBenchError as StructBenchError
    from structbench.experiment.load import load_experiment as load_experiment
    from structbench.experiment.schema import Experiment as Experiment
    from structbench.outcome import Outcome as Outcome

# Name → module, imported when the name is first used: `structbench --help` pays for none.
_EXPORTS = {
    "evaluate": "structbench.api",
    "train": "structbench.api",
    "StructBenchError": "structbench.errors",
    "load_experiment": "structbench.experiment.load",
    "Experiment": "structbench.experiment.schema",
    "Outcome": "structbench.outcome",
}

__all__ = sorted(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'structbench' has no attribute {name!r}")
    return getattr(import_module(_EXPORTS[name]), name)
