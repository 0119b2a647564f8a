"""What a sweep says, in sentences: only what its numbers support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structbench.experiment.sweep import level_text
from structbench.report.sweep_grids import ratio_text, worth_name
from structbench.report.text import interval_points, percent, points
from structbench.results.comparison import Change
from structbench.results.sweep import Area, Sweep, WorthAt


def sweep_sentences(sweep: Sweep) -> list[str]:
    """The worth at each error level, then areas, then how leads change."""
    return [
        *map(_worth, sweep.worth),
        *(_area(area, sweep) for area in sweep.areas if area.model != sweep.baseline),
        *(_lead(change) for change in sweep.changes if change.baseline),
    ]


def sweep_headline(sweep: Sweep) -> str:
    """The finding to begin with: the worth at the lowest error that both reach, or the first."""
    inside = [w for w in sweep.worth if not w.bound and w.condition == sweep.conditions[0]]
    if inside:
        return _worth(min(inside, key=lambda worth: worth.level))
    return next(iter(sweep_sentences(sweep)), "")


def _at(at: Mapping[str, Any]) -> str:
    return "".join(f", {key} {level_text(level)}" for key, level in at.items())


def _worth(w: WorthAt) -> str:
    where = f"{worth_name(w.of).capitalize()} at {100 * w.level:g} % on {w.condition} images"
    needs = f"{where}{_at(w.at)}: {w.baseline} needs "
    ratio = f"{ratio_text(w.ratio, w.bound)} times the {w.of} of {w.model}"
    if w.bound:
        return f"{needs}{ratio}: the level is beyond the measured sizes of one of them."
    if w.interval is None:
        return f"{needs}{ratio} (one seed: another may say otherwise)."
    if w.interval.degenerate:
        return f"{needs}{ratio} ({w.interval.label})."
    limits = f"{ratio_text(w.interval.low)} … {ratio_text(w.interval.high)}, {w.interval.label}"
    if 1.0 in w.interval:
        return f"{where}{_at(w.at)}: these seeds do not settle which of {w.model} and " + (
            f"{w.baseline} needs fewer: the ratio is {ratio_text(w.ratio)} ({limits})."
        )
    return f"{needs}{ratio} ({limits})."


def _area(area: Area, sweep: Sweep) -> str:
    base = next(
        other
        for other in sweep.areas
        if (other.strength, other.at, other.model) == (area.strength, area.at, sweep.baseline)
    )
    levels = sweep.strengths[area.strength].levels
    over = f"Over {area.strength} from {level_text(levels[0])} to {level_text(levels[-1])}"
    means = (
        f"{over}{_at(area.at)}, {area.model} misclassifies {percent(area.misclassification.mean)} "
        f"on average and {base.model} {percent(base.misclassification.mean)}"
    )
    if area.difference is None:
        return f"{means} (one seed: another may say otherwise)."
    interval = f"{interval_points(area.difference)}, {area.difference.label}"
    settled = "" if 0.0 not in area.difference else "; the seeds do not settle which is better"
    return (
        f"{means}: {area.model} − {base.model} is {points(area.difference.estimate)} "
        f"percentage points ({interval}){settled}."
    )


def _lead(lead: Change) -> str:
    change = f"{interval_points(lead.change)}, {lead.change.label}"
    settled = "" if 0.0 not in lead.change else "; the seeds do not settle that it changes at all"
    return (
        f"On {lead.condition} images{_at(lead.at)}, {lead.model} − {lead.baseline} is "
        f"{points(lead.first.estimate)} percentage points at {lead.axis} {lead.first_level:g} and "
        f"{points(lead.last.estimate)} at {lead.last_level:g}: it changes by "
        f"{points(lead.change.estimate)} ({change}){settled}."
    )
