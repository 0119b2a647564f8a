"""The calls behind the command line, for use from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.data.spec import default_data_folder
from structbench.device import DeviceName, resolve_device
from structbench.experiment.load import parse_conditions
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.launch import add_conditions, obtain
from structbench.outcome import Outcome
from structbench.store import Store

if TYPE_CHECKING:
    from structbench.training.loop import Report


def train(
    experiment: Experiment,
    *,
    device: DeviceName = "auto",
    threads: int | None = None,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
    smoke: bool = False,
    force: bool = False,
    report: Report | None = None,
) -> Outcome:
    """The outcome of an experiment: found in `runs_dir` if it is finished, otherwise trained.

    device: "auto" takes CUDA or MPS where there is one
    threads: CPU threads; None: what torch chooses, or what an unfinished run was begun with
    data_dir: where data sets lie or are downloaded to (MNIST is part of the package)
    smoke: 2,000 training and 1,000 test images, one epoch; never mixed with real runs
    force: train anew even if the run is finished
    report: called with a Progress about once a second

    StructBenchError in one of its kinds where that cannot be done.
    """
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    run = make_run(experiment, resolve_device(device), data_folder, smoke)
    store = Store(Path(runs_dir))
    if force:
        store.discard(run)
    return obtain(run, store, data_folder, threads, report)


def evaluate(
    run: str | Path,
    conditions: Sequence[str],
    *,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
) -> Outcome:
    """The outcome of a finished run under these conditions besides those it has.

    run: the name of a run in `runs_dir`, or the path of its folder
    """
    wanted = parse_conditions(conditions)
    store, name = Store.locate(run, Path(runs_dir))
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    return add_conditions(name, wanted, store, data_folder)
