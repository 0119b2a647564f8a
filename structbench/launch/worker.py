"""A process that performs runs: both ends of its pipe.

It shares no queue and no lock with others. It does not run the script again that called: so that
may do without a guard, and come from anywhere.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from types import ModuleType
from typing import TYPE_CHECKING, Any

from structbench.errors import (
    ConfigError,
    Interrupted,
    RunFailed,
    StructBenchError,
    notices_on_stderr,
)
from structbench.experiment.cost import memory
from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt, attempt
from structbench.launch.execution import Execution
from structbench.machine.exit import leave
from structbench.machine.hashes import VARIABLE as HASHES
from structbench.machine.hashes import fixed_hashes
from structbench.machine.limits import memory_of
from structbench.machine.output import settle_streams
from structbench.machine.signals import STOPS, deferred, ignored
from structbench.models.plugins import Loaded, load_same, loaded_plugins

if TYPE_CHECKING:
    from structbench.training.progress import Progress

# Of the processes that perform runs.
NAME = "structbench run"


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


class Worker:
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
