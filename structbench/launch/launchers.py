"""From runs to their outcomes: found again where they are finished, otherwise performed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from structbench.errors import (
    ConfigError,
    Held,
    Interrupted,
    NumericsError,
    RunFailed,
    RunFolderError,
    nearest,
    notice,
)
from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.processes import processes
from structbench.launch.ray import on_ray
from structbench.launch.room import at_once
from structbench.launch.serial import serial
from structbench.launch.worker import in_pool
from structbench.store.runs import Store

if TYPE_CHECKING:
    from structbench.training.progress import Progress

OnRunProgress = Callable[[Run, "Progress"], None]
Launcher = Callable[[Sequence[Run], Execution, OnRunProgress], Iterator[Attempt]]

LAUNCHERS: dict[str, Launcher] = {
    "serial": serial,  # one after another, in this process
    "processes": processes,  # so many jobs at a time, each in a process of its own
    "ray": on_ray,  # as many at a time as a cluster has room for
}

# Seconds between two looks at runs that other processes are at.
LOOK_EVERY = 0.5

# What would come again. A full disk or missing data are mended, and the run then tried again.
REMEMBERED = (NumericsError, RunFailed)


class Observer:
    """Is told of runs while they are performed. This one keeps it to itself."""

    def step(self, run: Run, progress: Progress) -> None:
        """A run has come this far."""

    def done(self, attempt: Attempt) -> None:
        """A run has ended."""


def launch(
    runs: Sequence[Run], execution: Execution, observer: Observer | None = None
) -> Iterator[Attempt]:
    """Yield each run's outcome, or the error it ended with, as it comes.

    observer: is told of each run about once a second, and when it has ended

    Runs that are finished come first and cost no training and no import of torch. One that
    failed before is not tried again, unless that is asked for.
    ConfigError where the launcher is not known or cannot be had.
    Interrupted where Ctrl-C comes in between.
    """
    observer = observer or Observer()
    launcher = execution.launcher
    if launcher is not None and launcher not in LAUNCHERS:
        raise ConfigError(f"no launcher {launcher!r}; {nearest(launcher, LAUNCHERS)}")
    with stoppable():
        for ended in _launch(runs, execution, observer.step):
            if isinstance(ended.error, REMEMBERED) and not ended.found:
                execution.store.write_failure(ended.run, ended.error)
            observer.done(ended)
            yield ended


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM are Interrupted: what is finished by then stays."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        raise Interrupted("stopped; the same command goes on from there", stop) from None


def _launch(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    """A run that another process is at is come back to when the others have ended."""
    held, said = list[tuple[Run, Held]](), False
    while runs:
        for ended in _found_or_performed(runs, execution, on_progress):
            if isinstance(ended.error, Held):
                held.append((ended.run, ended.error))
            else:
                yield ended
        if held and not said:
            notice(_waiting_for([error.who for _, error in held]))
            said = True
        runs = _free([run for run, _ in held], execution.store)
        free = {run.id for run in runs}
        held = [(run, error) for run, error in held if run.id not in free]


def _free(held: Sequence[Run], store: Store) -> list[Run]:
    """Those that their process has let go of; there is one as soon as this returns."""
    while held:
        if free := [run for run in held if not store.is_held(run)]:
            return free
        time.sleep(LOOK_EVERY)
    return []


def _waiting_for(held: Sequence[str]) -> str:
    """How many runs are not free, and who is at the first of them."""
    if len(held) == 1:
        return f"{held[0]}: waiting for it"
    return f"{len(held)} runs are held by other processes, {held[0]}: waiting for them"


def _found_or_performed(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    waiting = []
    for run in runs:
        found = _found(run, execution)
        if found:
            yield found
        else:
            waiting.append(run)
    if waiting:
        _try_own_models(waiting, execution)
        yield from _launcher(waiting, execution)(waiting, execution, on_progress)


def _launcher(runs: Sequence[Run], execution: Execution) -> Launcher:
    """The one that was asked for; otherwise processes, where more than one is of use."""
    if execution.launcher:
        return LAUNCHERS[execution.launcher]
    several = execution.jobs or (1 if in_pool() else at_once(runs[0].device, execution))
    return LAUNCHERS["processes" if several > 1 and len(runs) > 1 else "serial"]


def _try_own_models(runs: Sequence[Run], execution: Execution) -> None:
    """ConfigError, before anything is trained, where a user's own model would fail."""
    own = [run for run in runs if type(run.experiment.model).source]
    once = {run.experiment.model_copy(update={"seed": 0}).model_dump_json(): run for run in own}
    for run in once.values():
        from structbench.perform import try_out

        # Of a cluster's devices this machine may have none.
        here = replace(run, device="cpu") if execution.launcher == "ray" else run
        try_out(here, execution.data_folder)


def _found(run: Run, execution: Execution) -> Attempt | None:
    """What a run has ended with before."""
    store = execution.store
    try:
        if store.is_complete(run):
            store.tidy(run)
            return Attempt(run, store.read(run.id)[1], found=True)
        reason = None if execution.retry_failed else store.failure(run)
        return Attempt(run, error=RunFailed(reason), found=True) if reason else None
    except RunFolderError as error:
        return Attempt(run, error=error, found=True)
