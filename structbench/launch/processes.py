"""Several runs at a time on this machine, each in a process of its own.

Each process has a pipe to itself and shares no queue and no lock: one that dies (out of
memory, killed) takes the run it was at with it and no other, and its place gets a new one.
None runs the script again that called: so it may do without a guard, and come from anywhere.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import current_process, forkserver, get_context
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import TYPE_CHECKING, Any

from structbench.errors import (
    ConfigError,
    Interrupted,
    RunFailed,
    StructBenchError,
    notices_on_stderr,
)
from structbench.experiment.cost import cost, memory
from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt, attempt
from structbench.launch.execution import Execution
from structbench.launch.room import Room
from structbench.launch.shared import shared
from structbench.machine.exit import leave
from structbench.machine.hashes import VARIABLE as HASHES
from structbench.machine.hashes import fixed_hashes
from structbench.machine.limits import memory_of
from structbench.machine.output import settle_streams
from structbench.machine.signals import STOPS, deferred, ignored
from structbench.models.plugins import Loaded, load_same, loaded_plugins

if TYPE_CHECKING:
    from structbench.launch.launchers import OnRunProgress
    from structbench.training.progress import Progress


# Of the processes that perform runs.
NAME = "structbench run"


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


def in_pool() -> bool:
    """Whether this process is one of a pool, and may start no others.

    ConfigError where it is one that performs runs: a script that is its own plugin has called.
    """
    if current_process().name == NAME:
        raise ConfigError(
            "a script that is loaded as a plugin too should call what trains within "
            '`if __name__ == "__main__":`'
        )
    return current_process().daemon


class _Pool:
    """The processes, and the runs that wait for one."""

    def __init__(self, runs: Sequence[Run], execution: Execution):
        self.execution, self.workers = execution, list[_Worker]()
        # The longest first, so that no core waits at the end for one that came last.
        self.waiting = deque(sorted(runs, key=cost, reverse=True))
        self.room = Room.of(runs[0].device, execution)
        self.tried_again = set[str]()
        self.forks = can_fork(runs[0].device)
        self.datasets = sorted({run.experiment.data.name for run in runs})

    def fill(self) -> None:
        """Hand out as many runs as there is room for."""
        while self.waiting and (worker := self._place(self.waiting[0])):
            worker.begin(self.waiting.popleft())

    def _place(self, run: Run) -> _Worker | None:
        """A process that has nothing to do, or a new one, where there is room for the run."""
        busy = [worker for worker in self.workers if worker.run]
        idle = next((worker for worker in self.workers if not worker.run), None)
        fresh = sum(worker.fresh for worker in busy)
        if not self.room.is_for(run, len(busy), fresh, idle.taken() if idle else 0):
            return None
        return idle or self._started()

    def _started(self) -> _Worker | None:
        """A new process; where there can be no more, those that there are do it all."""
        reason = ""
        for forked in (True, False) if self.forks else (False,):
            try:
                with _STARTING:
                    if forked and not _server_runs(self.datasets, self.execution):
                        continue
                    worker = _Worker(self.execution, forked)
            except (EOFError, OSError) as error:
                reason = str(error)
                continue
            self.workers.append(worker)
            return worker
        if not self.workers:
            raise ConfigError(f"no process can be started ({reason}); --jobs 1 needs none")
        self.room.most = len(self.workers)
        return None

    def hear(self, worker: _Worker) -> Attempt | Progress | None:
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


def can_fork(device: str) -> bool:
    """Whether a process that has torch loaded survives a fork: not with CUDA, nor with Apple's
    libraries; elsewhere there is none."""
    return sys.platform == "linux" and device == "cpu"


# One thread at a time: what a process is to start with is global.
_STARTING = threading.Lock()
_servers = set[int]()


def _server_runs(datasets: Sequence[str], execution: Execution) -> bool:
    """Start what processes are forked from, if it does not run yet; it ends with this process.

    It computes nothing, so that a fork of it copies no thread or lock half-way. False where the
    program has one of its own, which may have done anything.
    """
    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None and server._forkserver_pid not in _servers:
        return False
    multiprocessing.set_forkserver_preload([shared.__module__])
    with ignored(), fixed_hashes(), shared(datasets, execution.data_folder):
        forkserver.ensure_running()
    _servers.add(server._forkserver_pid)
    return True


class _Worker:
    """A process, this end of its pipe, and the run that it is at.

    Closing the pipe ends the process: at its next look at the loss, or at once if it waits.
    EOFError or OSError where it cannot be started.

    forked: from the server; otherwise it is a new process that loads everything itself
    fresh: whether it has not yet told of a run, and may need more memory than it has
    expected: the most memory that a run it was handed was expected to take
    """

    def __init__(self, execution: Execution, forked: bool):
        context: Any = get_context("forkserver" if forked else "spawn")
        self.forked = forked
        self.run: Run | None = None
        self.fresh, self.ready, self.dead = True, False, False
        self.expected, self.before = 1, 0
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, execution, dict(os.environ), loaded_plugins())
        self.process = context.Process(name=NAME, target=_work, args=arguments, daemon=True)
        # The server's import of torch is waited for: a stop comes after it, and is not lost.
        unstopped = deferred() if forked else ignored()
        try:
            with unstopped, _no_script(), fixed_hashes():
                self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()  # so that this end hears when the process dies

    def begin(self, run: Run) -> None:
        """Hand it a run; where it is dead already, that is heard when it is asked."""
        self.run, self.expected = run, max(self.expected, memory(run.experiment))
        with suppress(OSError):
            self.pipe.send(run)

    def hear(self) -> Attempt | Progress | None:
        """The next thing it says, first that it is ready; its death is the end of its run."""
        run = self.run
        assert run
        try:
            told: Attempt | Progress | StructBenchError | None = self.pipe.recv()
        except (EOFError, OSError):
            self.dead = True
            told = Attempt(run, error=self._death())
        if isinstance(told, StructBenchError):
            raise told
        if not self.ready and self.forked and not self.dead:
            self.before = memory_of(self.process.pid)  # what it shares with the others
        self.ready, self.fresh = True, self.fresh and told is None
        if isinstance(told, Attempt):
            self.run = None
        return told

    def taken(self) -> int:
        """Bytes of memory that it has taken since it was ready."""
        return memory_of(self.process.pid) - self.before

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


def _work(
    pipe: Connection,
    execution: Execution,
    environment: Mapping[str, str],
    plugins: Sequence[Loaded],
) -> None:
    """What a process does: performs the runs it is handed until the pipe is closed."""
    # What stops a command may reach all of its processes: this one ends when its pipe does.
    for stop in STOPS:
        signal.signal(stop, signal.SIG_IGN)
    _take_over(environment)
    settle_streams()
    try:
        pipe.send(problem := _unprepared(plugins))
        if problem:
            leave(0)
        with notices_on_stderr():
            while True:
                run = pipe.recv()
                pipe.send(attempt(run, execution, partial(_tell, pipe)))
    except (EOFError, OSError, Interrupted):
        leave(0)


def _take_over(environment: Mapping[str, str]) -> None:
    """The server's environment is that of its start; a run needs that of its command."""
    for name in os.environ.keys() - environment.keys() - {HASHES}:
        del os.environ[name]
    os.environ.update(environment)


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
