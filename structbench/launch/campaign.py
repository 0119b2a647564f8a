"""Several runs: launched, and what they found compared, at one point or at all of a grid."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from structbench.data.graphs.examples import GraphDataset
from structbench.data.spec import DataSpec
from structbench.errors import PartialFailure
from structbench.experiment.comparison import Contest, Plan, chains
from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.experiment.sweep import PointSpec, SweepPlan, SweepSpec, named_at
from structbench.launch.attempt import Attempt
from structbench.launch.execution import Execution
from structbench.launch.forecast import is_to_do
from structbench.launch.launchers import Observer, launch, stoppable
from structbench.outcome import Outcome
from structbench.problem import GRAPHS
from structbench.results.compare import Asked, Setting, compare
from structbench.results.comparison import Comparison, Excluded, SeedDraws
from structbench.results.findings import structure_taken_out, summarise
from structbench.results.judged import Judged, judged
from structbench.results.sweep import Point, Sweep

# Run id → what comparing needs of it, or why it failed.
Ended = Mapping[str, Judged | str]


@dataclass(frozen=True)
class Swept:
    """What became of a point. comparison: None where no seed has a run of every model."""

    point: PointSpec
    comparison: Comparison | None
    excluded: tuple[Excluded, ...]


@stoppable()
def sweep_points_compared(
    plan: SweepPlan,
    execution: Execution,
    observer: Observer,
    *,
    fail_fast: bool = False,
    limit: int | None = None,
) -> list[Swept] | None:
    """Perform the runs of a sweep and compare the models at each point; None if some are left.

    limit: how many runs to perform now; fail_fast: PartialFailure at the first that fails
    """
    runs = _within(plan.in_order, execution, limit)
    ended: dict[str, Judged | str] = {}
    with _closed(launch(runs, execution, observer)) as come:
        for attempt in come:
            if attempt.error and fail_fast:
                name = plan.labels[attempt.run.id]
                raise PartialFailure(
                    f"stopped at the first failure: {name}, seed {attempt.run.experiment.seed}: "
                    f"{attempt.error}"
                )
            found = attempt.outcome
            ended[attempt.run.id] = judged(found) if found else str(attempt.error)
    if len(runs) < len(plan.in_order):
        return None
    return [_swept(point, of_point, ended) for point, of_point in plan.points]


def comparison_of(plan: SweepPlan, swept: Sequence[Swept], command: str) -> Comparison:
    """What the plan of a comparison found; PartialFailure where a point has no seed left."""
    if not all(found.comparison for found in swept):
        told = _told(_failed(swept))
        raise PartialFailure(f"no seed has a finished run of every model\n{told}")
    if isinstance(plan.spec, SweepSpec):
        found = structure_taken_out(_sweep(plan.spec, swept, command))
    else:
        found = _points(swept)[0].comparison
    return found.model_copy(update={"command": command})


def sweep_of(spec: SweepSpec, swept: Sequence[Swept], command: str) -> Sweep:
    """What all points say together; PartialFailure where none has a comparison."""
    if not any(found.comparison for found in swept):
        told = _told(_failed(swept))
        raise PartialFailure(f"no point has a seed with a finished run of every model\n{told}")
    return summarise(_sweep(spec, swept, command))


def _sweep(spec: SweepSpec, swept: Sequence[Swept], command: str) -> Sweep:
    """The points, and not yet what they say together."""
    points = _points(swept)
    return Sweep(
        title=spec.name,
        smoke=points[0].comparison.smoke,
        seeds=len(spec.seed_numbers),
        conditions=spec.conditions,
        baseline=spec.reference,
        axes=spec.axes,
        strengths=spec.strengths,
        command=command,
        points=points,
        excluded=_failed(swept),
    )


def _points(swept: Sequence[Swept]) -> tuple[Point, ...]:
    return tuple(
        Point(
            levels=dict(found.point.levels),
            config=found.point.config,
            train_examples=found.point.spec.data.train_examples,
            comparison=found.comparison,
        )
        for found in swept
        if found.comparison
    )


def _failed(swept: Sequence[Swept]) -> tuple[Excluded, ...]:
    """The runs that failed, each once, with the point that it is at."""
    failed = {
        run.run: run.model_copy(update={"model": named_at(run.model, found.point)})
        for found in swept
        for run in found.excluded
    }
    return tuple(failed.values())


def _told(excluded: Sequence[Excluded]) -> str:
    return "\n".join(f"  {run.model}, seed {run.seed}: {run.reason}" for run in excluded)


def _within(runs: Sequence[Run], execution: Execution, limit: int | None) -> list[Run]:
    """The runs that have ended, and as many of the others as the limit allows."""
    if limit is None:
        return list(runs)
    later = {run.id for run in [run for run in runs if is_to_do(run, execution)][limit:]}
    return [run for run in runs if run.id not in later]


def _swept(point: PointSpec, plan: Plan, ended: Ended) -> Swept:
    excluded = tuple(
        Excluded(run=run.id, model=name, seed=run.experiment.seed, reason=reason)
        for name, runs in plan.runs.items()
        for run in runs
        if isinstance(reason := ended[run.id], str)
    )
    return Swept(point, _compared(point, plan, ended, excluded), excluded)


def _compared(
    point: PointSpec, plan: Plan, ended: Ended, excluded: tuple[Excluded, ...]
) -> Comparison | None:
    """What the runs found; seeds on which one failed are left out. None where none is left."""
    spec, without = plan.spec, {failed.seed for failed in excluded}
    if len(without) == len(spec.seed_numbers):
        return None
    found = {
        name: [
            kept
            for run in runs
            if run.experiment.seed not in without
            if isinstance(kept := ended[run.id], Judged)
        ]
        for name, runs in plan.runs.items()
    }
    asked = Asked(
        kind=spec.data.kind,
        data=spec.data.called,
        conditions=spec.conditions,
        baseline=spec.reference,
        margin=spec.margin,
        command=f"structbench compare {point.config} --runs-dir ..",
        budget=spec.budget,
        recipes_differ=bool(spec.recipes),
        structure_removed=spec.data.structure_removed,
        seed_draws=_seed_draws(spec.data),
        train_examples=spec.data.train_examples,
        excluded=excluded,
        settings={name: _setting(experiment) for name, experiment in plan.first.items()},
        chains=chains(plan.first),
    )
    return compare(found, asked)


def _setting(experiment: Experiment) -> Setting:
    options = experiment.model.model_dump(mode="json", exclude={"family"})
    return Setting(options, experiment.training.all_steps(experiment.data.train_examples))


def comparison_of_one(run: Run, outcome: Outcome) -> Comparison:
    """What a run found under all of its conditions, as a comparison of one model and one seed."""
    name = run.experiment.model.family
    asked = Asked(
        kind=run.experiment.data.kind,
        data=run.experiment.data.called,
        conditions=tuple(outcome.predictions),
        baseline=None,
        margin=Contest.model_fields["margin"].default,
        command=f"structbench report {run.id}",
        structure_removed=run.experiment.data.structure_removed,
        seed_draws=_seed_draws(run.experiment.data),
        train_examples=run.experiment.data.train_examples,
        settings={name: _setting(run.experiment)},
    )
    return compare({name: [judged(outcome)]}, asked)


def _seed_draws(data: DataSpec) -> SeedDraws:
    if data.kind not in GRAPHS:
        return "training"
    return "graph" if isinstance(data.dataset, GraphDataset) and data.dataset.drawn else "split"


@contextmanager
def _closed(come: Iterator[Attempt]) -> Iterator[Iterator[Attempt]]:
    """Ends the launcher's processes where its runs are not all waited for."""
    try:
        yield come
    finally:
        if isinstance(come, Generator):
            come.close()
