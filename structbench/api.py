"""The calls behind the command line, for use from Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, DataError, RunFolderError
from structbench.experiment.comparison import CONFIG, ComparisonSpec, Contest, config_text
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
from structbench.launch.campaign import (
    comparison_of,
    comparison_of_one,
    sweep_of,
    sweep_points_compared,
)
from structbench.launch.execution import ONE_RUN, SEVERAL_RUNS, Execution
from structbench.launch.forecast import Forecast, forecast
from structbench.launch.launchers import Observer
from structbench.launch.obtain import add_conditions, obtain
from structbench.launch.obtain import translate as translate_by
from structbench.machine.files import write_bytes
from structbench.machine.lock import hold, tidy
from structbench.machine.provenance import command_line
from structbench.outcome import Outcome
from structbench.report.folder import write_report as write_folder
from structbench.results.comparison import COMPARISON, Comparison
from structbench.results.sweep import SWEEP, Sweep
from structbench.store.results import is_current, read_comparison, read_sweep
from structbench.store.run_files import OUTCOME, RUN, read_run
from structbench.store.runs import Check, Store
from structbench.store.verify import check

# What makes a folder a run's, a comparison's or a sweep's.
MARKS = (RUN, OUTCOME, COMPARISON, SWEEP)

Show = Callable[[SweepPlan], AbstractContextManager[Observer]]

if TYPE_CHECKING:
    from structbench.training.progress import OnProgress
    from structbench.translation import Translation


def train(
    experiment: Experiment,
    *,
    smoke: bool = False,
    force: bool = False,
    on_progress: OnProgress | None = None,
    **how: Any,
) -> Outcome:
    """The outcome of an experiment: found in `runs_dir` if it is finished, otherwise trained.

    smoke: few training and test examples, one epoch; never mixed with real runs
    force: train anew even if the run is finished
    on_progress: called with a Progress about once a second
    how: fields of Execution: device, threads, runs_dir, data_dir, wait

    StructBenchError in one of its kinds where that cannot be done.
    """
    execution = Execution.of(how, ONE_RUN)
    run = make_run(experiment, execution.run_device, execution.data_folder, smoke)
    return obtain(run, execution, on_progress, force=force)


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
    store, name = Store.locate(run, Path(runs_dir))
    kind = read_run(store.require_finished(name)).experiment.data.kind
    wanted = parse_conditions(conditions, kind)
    data_folder = Execution.of({"data_dir": data_dir}).data_folder
    with _data_of(name):
        return add_conditions(name, wanted, store, data_folder, wait=wait)


def translate(
    run: str | Path,
    sentences: Sequence[str],
    *,
    runs_dir: str | Path = "runs",
    data_dir: str | Path | None = None,
) -> list[Translation]:
    """What a finished run that learned sequences answers to each of these sentences.

    run: the name of a run in `runs_dir`, or the path of its folder

    ConfigError where none can be answered: there are none, the run learned something else, or all
    are empty or have more symbols than there are places.
    """
    if not sentences:
        raise ConfigError("there is no sentence to translate")
    store, name = Store.locate(run, Path(runs_dir))
    data_folder = Execution.of({"data_dir": data_dir}).data_folder
    with _data_of(name):
        found = translate_by(name, sentences, store, data_folder)
    if not any(of.answered for of in found):
        raise ConfigError(found[0].remark)
    return found


def compare(
    spec: ComparisonSpec, *, smoke: bool = False, progress: Show | None = None, **how: Any
) -> Comparison:
    """The comparison of models over seeds, and its folder in `runs_dir` with tables and page.

    Runs that are finished are found again, the others trained. A run that fails is left out
    with its seed and named in `excluded`; PartialFailure where no seed is left.

    smoke: few training and test examples, one epoch; never mixed with real runs
    progress: makes the context in which runs are performed, and which is told of them
    how: fields of Execution without `wait`, e.g. jobs=2, threads=1, runs_dir="runs"
    """
    execution = Execution.of(how, SEVERAL_RUNS)
    plan = make_comparison_plan(spec, execution.run_device, execution.data_folder, smoke)
    with progress(plan) if progress else nullcontext(Observer()) as observer:
        swept = sweep_points_compared(plan, execution, observer)
        assert swept  # there is no limit that could leave some
        found = comparison_of(plan, swept, _command("compare", CONFIG))
        _keep(found, plan, {CONFIG: spec}, execution)
    return found


def sweep(
    spec: SweepSpec,
    *,
    smoke: bool = False,
    fail_fast: bool = False,
    limit: int | None = None,
    progress: Show | None = None,
    **how: Any,
) -> Sweep | None:
    """The comparisons at all points of a grid and what they say together, and their folder.

    As `compare`, besides:
    fail_fast: PartialFailure at the first run that fails, instead of leaving its seed out
    limit: how many runs to perform now; None is returned, and no report written, if some are left

    PartialFailure where no point has a seed with finished runs of every model.
    """
    execution = Execution.of(how, SEVERAL_RUNS)
    plan = make_sweep_plan(spec, execution.run_device, execution.data_folder, smoke)
    with progress(plan) if progress else nullcontext(Observer()) as observer:
        swept = sweep_points_compared(plan, execution, observer, fail_fast=fail_fast, limit=limit)
        if swept is None:
            return None
        found = sweep_of(spec, swept, _command("sweep", SWEEP_CONFIG))
        _keep(found, plan, {SWEEP_CONFIG: spec}, execution)
    return found


def _keep(
    found: Comparison | Sweep, plan: SweepPlan, configs: Mapping[str, Contest], execution: Execution
) -> None:
    """Write the folder of a comparison or sweep, with the configs that make it and its points."""
    store = execution.store
    folder = store.root / found.name
    if is_current(found, folder):
        tidy(folder)
        return
    if isinstance(plan.spec, SweepSpec):
        configs = {**configs, **{point.config: point.spec for point, _ in plan.points}}
    with hold(folder, wait=True):
        for name, spec in configs.items():
            write_bytes(folder / name, config_text(spec).encode())
        write_folder(found, folder, store, execution.data_folder)


def forecast_sweep(spec: SweepSpec, *, smoke: bool = False, **how: Any) -> Forecast:
    """The runs of a sweep, which of them are finished, and how long the others may take."""
    execution = Execution.of(how, SEVERAL_RUNS)
    device, data_folder = execution.run_device, execution.data_folder
    return forecast(make_sweep_plan(spec, device, data_folder, smoke), execution)


def write_report(
    what: str | Path, *, runs_dir: str | Path = "runs", data_dir: str | Path | None = None
) -> Path:
    """Write the tables, figures and page of a comparison, a sweep or a finished run anew.

    what: name in `runs_dir`, or path of the folder; returns the folder that was written
    """
    data_folder = Execution.of({"data_dir": data_dir}).data_folder
    store, name = Store.locate(what, Path(runs_dir))
    folder, found = _found(store, name)
    with hold(folder, wait=True), _data_of(name):
        write_folder(found, folder, store, data_folder)
    return folder


@contextmanager
def _data_of(name: str) -> Iterator[None]:
    """What is wrong with data is said of the run, comparison or sweep that needs them."""
    try:
        yield
    except DataError as error:
        if name in str(error):
            raise
        raise DataError(f"{name}: {error}") from None


def _found(store: Store, name: str) -> tuple[Path, Comparison | Sweep]:
    """What a report is to be made of, and the folder for it."""
    folder = store.root / name
    if (folder / COMPARISON).exists():
        return folder, read_comparison(folder)
    if (folder / SWEEP).exists():
        return folder, read_sweep(folder)
    return folder / "report", comparison_of_one(*store.read(name))


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
        return command_line("structbench")
    return f"structbench {command} {config}"
