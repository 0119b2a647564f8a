"""Several runs: launched, and what they found compared, at one point or at all of a grid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from structbench.errors import PartialFailure, RunFolderError
from structbench.experiment.comparison import Plan
from structbench.experiment.run import Run
from structbench.experiment.sweep import PointSpec, SweepPlan, SweepSpec, named_at
from structbench.launch import Observer, launch
from structbench.launch.attempt import Attempt, Site
from structbench.outcome import Outcome
from structbench.results.comparison import Asked, Comparison, Excluded, compare
from structbench.results.findings import Sought, summarise
from structbench.results.sweep import Point, Sweep

Ended = Mapping[str, Attempt]


def compared(plan: Plan, ended: Ended, command: str) -> Comparison:
    """What the plan's runs found; seeds on which one failed are left out.

    ended: run id → what became of it; PartialFailure where no seed is left
    """
    spec, excluded = plan.spec, excluded_runs(plan, ended)
    without = {failed.seed for failed in excluded}
    if len(without) == spec.seeds:
        told = "\n".join(f"  {e.model}, seed {e.seed}: {e.reason}" for e in excluded)
        raise PartialFailure(f"no seed has a finished run of every model\n{told}")

    def outcomes(runs: Sequence[Run]) -> list[Outcome]:
        found = (ended[run.id].outcome for run in runs if run.experiment.seed not in without)
        return [outcome for outcome in found if outcome]

    asked = Asked(
        data=spec.data.name,
        conditions=spec.conditions,
        baseline=spec.reference,
        margin=spec.margin,
        command=command,
        budget=spec.budget,
        recipes_differ=bool(spec.recipes),
        excluded=excluded,
    )
    return compare(
        {name: outcomes(runs) for name, runs in plan.runs.items()},
        {name: outcomes(runs) for name, runs in plan.permuted.items()},
        asked,
    )


def excluded_runs(plan: Plan, ended: Ended) -> tuple[Excluded, ...]:
    """The runs that failed, and why."""
    return tuple(
        Excluded(run=run.id, model=name, seed=run.experiment.seed, reason=str(ended[run.id].error))
        for name, runs in plan.groups.items()
        for run in runs
        if ended[run.id].error
    )


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


def summary(spec: SweepSpec, swept: Sequence[Swept], command: str) -> Sweep:
    """What all points say together; PartialFailure where none has a comparison."""
    excluded = {
        failed.run: failed.model_copy(update={"model": named_at(failed.model, found.point)})
        for found in swept
        for failed in found.excluded
    }
    points = [
        Point(
            levels=dict(found.point.levels),
            config=found.point.config,
            train_examples=found.point.spec.data.train_examples,
            comparison=found.comparison,
        )
        for found in swept
        if found.comparison
    ]
    if not points:
        told = "\n".join(f"  {e.model}, seed {e.seed}: {e.reason}" for e in excluded.values())
        raise PartialFailure(f"no point has a seed with a finished run of every model\n{told}")
    sought = Sought(
        title=spec.name,
        conditions=spec.conditions,
        baseline=spec.reference,
        seeds=spec.seeds,
        axes=spec.axes,
        strengths=spec.strengths,
        command=command,
        excluded=tuple(excluded.values()),
    )
    return summarise(points, sought)


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
    excluded = excluded_runs(plan, ended)
    try:
        command = f"structbench compare {point.config} --runs-dir .."
        return Swept(point, compared(plan, ended, command), excluded)
    except PartialFailure:
        return Swept(point, None, excluded)


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
