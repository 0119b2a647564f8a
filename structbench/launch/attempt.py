"""One run of several: whatever it ends with is a value, so that the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from structbench.errors import Interrupted, RunFailed, StructBenchError
from structbench.experiment.run import Run
from structbench.launch.execution import Execution
from structbench.launch.obtain import obtain
from structbench.models.failures import told_error
from structbench.outcome import Outcome

if TYPE_CHECKING:
    from structbench.training.progress import OnProgress


@dataclass(frozen=True)
class Attempt:
    """What became of a run: its outcome, or the error that it ended with.

    found: whether nothing was done, because it had ended before
    """

    run: Run
    outcome: Outcome | None = None
    error: StructBenchError | None = None
    found: bool = False


def attempt(run: Run, execution: Execution, on_progress: OnProgress | None = None) -> Attempt:
    """Obtain the outcome of a run; every error but Interrupted becomes a value.

    Runs run beside each other, not threads: each has one, or with Ray the cores that it is given.
    """
    try:
        return Attempt(run, obtain(run, execution, on_progress, threads=execution.cpus_per_run))
    except Interrupted:
        raise
    except StructBenchError as error:
        return Attempt(run, error=error)
    except Exception as error:
        return Attempt(run, error=RunFailed(told_error(error)))
