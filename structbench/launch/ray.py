"""Several runs at a time on a Ray cluster: of this machine, or of many.

Tasks, retries, resources and scheduling are Ray's. The driver alone reads and writes the runs
folder: it holds a run's lock from before its task is begun until its files are written.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import threading
import uuid
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, RunFailed, StructBenchError, notice
from structbench.experiment.run import Run
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.task import Board, Reply, Task, folder_of, pack, perform_task, unpack
from structbench.machine.signals import as_raised
from structbench.models.plugins import loaded_plugins

if TYPE_CHECKING:
    from structbench.launch.launchers import OnRunProgress

# How often Ray tries a task again whose worker or node has died. An error in a run is no death.
RETRIES = 3
# Tasks given to Ray for each that the cluster can perform at once: a place that falls free has
# its next one there already, and not more than so many results wait in memory to be written.
AHEAD = 4
# Seconds between two looks at how far the runs are.
LOOK_EVERY = 1.0


def on_ray(
    runs: Sequence[Run], execution: Execution, on_progress: OnRunProgress
) -> Iterator[Attempt]:
    """Yield what became of each run, as they end.

    How many run at a time is for Ray to say, by the share of the cluster each takes.

    ConfigError where Ray is not installed, or the cluster is not to be had.
    """
    with _connected(execution.address) as ray, as_raised():
        for device in {run.device for run in runs}:
            _say_where_no_room(ray, execution.share(device))
        driver = _Driver(ray, execution)
        waiting = deque(runs)
        try:
            while waiting or driver.under_way:
                yield from driver.begin_some(waiting)
                if driver.under_way:
                    yield from driver.ended()
                driver.tell(on_progress)
        finally:
            driver.stop()


@dataclass
class _Driver:
    """Hands runs to Ray and writes what comes back. ray: the module"""

    ray: Any
    execution: Execution
    under_way: dict[Any, tuple[Run, ExitStack]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sitting = uuid.uuid4().hex
        self.plugins = loaded_plugins()
        # Losing the board loses words, not runs.
        board = self.ray.remote(Board).options(num_cpus=0, max_restarts=-1)
        self.board = board.remote()
        self.words = self.board.take.remote()
        self.task = self.ray.remote(perform_task)

    def begin_some(self, waiting: deque[Run]) -> Iterator[Attempt]:
        """Begin as many as there is room for; yields those that cannot be begun."""
        while waiting and len(self.under_way) < self._room(waiting[0]):
            run = waiting.popleft()
            try:
                self._begin(run)
            except StructBenchError as error:
                yield Attempt(run, error=error)

    def _room(self, run: Run) -> int:
        """How many tasks may be under way; grows and shrinks with the cluster."""
        there, share = self.ray.cluster_resources(), self.execution.share(run.device)
        at_once = min(
            there.get(name, 0) // share[option]
            for name, option in (("CPU", "num_cpus"), ("GPU", "num_gpus"))
            if share[option]
        )
        return AHEAD * max(1, int(at_once))

    def _begin(self, run: Run) -> None:
        execution, store = self.execution, self.execution.store
        with ExitStack() as lock:
            lock.callback(_delete_if_empty, store.folder(run))
            lock.enter_context(store.hold(run))
            task = Task(
                pickle.dumps(run),
                self.plugins,
                pack(store.folder(run)),
                replace(execution, data_dir=execution.data_folder.absolute()),
                sys.argv,
                self.sitting,
            )
            options = {"max_retries": RETRIES, **execution.share(run.device)}
            ref = self.task.options(**options).remote(pickle.dumps(task), self.board)
            self.under_way[ref] = (run, lock.pop_all())

    def ended(self) -> Iterator[Attempt]:
        """Write and yield one that has ended, if there is one before long."""
        done, _ = self.ray.wait(list(self.under_way), timeout=LOOK_EVERY)
        for ref in done:
            run, lock = self.under_way.pop(ref)
            with lock:
                ended = self._written(run, ref)
            yield ended

    def _written(self, run: Run, ref: Any) -> Attempt:
        store = self.execution.store
        try:
            reply: Reply = pickle.loads(self.ray.get(ref))
            unpack(store.folder(run), reply.files, reply.gone)
            return reply.attempt
        except StructBenchError as error:
            return Attempt(run, error=error)
        except self.ray.exceptions.RayTaskError as error:
            reason = str(error).strip().splitlines()[-1]
            return Attempt(run, error=ConfigError(f"a worker cannot perform runs: {reason}"))
        except self.ray.exceptions.RayError as error:
            kind = type(error).__name__
            reason = f"lost on the cluster ({kind}; Ray tries a run {RETRIES + 1} times)"
            store.begin(run, {"lost": reason})
            return Attempt(run, error=RunFailed(reason))

    def tell(self, on_progress: OnRunProgress) -> None:
        """Report the words that runs have left since the last time."""
        ready, _ = self.ray.wait([self.words], timeout=0)
        if not ready:
            return
        words: dict[str, bytes] = {}
        with suppress(self.ray.exceptions.RayError):
            words = self.ray.get(self.words)
        self.words = self.board.take.remote()
        for run, _ in list(self.under_way.values()):
            if run.id in words:
                on_progress(run, pickle.loads(words[run.id]))

    def stop(self) -> None:
        """Let go of the runs, and cancel what is under way."""
        for _, lock in self.under_way.values():
            lock.close()
        shutil.rmtree(folder_of(self.sitting), ignore_errors=True)
        # Who is connected may disconnect first; a call would then start a cluster.
        if self.ray.is_initialized():
            with suppress(self.ray.exceptions.RayError):
                for ref in self.under_way:
                    self.ray.cancel(ref, force=True)
                self.ray.kill(self.board)


def _delete_if_empty(folder: Path) -> None:
    """A run that was begun and not ended leaves nothing where there was nothing."""
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected to the cluster; a cluster that was started here ends here.

    A program that is connected already stays connected, whatever the address.
    """
    try:
        import ray
    except ImportError:
        raise ConfigError('--launcher ray needs Ray: pip install "ray[client]>=2.40"') from None
    if ray.is_initialized():
        yield ray
        return
    try:
        _connect(ray, address)
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    try:
        if address != "local":
            _init(ray, address, **quiet)
            return
    except (ConnectionError, ValueError) as error:
        reason = str(error).partition(". ")[0]
        if address != "auto" or "RAY_ADDRESS" in os.environ:
            # Ray's client says the same of a cluster that refused it as of none.
            asks = address.startswith("ray://") and "RAY_AUTH_MODE" not in os.environ
            hint = "; if it asks for a token, set RAY_AUTH_MODE=token" if asks else ""
            raise ConfigError(f"no Ray cluster at {address}: {reason}{hint}") from None
        notice(f"{reason}: starting one on this machine")
    _init(ray, "local", include_dashboard=False, **quiet)


def _init(ray: Any, address: str, **options: Any) -> None:
    """ray.init; what it warns of is said by its errors too.

    It exits on SIGTERM, with no chance to clean up: who handled that before does so after.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(address, **options)
    finally:
        if main:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _say_where_no_room(ray: Any, share: dict[str, float]) -> None:
    """A run that no node has room for waits, as the cluster may grow on demand; say that it does.

    share: see Execution.share
    """
    wanted = {"CPU": share["num_cpus"], "GPU": share["num_gpus"]}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(all(node.get(k, 0) >= v for k, v in wanted.items()) for node in nodes):
        asked = " and ".join(f"{number:g} {kind}" for kind, number in wanted.items() if number)
        notice(f"no node of the Ray cluster has {asked}: waiting for one")
