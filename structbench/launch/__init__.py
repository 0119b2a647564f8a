"""From runs to their outcomes: found again where they are finished, otherwise performed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from structbench.errors import Interrupted, NumericsError, RunFailed, RunFolderError
from structbench.experiment.run import Run
from structbench.launch.attempt import Finished, Site

if TYPE_CHECKING:
    from structbench.training.progress import Progress

RunReport = Callable[[Run, "Progress"], None]

# What would come again. A full disk or missing data are mended, and the run then tried again.
REMEMBERED = (NumericsError, RunFailed)


class Watch:
    """Is told of runs while they are performed. This one keeps it to itself."""

    def step(self, run: Run, progress: Progress) -> None:
        """A run has come this far."""

    def done(self, finished: Finished) -> None:
        """A run has ended."""


def launch(
    runs: Sequence[Run], site: Site, *, jobs: int = 1, watch: Watch | None = None
) -> Iterator[Finished]:
    """Yield each run's outcome, or the error it ended with, as it comes.

    jobs: how many runs at a time, each in a process of its own; 1: one after another here
    watch: is told of each run about once a second, and when it has ended

    Runs that are finished come first and cost no training and no import of torch. One that
    failed before is not tried again, unless the site says so.
    Interrupted where Ctrl-C comes in between; what is finished by then stays.
    """
    watch = watch or Watch()
    try:
        for finished in _launch(runs, site, jobs, watch.step):
            if isinstance(finished.error, REMEMBERED) and not finished.found:
                site.store.write_failure(finished.run, finished.error)
            watch.done(finished)
            yield finished
    except (KeyboardInterrupt, Interrupted) as stop:
        by = stop if isinstance(stop, KeyboardInterrupt) else None
        raise Interrupted("stopped; the same command goes on from there", by) from None


def _launch(runs: Sequence[Run], site: Site, jobs: int, report: RunReport) -> Iterator[Finished]:
    waiting = []
    for run in runs:
        found = _found(run, site)
        if found:
            yield found
        else:
            waiting.append(run)
    if jobs == 1 or len(waiting) <= 1:
        from structbench.launch.serial import serial

        yield from serial(waiting, site, report)
    else:
        from structbench.launch.processes import processes

        yield from processes(waiting, site, jobs, report)


def _found(run: Run, site: Site) -> Finished | None:
    """What a run has ended with before."""
    try:
        if site.store.is_complete(run):
            site.store.tidy(run)
            return Finished(run, site.store.read(run.id)[1], found=True)
        reason = None if site.retry_failed else site.store.failure(run)
        return Finished(run, error=RunFailed(reason), found=True) if reason else None
    except RunFolderError as error:
        return Finished(run, error=error, found=True)
