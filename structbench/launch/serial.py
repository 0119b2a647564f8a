"""One run after another, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt, attempt
from structbench.launch.execution import Execution

if TYPE_CHECKING:
    from structbench.launch.launchers import OnRunProgress


def serial(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    """Yield what became of each run, in order."""
    for run in runs:
        yield attempt(run, execution, partial(on_progress, run))
