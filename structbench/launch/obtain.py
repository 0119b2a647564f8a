"""One run: found again if it is finished, otherwise trained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.errors import Interrupted
from structbench.experiment.run import Run
from structbench.outcome import Outcome
from structbench.store import Store

if TYPE_CHECKING:
    from structbench.training.loop import Progress, Report


def obtain(
    run: Run,
    store: Store,
    data_folder: Path,
    threads: int | None = None,
    report: Report | None = None,
) -> Outcome:
    """The outcome of a run under all of its conditions, at the least cost.

    Finished with all conditions: read. Finished without some: evaluated for those.
    Unfinished: trained on from its checkpoint. Interrupted if Ctrl-C comes in between.
    """
    if store.is_finished(run):
        return add_conditions(run.id, run.experiment.conditions, store, data_folder)
    try:
        return _train(run, store, data_folder, threads, report)
    except KeyboardInterrupt:
        kept = store.checkpoint(run).exists()
        raise Interrupted(
            "stopped; the same command goes on from the last finished epoch"
            if kept
            else "stopped before the first epoch was finished; the same command starts again"
        ) from None


def add_conditions(
    name: str, conditions: Sequence[str], store: Store, data_folder: Path
) -> Outcome:
    """The outcome of a finished run, evaluated for those conditions it lacks."""
    run, outcome = store.read(name)
    missing = [condition for condition in conditions if condition not in outcome.predictions]
    if not missing:
        return outcome
    from structbench.perform import evaluate

    started = time.perf_counter()
    predictions = evaluate(run, store.weights(name), missing, data_folder)
    return store.add(run, outcome.with_predictions(predictions, time.perf_counter() - started))


def _train(
    run: Run, store: Store, data_folder: Path, threads: int | None, report: Report | None
) -> Outcome:
    import torch

    from structbench.perform import perform
    from structbench.provenance import provenance
    from structbench.training.checkpoint import checkpoint_threads

    def note(progress: Progress) -> None:
        if progress.history:
            store.write_history(run, progress.history)
        if report:
            report(progress)

    # The order of a sum depends on how many threads share it: go on as it was begun.
    threads = threads or checkpoint_threads(store.checkpoint(run)) or torch.get_num_threads()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        store.begin(run, provenance(run.data_digest))
        performed = perform(run, data_folder, store.checkpoint(run), note)
    finally:
        torch.set_num_threads(before)
    return store.finish(run, performed.outcome, performed.weights)
