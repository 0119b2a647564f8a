"""One run: found again if it is finished, otherwise trained."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.errors import Interrupted, RunFailed, StructBenchError
from structbench.experiment.cost import threads as usual_threads
from structbench.experiment.run import Run
from structbench.launch.execution import Execution
from structbench.machine.signals import deferred
from structbench.machine.threads import wait_asleep
from structbench.models.failures import told_error
from structbench.outcome import Outcome
from structbench.store.runs import Store

if TYPE_CHECKING:
    from structbench.training.progress import OnProgress, Progress
    from structbench.translation import Translation


def obtain(
    run: Run,
    execution: Execution,
    on_progress: OnProgress | None = None,
    *,
    force: bool = False,
    threads: int | None = None,
) -> Outcome:
    """The outcome of a run under all of its conditions, at the least cost.

    Finished with all conditions: read. Finished without some: evaluated for those.
    Unfinished: trained on from its checkpoint. Interrupted if Ctrl-C comes in between, Held
    where another process is at it and is not to be waited for.

    force: train anew
    threads: where neither `execution` nor an unfinished run says how many; None: as many as its
        experiment can share
    """
    store, data_folder = execution.store, execution.data_folder
    if not force and store.is_complete(run):
        store.tidy(run)
        return store.read(run.id)[1]
    try:
        with store.hold(run, execution.wait):
            if force:
                store.discard(run)
            if store.is_finished(run):  # perhaps by the process that was waited for
                return _evaluate(run.id, run.experiment.conditions, store, data_folder)
            return _train(run, execution, on_progress, threads)
    except KeyboardInterrupt as stop:
        kept = store.checkpoints(run).newest()
        raise Interrupted(
            "stopped; the same command goes on from the last finished epoch"
            if kept
            else "stopped before the first epoch was finished; the same command starts again",
            stop,
        ) from None


def add_conditions(
    name: str, conditions: Sequence[str], store: Store, data_folder: Path, *, wait: bool = False
) -> Outcome:
    """The outcome of a finished run, evaluated for those conditions it lacks."""
    run, outcome = store.read(name)
    if all(condition in outcome.predictions for condition in conditions):
        store.tidy(run)
        return outcome
    with store.hold(run, wait):
        return _evaluate(name, conditions, store, data_folder)


def _evaluate(name: str, conditions: Sequence[str], store: Store, data_folder: Path) -> Outcome:
    """For whoever holds the run."""
    wait_asleep()
    with deferred():
        from structbench.machine.memory import keep_freed_memory
        from structbench.perform import evaluate

    keep_freed_memory()
    run, outcome = store.read(name)
    missing = [condition for condition in conditions if condition not in outcome.predictions]
    if not missing:
        return outcome
    started = time.perf_counter()
    with _threaded(outcome.summary.threads or 1), _failures_told():
        found = evaluate(run, store.weights_file(name), missing, data_folder)
    seconds = time.perf_counter() - started
    return store.add(run, outcome.with_predictions(found.predictions, seconds, found.notices))


def translate(
    name: str, sentences: Sequence[str], store: Store, data_folder: Path
) -> list[Translation]:
    """What a finished run answers to sentences of a user's own."""
    wait_asleep()
    with deferred():
        from structbench.translation import translations

    run, outcome = store.read(name)
    with _threaded(outcome.summary.threads or 1), _failures_told():
        return translations(run, store.weights_file(name), sentences, data_folder)


def _train(
    run: Run, execution: Execution, on_progress: OnProgress | None, threads: int | None
) -> Outcome:
    wait_asleep()
    with deferred():
        from structbench.machine.memory import keep_freed_memory
        from structbench.machine.provenance import provenance
        from structbench.perform import perform, try_out
        from structbench.training.checkpoint import checkpoint_threads

    def note(progress: Progress) -> None:
        if progress.history:
            store.write_history(run, progress.history)
        if on_progress:
            on_progress(progress)

    keep_freed_memory()
    store = execution.store
    kept = store.checkpoints(run)
    # The order of a sum depends on how many threads share it: go on as it was begun.
    begun = checkpoint_threads(newest) if (newest := kept.newest()) else None
    number = execution.threads or begun or threads
    with _failures_told(), _threaded(number or usual_threads(run.experiment)):
        try_out(run, execution.data_folder)
        store.begin(run, provenance(run.data_digest))
        performed = perform(run, execution.data_folder, kept, note)
    return store.finish(run, performed.outcome, performed.weights)


@contextmanager
def _threaded(number: int) -> Iterator[None]:
    """Within, torch has this many threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _failures_told() -> Iterator[None]:
    """Within, what torch or a user's model raises is a RunFailed.

    torch says that memory is short, or that an operation does not fit, with a RuntimeError; a
    user's model may raise anything.
    """
    try:
        yield
    except (StructBenchError, OSError):
        raise
    except Exception as error:
        raise RunFailed(told_error(error)) from error
