"""Is every file of a folder what it was when it was written?"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from structbench.errors import RunFolderError
from structbench.machine.files import read_json, require_whole
from structbench.results.comparison import COMPARISON, Comparison
from structbench.results.sweep import SWEEP
from structbench.store.results import read_comparison, read_sweep
from structbench.store.run_files import (
    FAILURE,
    HISTORY,
    OUTCOME,
    PROVENANCE,
    checked,
    checkpoints,
    progress,
    read_predictions,
    read_summary,
    require_its_name,
)
from structbench.store.runs import Check, Store


def check(folder: Path) -> Check:
    """Look at every file of a run, comparison or sweep that can be known to be damaged."""
    if (folder / COMPARISON).exists():
        return _checked(folder, "comparison", _comparison(folder))
    if (folder / SWEEP).exists():
        return _checked(folder, "sweep", _sweep(folder))
    if (folder / OUTCOME).exists():
        return _checked(folder, "finished", _finished(folder))
    state = "failed" if (folder / FAILURE).exists() else "unfinished"
    return _checked(folder, state, _unfinished(folder))


# What to look at; the look raises a RunFolderError where something is wrong.
Look = Callable[[], object]


def _checked(folder: Path, state: str, looks: Iterator[Look]) -> Check:
    problems, files = [], 0
    try:
        for look in looks:
            files += 1
            try:
                look()
            except RunFolderError as error:
                problems.append(str(error))
    except RunFolderError as error:  # what else there is to look at cannot be known
        problems.append(str(error))
    return Check(folder.name, state, files, tuple(problems))


def _comparison(folder: Path) -> Iterator[Look]:
    """Its numbers, and that the runs are there that they come from; the rest is made of these."""
    yield from _runs(read_comparison(folder), Store(folder.parent))


def _sweep(folder: Path) -> Iterator[Look]:
    """As a comparison, at each of its points."""
    store = Store(folder.parent)
    for point in read_sweep(folder).points:
        yield from _runs(point.comparison, store)


def _runs(comparison: Comparison, store: Store) -> Iterator[Look]:
    for run in (run for model in comparison.models.values() for run in model.runs):
        yield partial(store.require_finished, run)
    if comparison.without_structure:
        yield from _runs(comparison.without_structure, store)


def _finished(folder: Path) -> Iterator[Look]:
    summary = read_summary(folder)
    yield partial(require_its_name, folder)
    yield partial(_require_shares, folder)
    for name, digest in summary.files.items():
        yield partial(checked, folder, name, digest)


def _require_shares(folder: Path) -> None:
    """The outcome's misclassification is that of its predictions."""
    summary = read_summary(folder)
    for condition, share in summary.misclassification.items():
        found = float(read_predictions(folder, condition, summary).wrong.mean())
        if found != share:
            raise RunFolderError(
                f"{folder / OUTCOME} says {share} for {condition}, and its predictions {found}"
            )


def _unfinished(folder: Path) -> Iterator[Look]:
    yield partial(require_its_name, folder)
    for name in (PROVENANCE, FAILURE):
        if (folder / name).exists():
            yield partial(read_json, folder / name)
    if (folder / HISTORY).exists():
        yield partial(_require_whole_lines, folder)
    for path in checkpoints(folder).all():
        yield partial(require_whole, path)


def _require_whole_lines(folder: Path) -> None:
    if "torn" in (come := progress(folder)):
        raise RunFolderError(f"{folder / HISTORY}: {come}")
