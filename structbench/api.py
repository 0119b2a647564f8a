"""The calls behind the command line, for use from Python."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from structbench.data.spec import default_data_folder
from structbench.errors import RunFolderError
from structbench.experiment.comparison import CONFIG, ComparisonSpec, config_text
from structbench.experiment.load import parse_conditions
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.experiment.sweep import CONFIG as SWEEP_CONFIG
from structbench.experiment.sweep import (
    SweepPlan,
    SweepSpec,
    make_comparison_plan,
    make_sweep_plan,
)
from structbench.launch import Observer
from structbench.launch.attempt import Site
from structbench.launch.campaign import (
    comparison_of,
    comparison_of_one,
    sweep_of,
    sweep_points_compared,
)
from structbench.launch.cluster import Cluster
from structbench.launch.forecast import Forecast, forecast
from structbench.launch.obtain import add_conditions, obtain
from structbench.machine.device import DeviceName, resolve_device
from structbench.machine.files import write_bytes
from structbench.machine.lock import hold, tidy
from structbench.outcome import Outcome
from structbench.report.folder import write_report as write_folder
from structbench.report.folder import write_sweep
from structbench.results.comparison import COMPARISON, Comparison
from structbench.results.sweep import SWEEP, Sweep
from structbench.store.results import is_current, read_comparison, read_sweep
from structbench.store.run_files import OUTCOME, RUN
from structbench.store.runs import Check, Store
from structbench.store.verify import check

# What makes a folder a run's, a comparison's or a sweep's.
MARKS = (RUN, OUTCOME, COMPARISON, SWEEP)

if TYPE_CHECKING:
    from structbench.training.progress import OnProgress


def train(
    experiment: Experiment,
    *,
    device: DeviceName = "auto",
    threads: int | None = None,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
    smoke: bool = False,
    force: bool = False,
    wait: bool = False,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """The outcome of an experiment: found in `runs_dir` if it is finished, otherwise trained.

    device: "auto" takes CUDA or MPS where there is one
    threads: CPU threads; None: what torch chooses, or what an unfinished run was begun with
    data_dir: where data sets lie or are downloaded to (MNIST is part of the package)
    smoke: 2,000 training and 1,000 test images, one epoch; never mixed with real runs
    force: train anew even if the run is finished
    wait: for another process that is at the same run, instead of an error
    on_progress: called with a Progress about once a second

    StructBenchError in one of its kinds where that cannot be done.
    """
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    run = make_run(experiment, resolve_device(device), data_folder, smoke)
    store = Store(Path(runs_dir))
    return obtain(run, store, data_folder, threads, on_progress, wait=wait, force=force)


def evaluate(
    run: str | Path,
    conditions: Sequence[str],
    *,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
    wait: bool = False,
) -> Outcome:
    """The outcome of a finished run under these conditions besides those it has.

    run: the name of a run in `runs_dir`, or the path of its folder
    """
    wanted = parse_conditions(conditions)
    store, name = Store.locate(run, Path(runs_dir))
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    return add_conditions(name, wanted, store, data_folder, wait=wait)


class How(TypedDict, total=False):
    """How `compare` and `sweep` perform their runs, and where they are kept.

    device: "auto" takes CUDA or MPS where there is one
    launcher: "serial", "processes" or "ray"; None: serial for one job, processes for several
    jobs: how many runs at a time, each in a process of its own
    address: of the Ray cluster: "auto", "local" or "ray://HOST:PORT"
    cpus_per_run, gpus_per_run: what a run takes of the Ray cluster; see Cluster
    threads: CPU threads of each run; None: what torch chooses, or a job's share of the cores
    runs_dir: "runs" where it is not given
    data_dir: where data sets lie or are downloaded to (MNIST is part of the package)
    wait: for other processes that are at the same runs
    retry_failed: try runs again whose last attempt ended in an error
    """

    device: DeviceName
    launcher: str | None
    jobs: int
    address: str
    cpus_per_run: int
    gpus_per_run: float | None
    threads: int | None
    runs_dir: str | Path
    data_dir: str | Path | None
    wait: bool
    retry_failed: bool


def _site(
    *,
    device: DeviceName = "auto",
    launcher: str | None = None,
    jobs: int = 1,
    address: str = "auto",
    cpus_per_run: int = 1,
    gpus_per_run: float | None = None,
    threads: int | None = None,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
    wait: bool = False,
    retry_failed: bool = False,
) -> tuple[Site, str]:
    """What the options of `How` say, and the device that the runs are for."""
    cluster = Cluster(address, cpus_per_run, gpus_per_run)
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    store = Store(Path(runs_dir))
    site = Site(store, data_folder, threads, wait, retry_failed, launcher, jobs, cluster)
    return site, cluster.device(device) if launcher == "ray" else resolve_device(device)


def compare(
    spec: ComparisonSpec,
    *,
    smoke: bool = False,
    progress: Callable[[SweepPlan], AbstractContextManager[Observer]] | None = None,
    **how: Unpack[How],
) -> Comparison:
    """The comparison of models over seeds, and its folder in `runs_dir` with tables and page.

    Runs that are finished are found again, the others trained. A run that fails is left out
    with its seed and named in `excluded`; PartialFailure where no seed is left.

    smoke: 2,000 training and 1,000 test images, one epoch; never mixed with real runs
    progress: makes the context in which runs are performed, and which is told of them
    """
    site, device = _site(**how)
    store, data_folder = site.store, site.data_folder
    plan = make_comparison_plan(spec, device, data_folder, smoke)
    with progress(plan) if progress else nullcontext(Observer()) as observer:
        swept = sweep_points_compared(plan, site, observer)
        assert swept  # there is no limit that could leave some
        comparison = comparison_of(plan, swept, _command("compare", CONFIG))
        folder = store.root / comparison.name
        if is_current(comparison, folder):
            tidy(folder)
        else:
            with hold(folder, wait=True):
                write_bytes(folder / CONFIG, config_text(spec).encode())
                _write_points(plan, folder)
                write_folder(comparison, folder, store, data_folder)
    return comparison


def sweep(
    spec: SweepSpec,
    *,
    smoke: bool = False,
    fail_fast: bool = False,
    limit: int | None = None,
    progress: Callable[[SweepPlan], AbstractContextManager[Observer]] | None = None,
    **how: Unpack[How],
) -> Sweep | None:
    """The comparisons at all points of a grid and what they say together, and their folder.

    As `compare`, besides:
    fail_fast: PartialFailure at the first run that fails, instead of leaving its seed out
    limit: how many runs to perform now; None is returned, and no report written, if some are left

    PartialFailure where no point has a seed with finished runs of every model.
    """
    site, device = _site(**how)
    plan = make_sweep_plan(spec, device, site.data_folder, smoke)
    with progress(plan) if progress else nullcontext(Observer()) as observer:
        swept = sweep_points_compared(plan, site, observer, fail_fast=fail_fast, limit=limit)
        if swept is None:
            return None
        found = sweep_of(spec, swept, _command("sweep", SWEEP_CONFIG))
        folder = site.store.root / found.name
        if is_current(found, folder):
            tidy(folder)
        else:
            with hold(folder, wait=True):
                write_bytes(folder / SWEEP_CONFIG, config_text(spec).encode())
                _write_points(plan, folder)
                write_sweep(found, folder, site.store)
    return found


def _write_points(plan: SweepPlan, folder: Path) -> None:
    """The config of each comparison that is a part of what the folder is of."""
    if isinstance(plan.spec, SweepSpec):
        for point, _ in plan.points:
            write_bytes(folder / point.config, config_text(point.spec).encode())


def forecast_sweep(spec: SweepSpec, *, smoke: bool = False, **how: Unpack[How]) -> Forecast:
    """The runs of a sweep, which of them are finished, and how long the others may take."""
    site, device = _site(**how)
    return forecast(make_sweep_plan(spec, device, site.data_folder, smoke), site)


def write_report(
    what: str | Path, *, runs_dir: str | Path = "runs", data_dir: str | Path | None = None
) -> Path:
    """Write the tables, figures and page of a comparison, a sweep or a finished run anew.

    what: name in `runs_dir`, or path of the folder; returns the folder that was written
    """
    data_folder = Path(data_dir) if data_dir else default_data_folder()
    store, name = Store.locate(what, Path(runs_dir))
    folder = store.root / name
    if (folder / COMPARISON).exists():
        with hold(folder, wait=True):
            write_folder(read_comparison(folder), folder, store, data_folder)
        return folder
    if (folder / SWEEP).exists():
        with hold(folder, wait=True):
            write_sweep(read_sweep(folder), folder, store)
        return folder
    alone = comparison_of_one(*store.read(name))
    with hold(folder / "report", wait=True):
        write_folder(alone, folder / "report", store, data_folder)
    return folder / "report"


def verify(names: Sequence[str | Path] = (), *, runs_dir: str | Path = "runs") -> list[Check]:
    """Check the files of runs, comparisons and sweeps; all in `runs_dir` where none is named."""
    root = Path(runs_dir)
    located = [Store.locate(name, root) for name in names]
    folders = [store.root / name for store, name in located] or sorted(
        path for path in root.glob("*") if any((path / file).is_file() for file in MARKS)
    )
    for folder in folders:
        if not folder.is_dir():
            raise RunFolderError(f"no run, comparison or sweep {folder.name!r} in {folder.parent}")
    return [check(folder) for folder in folders]


def _command(command: str, config: str) -> str:
    """What was typed, or what makes the same again from its folder."""
    if Path(sys.argv[0]).stem == "structbench":
        return shlex.join(["structbench", *sys.argv[1:]])
    return f"structbench {command} {config}"
