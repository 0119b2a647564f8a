"""Several runs: launched, and what they found compared, at one point or at all of a grid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from structbench.data.spec import DataSpec
from structbench.errors import PartialFailure, RunFolderError
from structbench.experiment.comparison import Contest, Plan
from structbench.experiment.run import Run
from structbench.experiment.sweep import PointSpec, SweepPlan, SweepSpec, named_at
from structbench.launch import Observer, launch
from structbench.launch.attempt import Attempt, Site
from structbench.outcome import Outcome
from structbench.problem import Kind
from structbench.results.compare import Asked, compare
from structbench.results.comparison import Comparison, Excluded
from structbench.results.findings import structure_taken_out, summarise
from structbench.results.sweep import Point, Sweep

Ended = Mapping[str, Attempt]


@dataclass(frozen=True)
class Swept:
    """What became of a point. comparison: None where no seed has a run of every model."""

    point: PointSpec
    comparison: Comparison | None
    excluded: tuple[Excluded, ...]


def sweep_points_compared(
    plan: SweepPlan,
    site: Site,
    observer: Observer,
    *,
    fail_fast: bool = False,
    limit: int | None = None,
) -> list[Swept] | None:
    """Perform the runs of a sweep and compare the models at each point; None if some are left.

    limit: how many runs to perform now; fail_fast: PartialFailure at the first that fails

    An outcome holds a prediction for each test image and condition, so it is let go as soon as
    its points have been compared.
    """
    runs = _within(plan.in_order, site, limit)
    waiting = {i: {run.id for run in point.in_order} for i, (_, point) in enumerate(plan.points)}
    uses: dict[str, list[int]] = defaultdict(list)
    for i, ids in waiting.items():
        for run in ids:
            uses[run].append(i)
    ended: dict[str, Attempt] = {}
    swept: dict[int, Swept] = {}
    with _closed(launch(runs, site, observer)) as come:
        for attempt in come:
            if attempt.error and fail_fast:
                name = plan.labels[attempt.run.id]
                raise PartialFailure(
                    f"stopped at the first failure: {name}, seed {attempt.run.experiment.seed}: "
                    f"{attempt.error}"
                )
            ended[attempt.run.id] = attempt
            for i in tuple(uses[attempt.run.id]):
                waiting[i].discard(attempt.run.id)
                if not waiting[i]:
                    del waiting[i]
                    swept[i] = _swept(*plan.points[i], ended)
                    _let_go(i, plan.points[i][1], ended, uses)
    return None if waiting else [swept[i] for i in sorted(swept)]


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
        seeds=spec.seeds,
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


def _within(runs: Sequence[Run], site: Site, limit: int | None) -> list[Run]:
    """The runs that have ended, and as many of the others as the limit allows."""
    if limit is None:
        return list(runs)
    later = {run.id for run in [run for run in runs if is_to_do(run, site)][limit:]}
    return [run for run in runs if run.id not in later]


def is_to_do(run: Run, site: Site) -> bool:
    """Whether launching the run would do something."""
    try:
        if site.store.is_complete(run):
            return False
        return site.retry_failed or site.store.failure(run) is None
    except RunFolderError:
        return False  # it is told as damaged, and left


def _swept(point: PointSpec, plan: Plan, ended: Ended) -> Swept:
    excluded = tuple(
        Excluded(run=run.id, model=name, seed=run.experiment.seed, reason=str(ended[run.id].error))
        for name, runs in plan.runs.items()
        for run in runs
        if ended[run.id].error
    )
    return Swept(point, _compared(point, plan, ended, excluded), excluded)


def _compared(
    point: PointSpec, plan: Plan, ended: Ended, excluded: tuple[Excluded, ...]
) -> Comparison | None:
    """What the runs found; seeds on which one failed are left out. None where none is left."""
    spec, without = plan.spec, {failed.seed for failed in excluded}
    if len(without) == spec.seeds:
        return None

    def outcomes(runs: Sequence[Run]) -> list[Outcome]:
        found = (ended[run.id].outcome for run in runs if run.experiment.seed not in without)
        return [outcome for outcome in found if outcome]

    asked = Asked(
        kind=_kind(spec.data),
        data=spec.data.name,
        conditions=spec.conditions,
        baseline=spec.reference,
        margin=spec.margin,
        command=f"structbench compare {point.config} --runs-dir ..",
        budget=spec.budget,
        recipes_differ=bool(spec.recipes),
        excluded=excluded,
    )
    return compare({name: outcomes(runs) for name, runs in plan.runs.items()}, asked)


def comparison_of_one(run: Run, outcome: Outcome) -> Comparison:
    """What a run found under all of its conditions, as a comparison of one model and one seed."""
    asked = Asked(
        kind=_kind(run.experiment.data),
        data=run.experiment.data.name,
        conditions=tuple(outcome.predictions),
        baseline=None,
        margin=Contest.model_fields["margin"].default,
        command=f"structbench report {run.id}",
    )
    return compare({run.experiment.model.family: [outcome]}, asked)


def _kind(data: DataSpec) -> Kind:
    return "image"


def _let_go(point: int, plan: Plan, ended: dict[str, Attempt], uses: dict[str, list[int]]) -> None:
    """Forget the outcomes that no other point needs."""
    for run in {run.id for run in plan.in_order}:
        uses[run].remove(point)
        if not uses[run]:
            del ended[run]


@contextmanager
def _closed(come: Iterator[Attempt]) -> Iterator[Iterator[Attempt]]:
    """Ends the launcher's processes where its runs are not all waited for."""
    try:
        yield come
    finally:
        if isinstance(come, Generator):
            come.close()
