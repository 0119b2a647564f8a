"""What a sweep would do: its runs, which of them have ended, and how long the rest would take."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from structbench.errors import RunFolderError
from structbench.experiment.cost import cost
from structbench.experiment.run import Run
from structbench.experiment.sweep import SweepPlan
from structbench.launch.execution import Execution
from structbench.outcome import Summary
from structbench.store.run_files import read_summary
from structbench.store.runs import Store

State = Literal["finished", "to evaluate", "failed", "unfinished", "new", "damaged"]


@dataclass(frozen=True)
class Expected:
    """A run of the plan.

    state: `to evaluate`: trained, but not tested under all conditions
    seconds: what it took; for one that is to be trained what it may take; None: unknown
    """

    run: str
    label: str
    seed: int
    state: State
    seconds: float | None


@dataclass(frozen=True)
class Forecast:
    """The runs of a plan in their order, and the sum of those that would be performed."""

    runs: tuple[Expected, ...]
    to_do: int
    seconds: float | None
    """Of all that is to be done, one run after another; None where that of one is unknown."""
    based_on: int
    """Finished runs that the estimate is made from."""


def forecast(plan: SweepPlan, execution: Execution) -> Forecast:
    """Look at the run folders; nothing is trained, and nothing is written.

    A run takes as long for its cost as the finished runs of this plan of its family did.
    """
    states = {run.id: _state(run, execution.store) for run in plan.in_order}
    rates: dict[str, list[float]] = defaultdict(list)
    for run in plan.in_order:
        if summary := states[run.id][1]:
            rates[run.experiment.model.family].append(summary.seconds / cost(run))
    rows = []
    for run in plan.in_order:
        state, summary = states[run.id]
        known = rates[run.experiment.model.family]
        seconds = None
        if summary and state == "finished":
            seconds = summary.seconds
        elif known and state in ("new", "unfinished", "failed"):
            seconds = cost(run) * sum(known) / len(known)
        rows.append(Expected(run.id, plan.labels[run.id], run.experiment.seed, state, seconds))
    left = [row.seconds for row in rows if row.state in _doing(execution)]
    known_all = [seconds for seconds in left if seconds is not None]
    total = sum(known_all) if len(known_all) == len(left) else None
    return Forecast(tuple(rows), len(left), total, sum(map(len, rates.values())))


def is_to_do(run: Run, execution: Execution) -> bool:
    """Whether launching the run would do something; one that is damaged is told, and left."""
    return _state(run, execution.store)[0] in _doing(execution)


def _doing(execution: Execution) -> tuple[str, ...]:
    doing = ("new", "unfinished", "to evaluate")
    return (*doing, "failed") if execution.retry_failed else doing


def _state(run: Run, store: Store) -> tuple[State, Summary | None]:
    folder = store.folder(run)
    try:
        if store.is_finished(run):
            complete = store.is_complete(run)
            return "finished" if complete else "to evaluate", read_summary(folder)
        if store.failure(run):
            return "failed", None
    except RunFolderError:
        return "damaged", None
    return "unfinished" if folder.is_dir() else "new", None
