"""From runs to their outcomes: found again where they are finished, otherwise performed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.errors import Interrupted, RunFolderError
from structbench.experiment.run import Run
from structbench.launch.attempt import Finished, Site
from structbench.store import Store

if TYPE_CHECKING:
    from structbench.training.loop import Progress

RunReport = Callable[[Run, "Progress"], None]


class Watch:
    """Is told of runs while they are performed. This one keeps it to itself."""

    def step(self, run: Run, progress: Progress) -> None:
        """A run has come this far."""

    def done(self, finished: Finished) -> None:
        """A run has ended."""


def launch(
    runs: Sequence[Run],
    store: Store,
    data_folder: Path,
    *,
    jobs: int = 1,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Iterator[Finished]:
    """Yield each run's outcome, or the error it ended with, as it comes.

    jobs: how many runs at a time, each in a process of its own; 1: one after another here
    threads: CPU threads of each run; None: what torch chooses, or its share of the cores
    watch: is told of each run about once a second, and when it has ended

    Runs that are finished come first and cost no training and no import of torch.
    Interrupted where Ctrl-C comes in between; what is finished by then stays.
    """
    watch = watch or Watch()
    try:
        for finished in _launch(runs, Site(store, data_folder, threads), jobs, watch.step):
            watch.done(finished)
            yield finished
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("stopped; the same command goes on from there") from None


def _launch(runs: Sequence[Run], site: Site, jobs: int, report: RunReport) -> Iterator[Finished]:
    waiting = []
    for run in runs:
        try:
            complete = site.store.is_complete(run)
            if complete:
                yield Finished(run, site.store.read(run.id)[1], found=True)
        except RunFolderError as error:
            yield Finished(run, error=error)
        else:
            waiting.extend([] if complete else [run])
    if jobs == 1 or len(waiting) <= 1:
        from structbench.launch.serial import serial

        yield from serial(waiting, site, report)
    else:
        from structbench.launch.processes import processes

        yield from processes(waiting, site, jobs, report)
