"""Several runs at a time on this machine, each in a process of its own.

Each process has a pipe to itself and shares no queue and no lock: one that dies (out of
memory, killed) takes the run it was at with it and no other, and its place gets a new one.
None runs the script again that called: so it may do without a guard, and come from anywhere.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import TYPE_CHECKING

from structbench.errors import (
    ConfigError,
    Interrupted,
    RunFailed,
    StructBenchError,
    notices_on_stderr,
)
from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt, attempt
from structbench.launch.execution import Execution
from structbench.machine.exit import leave
from structbench.machine.hashes import fixed_hashes
from structbench.machine.output import settle_streams
from structbench.machine.signals import STOPS, ignored
from structbench.models.plugins import Loaded, load_same, loaded_plugins

if TYPE_CHECKING:
    from structbench.launch.launchers import OnRunProgress
    from structbench.training.progress import Progress


def processes(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    """Yield what became of each run, as they end; ConfigError where no process can be started."""
    if current_process().daemon:
        raise ConfigError(
            "a process of a pool may start no others: call with jobs=1, or, in a script that is "
            'loaded as a plugin too, within `if __name__ == "__main__":`'
        )
    # More threads than cores make every run slower: each gets its share.
    share = max(1, (os.cpu_count() or 1) // execution.jobs)
    waiting, workers = deque(runs), list[_Worker]()
    try:
        for _ in range(min(execution.jobs, len(runs))):
            workers.append(_Worker(execution, share))
            workers[-1].begin(waiting.popleft())
        while busy := {worker.pipe: worker for worker in workers if worker.run}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                told, run = worker.hear(), worker.run
                assert run
                if not isinstance(told, Attempt):
                    if told:
                        on_progress(run, told)
                    continue
                if worker.dead:
                    workers.remove(worker)
                    if waiting:
                        workers.append(worker := _Worker(execution, share))
                worker.run = None
                if waiting:
                    worker.begin(waiting.popleft())
                yield told
    finally:
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.process.join()


class _Worker:
    """A process, this end of its pipe, and the run that it is at.

    Closing the pipe ends the process: at its next look at the loss, or at once if it waits.
    """

    def __init__(self, execution: Execution, share: int):
        context = get_context("spawn")  # a fork would copy torch's threads and locks half-way
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, execution, share, loaded_plugins())
        self.process = context.Process(target=_work, args=arguments, daemon=True)
        with ignored(), _no_script(), fixed_hashes():
            self.process.start()
        theirs.close()  # so that this end hears when the process dies
        self.run: Run | None = None
        self.ready = self.dead = False

    def begin(self, run: Run) -> None:
        """Hand it a run; where it is dead already, that is heard when it is asked."""
        self.run = run
        try:
            self.pipe.send(run)
        except OSError:
            self.dead = True

    def hear(self) -> Attempt | Progress | None:
        """The next thing it says, first that it is ready; its death is the end of its run."""
        assert self.run
        try:
            told: Attempt | Progress | StructBenchError | None = self.pipe.recv()
        except (EOFError, OSError):
            self.dead = True
            return Attempt(self.run, error=self._death())
        self.ready = True
        if isinstance(told, StructBenchError):
            raise told
        return told

    def _death(self) -> StructBenchError:
        """What the run is not to blame for is not remembered as its failure."""
        self.process.join(10)
        if self.ready or (self.process.exitcode or 0) < 0:  # below 0: by a signal
            return RunFailed("its process died (killed, or the machine was out of memory)")
        return StructBenchError(f"its process could not start (exit code {self.process.exitcode})")


@contextmanager
def _no_script() -> Iterator[None]:
    """A process that is started within does not begin by running this one's script.

    multiprocessing does that to find what is defined there; a run needs nothing of it.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _work(pipe: Connection, execution: Execution, share: int, plugins: Sequence[Loaded]) -> None:
    """What a process does: performs the runs it is handed until the pipe is closed."""
    import torch

    # What stops a command may reach all of its processes: this one ends when its pipe does.
    for stop in STOPS:
        signal.signal(stop, signal.SIG_IGN)
    settle_streams()
    torch.set_num_threads(share)
    try:
        pipe.send(_unprepared(plugins))
        with notices_on_stderr():
            while True:
                run = pipe.recv()
                pipe.send(attempt(run, execution, partial(_tell, pipe)))
    except (EOFError, OSError, Interrupted):
        leave(0)


def _unprepared(plugins: Sequence[Loaded]) -> StructBenchError | None:
    """Load what runs may need; why that cannot be done."""
    try:
        load_same(plugins)
    except StructBenchError as error:
        return error
    return None


def _tell(pipe: Connection, progress: Progress) -> None:
    try:
        pipe.send(progress)
    except OSError:
        raise KeyboardInterrupt from None
