"""One run of several: whatever it ends with is a value, so that the others go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.errors import Interrupted, RunFailed, StructBenchError
from structbench.experiment.run import Run
from structbench.launch.cluster import Cluster
from structbench.launch.obtain import obtain
from structbench.outcome import Outcome
from structbench.store.runs import Store

if TYPE_CHECKING:
    from structbench.training.progress import OnProgress


@dataclass(frozen=True)
class Site:
    """Where and how runs are performed, and where they are kept.

    threads: CPU threads of each run; None: what torch chooses
    wait: for a run that another process is at
    retry_failed: try those again whose last attempt ended in an error
    launcher: a name in LAUNCHERS; None: serial for one job, processes for several
    jobs: how many runs at a time, each in a process of its own
    cluster: where Ray performs them, if it does
    """

    store: Store
    data_folder: Path
    threads: int | None = None
    wait: bool = False
    retry_failed: bool = False
    launcher: str | None = None
    jobs: int = 1
    cluster: Cluster = field(default_factory=Cluster)


@dataclass(frozen=True)
class Attempt:
    """What became of a run: its outcome, or the error that it ended with.

    found: whether nothing was done, because it had ended before
    """

    run: Run
    outcome: Outcome | None = None
    error: StructBenchError | None = None
    found: bool = False


def attempt(run: Run, site: Site, on_progress: OnProgress | None = None) -> Attempt:
    """Obtain the outcome of a run; every error but Interrupted becomes a value."""
    try:
        outcome = obtain(
            run, site.store, site.data_folder, site.threads, on_progress, wait=site.wait
        )
        return Attempt(run, outcome)
    except Interrupted:
        raise
    except StructBenchError as error:
        return Attempt(run, error=error)
    # torch says that memory is short, or that an operation of a user's model does not fit,
    # with a RuntimeError; a user's model may raise anything.
    except Exception as error:
        return Attempt(run, error=RunFailed(f"{type(error).__name__}: {_first_line(error)}"))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
