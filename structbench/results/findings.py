"""What the points of a sweep say together: worth, areas, changes, and where a lead ends.

Worked out seed by seed, over the seeds that have finished runs at every point of a curve.
"""

import hashlib
import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from structbench import statistics as st
from structbench.data.alterations import TRAINING
from structbench.results.compare import folder_name
from structbench.results.comparison import BySeed, Change, Comparison
from structbench.results.sweep import (
    FORMAT,
    Area,
    CrossingAt,
    Curves,
    Line,
    Sweep,
    WorthAt,
    axis_curves,
    is_depth,
    strength_curves,
    varies,
)

# 50 %, 30 %, 20 %, 10 %, … of the test examples: about evenly spaced on a log axis.
ERROR_LEVELS = tuple(float(f"{m}e{e}") for e in range(-1, -5, -1) for m in (5, 3, 2, 1))


def summarise(bare: Sweep) -> Sweep:
    """The sweep with all that its points say together, and its name."""
    along = axis_curves(bare)
    return bare.model_copy(
        update={
            "name": _name(bare),
            "worth": tuple(worth for curves in along for worth in _worths(bare, curves)),
            "areas": tuple(a for curves in strength_curves(bare) for a in _areas(bare, curves)),
            "changes": changes(bare),
            "crossings": tuple(found for curves in along for found in _crossings(bare, curves)),
        }
    )


def _name(sweep: Sweep) -> str:
    """sweep-<title>-<hash>: the hash is over all that decides what the sweep says."""
    strengths = {name: s.model_dump(mode="json") for name, s in sweep.strengths.items()}
    content = [
        FORMAT, [(p.levels, p.comparison.name) for p in sweep.points], sweep.conditions,
        sweep.baseline, strengths, [e.run for e in sweep.excluded],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
    title = "".join(c if c.isalnum() else "_" for c in sweep.title)
    return f"sweep-{title[:60]}-{digest}"


def structure_taken_out(sweep: Sweep) -> Comparison:
    """The comparison at the first point, with that at the last and the changes between the two."""
    intact, without = sweep.points[0].comparison, sweep.points[-1].comparison
    return intact.model_copy(
        update={
            "name": folder_name(sweep.models, intact.name + without.name),
            "without_structure": without,
            "changes": changes(sweep),
        }
    )


def worth_curves(line: Line, other: Line, examples: int) -> tuple[st.Curve, st.Curve] | None:
    """Two models' curves over the seeds that both have; None where they are not curves.

    A network without an error counts as one with half an example's: a share above 0.
    """
    seeds = [seed for seed in line.common_seeds if seed in other.common_seeds]
    rising = all(a < b for one in (line, other) for a, b in zip(one.x, one.x[1:], strict=False))
    if not seeds or not rising or len(line.x) < 2:
        return None
    least = 0.5 / examples
    a, b = (st.Curve(one.x, one.errors(seeds).clip(min=least)) for one in (line, other))
    return a, b


def _worths(sweep: Sweep, curves: Curves) -> Iterator[WorthAt]:
    # The more examples, the less well each is learned: on them no size is worth another.
    if not curves.is_size or curves.condition == TRAINING:
        return
    for model, baseline in sweep.pairs:
        both = worth_curves(
            curves.lines[model], curves.lines[baseline], curves.points[0].comparison.examples
        )
        for level in ERROR_LEVELS if both else ():
            assert both
            if found := st.worth(*both, level):
                yield WorthAt(
                    of=curves.axis,
                    at=dict(curves.at),
                    condition=curves.condition,
                    model=model,
                    baseline=baseline,
                    level=level,
                    ratio=found.ratio,
                    bound=found.bound,
                    interval=found.interval,
                    by_seed=found.by_seed,
                    n=found.sample.seeds or 0,
                )


def _crossings(sweep: Sweep, curves: Curves) -> Iterator[CrossingAt]:
    """Along an axis of numbers; of sizes it is the worth that is told."""
    for model, baseline in sweep.pairs if _has_ends(curves) else ():
        line, base = curves.lines[model], curves.lines[baseline]
        seeds = [seed for seed in line.common_seeds if seed in base.common_seeds]
        if not seeds:
            continue
        for found in st.crossings(line.x, line.errors(seeds) - base.errors(seeds)):
            yield CrossingAt(
                axis=curves.key,
                at=dict(curves.at),
                condition=curves.condition,
                model=model,
                baseline=baseline,
                level=found.level,
                rises=found.rises,
                interval=found.interval,
                by_seed=found.by_seed,
                n=len(seeds),
            )


def _has_ends(curves: Curves) -> bool:
    """Whether a first and a last level mean something: of sizes it is the worth that is told, and
    names have none."""
    return not curves.is_size and not curves.ticks and len(curves.points) > 1


def _areas(sweep: Sweep, curves: Curves) -> Iterator[Area]:
    seeds = next(iter(curves.lines.values())).common_seeds
    areas = {name: st.area(line.x, line.errors(seeds)) for name, line in curves.lines.items()}
    for name, values in areas.items():
        spread = st.spread(values)
        paired = name != sweep.baseline and len(values) > 1
        yield Area(
            strength=curves.strength,
            at=dict(curves.at),
            model=name,
            misclassification=BySeed(
                by_seed=tuple(map(float, values)), mean=spread.mean, sd=spread.sd
            ),
            difference=st.paired_t(values, areas[sweep.baseline]).interval if paired else None,
        )


def changes(sweep: Sweep) -> tuple[Change, ...]:
    """From the first level of the first axis to the last, over the seeds that have both."""
    return tuple(
        change
        for curves in axis_curves(sweep)
        if _has_ends(curves)
        for baseline in (sweep.baseline, None)
        for model in sweep.models
        if model != baseline and (change := _change(sweep, curves, model, baseline))
    )


def _change(sweep: Sweep, curves: Curves, model: str, baseline: str | None) -> Change | None:
    """Of a model's lead, or without a baseline of its own misclassification.

    Leads are read together, and so is what depth makes of each model.
    """
    line = curves.lines[model]
    base = curves.lines[baseline] if baseline else line
    seeds = [seed for seed in line.common_seeds if seed in base.common_seeds]
    if len(seeds) < 2:
        return None
    errors = line.errors(seeds)
    less = base.errors(seeds) if baseline else np.zeros_like(errors)
    deeper = [name for name in sweep.models if is_depth(curves.key) and varies(name, curves.points)]
    together = len(sweep.pairs) if baseline else max(1, len(deeper))

    def interval(a: NDArray[np.float64], b: NDArray[np.float64]) -> st.Interval:
        return st.paired_t(a, b, comparisons=together).interval

    return Change(
        axis=curves.key,
        at=dict(curves.at),
        condition=curves.condition,
        model=model,
        baseline=baseline,
        first_level=line.x[0],
        last_level=line.x[-1],
        first=interval(errors[:, 0], less[:, 0]),
        last=interval(errors[:, -1], less[:, -1]),
        change=interval(errors[:, -1] - less[:, -1], errors[:, 0] - less[:, 0]),
    )
