"""Several runs at a time on this machine, each in a process of its own.

One that dies (out of memory, killed) takes the run it was at with it and no other, and its place
gets a new one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from structbench.errors import ConfigError, RunFailed
from structbench.experiment.cost import cost
from structbench.experiment.run import Run
from structbench.launch import server
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.room import Room
from structbench.launch.worker import Worker, in_pool
from structbench.machine.signals import deferred

if TYPE_CHECKING:
    from structbench.launch.launchers import OnRunProgress
    from structbench.training.progress import Progress

# One thread at a time: what a process is started with is global.
_STARTING = threading.Lock()


def processes(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    """Yield what became of each run, as they end, begun with those that take longest.

    ConfigError where no process can be started.
    """
    if in_pool():
        raise ConfigError("a process of a pool may start no others: leave out jobs and launcher")
    pool = _Pool(runs, execution)
    try:
        pool.fill()
        while busy := {worker.pipe: worker for worker in pool.workers if worker.run}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]
                run = worker.run
                assert run
                told = pool.hear(worker)
                if isinstance(told, Attempt):
                    yield told
                elif told:
                    on_progress(run, told)
    finally:
        with deferred():
            for worker in pool.workers:
                worker.pipe.close()
        for worker in pool.workers:
            worker.process.join()


class _Pool:
    """The processes, and the runs that wait for one."""

    def __init__(self, runs: Sequence[Run], execution: Execution):
        self.execution, self.workers = execution, list[Worker]()
        # The longest first, so that no core waits at the end for one that came last.
        self.waiting = deque(sorted(runs, key=cost, reverse=True))
        self.room = Room.of(runs[0].device, execution)
        self.tried_again = set[str]()
        self.forks = server.can_fork(runs[0].device)
        self.data = [run.experiment.data for run in runs]

    def fill(self) -> None:
        """Hand out as many runs as there is room for."""
        while self.waiting and (worker := self._place(self.waiting[0])):
            worker.begin(self.waiting.popleft())

    def _place(self, run: Run) -> Worker | None:
        """A process that has nothing to do, or a new one, where there is room for the run."""
        busy = [worker for worker in self.workers if worker.run]
        idle = next((worker for worker in self.workers if not worker.run), None)
        fresh = sum(worker.fresh for worker in busy)
        if not self.room.is_for(run, len(busy), fresh, idle.taken() if idle else 0):
            return None
        return idle or self._started()

    def _started(self) -> Worker | None:
        """A new process; where there can be no more, those that there are do it all."""
        reason = ""
        for forked in (True, False) if self.forks else (False,):
            try:
                with _STARTING:
                    if forked and not server.runs(self.data, self.execution.data_folder):
                        continue
                    worker = Worker(self.execution, forked)
            except (EOFError, OSError) as error:
                reason = str(error)
                continue
            self.workers.append(worker)
            return worker
        if not self.workers:
            raise ConfigError(f"no process can be started ({reason}); --jobs 1 needs none")
        self.room.most = len(self.workers)
        return None

    def hear(self, worker: Worker) -> Attempt | Progress | None:
        """What a process says; where its run has ended it has the next one before that is seen."""
        run, told = worker.run, worker.hear()
        if told and not worker.dead and self.waiting and self.room.limited:
            self.room.note(worker.expected, worker.taken())
        if worker.dead:
            self.workers.remove(worker)
            if run and isinstance(told, Attempt) and self._is_tried_again(run, told):
                told = None
        self.fill()
        return told

    def _is_tried_again(self, run: Run, told: Attempt) -> bool:
        """Whether a run whose process died comes again: once, beside fewer, and as the last.

        Memory may have been short because so many ran at a time, which nobody asked for.
        """
        failed = isinstance(told.error, RunFailed)
        if not failed or not self.room.limited or run.id in self.tried_again:
            return False
        self.tried_again.add(run.id)
        self.waiting.append(run)
        self.room.most = max(1, len(self.workers))
        return True
