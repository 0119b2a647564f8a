"""What the points of a sweep say together: worth, areas, and how leads change.

Worked out seed by seed, over the seeds that have finished runs at every point of a curve.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from structbench import statistics as st
from structbench.experiment.sweep import Strength
from structbench.results.comparison import BySeed, Excluded
from structbench.results.sweep import (
    FORMAT,
    SIZES,
    Area,
    Curves,
    LeadChange,
    Line,
    Point,
    Sweep,
    WorthAt,
    axis_curves,
    strength_curves,
)

# 50 %, 30 %, 20 %, 10 %, … of the test images: about evenly spaced on a log axis.
ERROR_LEVELS = tuple(float(f"{m}e{e}") for e in range(-1, -5, -1) for m in (5, 3, 2, 1))


@dataclass(frozen=True)
class Sought:
    """What a sweep is to say besides its points."""

    title: str
    conditions: tuple[str, ...]
    baseline: str
    seeds: int
    axes: Mapping[str, tuple[Any, ...]]
    strengths: Mapping[str, Strength]
    command: str
    excluded: tuple[Excluded, ...] = ()


def summarise(points: Sequence[Point], sought: Sought) -> Sweep:
    """All that the points say together; ValueError where there is none."""
    if not points:
        raise ValueError("a sweep needs a point")
    bare = Sweep(
        name=_name(points, sought),
        title=sought.title,
        smoke=points[0].comparison.smoke,
        seeds=sought.seeds,
        conditions=sought.conditions,
        baseline=sought.baseline,
        axes=dict(sought.axes),
        strengths=dict(sought.strengths),
        command=sought.command,
        points=tuple(points),
        worth=(),
        areas=(),
        leads=(),
        excluded=sought.excluded,
    )
    along = axis_curves(bare)
    return bare.model_copy(
        update={
            "worth": tuple(worth for curves in along for worth in _worths(bare, curves)),
            "areas": tuple(a for curves in strength_curves(bare) for a in _areas(bare, curves)),
            "leads": tuple(lead for curves in along for lead in _leads(bare, curves)),
        }
    )


def _name(points: Sequence[Point], sought: Sought) -> str:
    """sweep-<title>-<hash>: the hash is over all that decides what the sweep says."""
    strengths = {name: s.model_dump(mode="json") for name, s in sought.strengths.items()}
    content = [
        FORMAT, [(p.levels, p.comparison.name) for p in points], sought.conditions,
        sought.baseline, strengths, [e.run for e in sought.excluded],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
    title = "".join(c if c.isalnum() else "_" for c in sought.title)
    return f"sweep-{title[:60]}-{digest}"


def worth_curves(line: Line, other: Line, examples: int) -> tuple[st.Curve, st.Curve] | None:
    """Two models' curves over the seeds that both have; None where they are not curves.

    A network without an error counts as one with half an image's: a share above 0.
    """
    seeds = [seed for seed in line.common_seeds if seed in other.common_seeds]
    rising = all(a < b for one in (line, other) for a, b in zip(one.x, one.x[1:], strict=False))
    if not seeds or not rising or len(line.x) < 2:
        return None
    least = 0.5 / examples
    a, b = (st.Curve(one.x, one.errors(seeds).clip(min=least)) for one in (line, other))
    return a, b


def _worths(sweep: Sweep, curves: Curves) -> Iterator[WorthAt]:
    if curves.axis not in SIZES.values():
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


def _leads(sweep: Sweep, curves: Curves) -> Iterator[LeadChange]:
    """Of sizes it is the worth that is told, and names have no first and last."""
    if curves.axis in SIZES.values() or curves.ticks or len(curves.points) < 2:
        return
    for model, baseline in sweep.pairs:
        line, base = curves.lines[model], curves.lines[baseline]
        seeds = [seed for seed in line.common_seeds if seed in base.common_seeds]
        if len(seeds) < 2:
            continue
        a, b = line.errors(seeds), base.errors(seeds)
        yield LeadChange(
            axis=curves.axis,
            at=dict(curves.at),
            condition=curves.condition,
            model=model,
            baseline=baseline,
            first_level=line.x[0],
            last_level=line.x[-1],
            first=st.paired_t(a[:, 0], b[:, 0]).interval,
            last=st.paired_t(a[:, -1], b[:, -1]).interval,
            change=st.paired_t(a[:, -1] - b[:, -1], a[:, 0] - b[:, 0]).interval,
        )
