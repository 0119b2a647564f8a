"""What only a sweep says, in sentences: worth, and areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structbench.experiment.sweep import level_text
from structbench.report.curve_tables import ratio_text
from structbench.report.places import is_large
from structbench.report.text import counted, interval_points, on, percent, points
from structbench.report.verdict import settled
from structbench.results.sweep import Area, Sweep, WorthAt

ONE_SEED = "one seed: another may say otherwise"


def curve_sentences(sweep: Sweep) -> list[str]:
    """The worth, at each error level or where there are many at the lowest, and the areas."""
    told = _lowest(sweep) if is_large(sweep) else list(sweep.worth)
    others = (area for area in sweep.areas if area.model != sweep.baseline)
    return [*map(_worth, told), *(_area(area, sweep) for area in others)]


def worth_headline(sweep: Sweep) -> str:
    """The worth at the lowest error that both models reach; empty where there is none."""
    inside = [w for w in sweep.worth if not w.bound and w.condition == sweep.conditions[0]]
    return _worth(min(inside, key=lambda worth: worth.level)) if inside else ""


def _lowest(sweep: Sweep) -> list[WorthAt]:
    """Of each pair and condition the worth at the lowest error, one that is no bound if any."""
    found: dict[object, WorthAt] = {}
    for worth in sorted(sweep.worth, key=lambda worth: (bool(worth.bound), worth.level)):
        found.setdefault((worth.condition, str(worth.at), worth.model), worth)
    return list(found.values())


def at_levels(at: Mapping[str, Any]) -> str:
    """`, budget 1,000` for each of the other axes."""
    return "".join(f", {key} {level_text(level)}" for key, level in at.items())


def _worth(w: WorthAt) -> str:
    goal = f"{100 * w.level:g} % misclassification {on(w.condition)}{at_levels(w.at)}"
    many = f"{ratio_text(w.ratio, w.bound)} times as many {w.of} as {w.model}"
    if w.bound:
        return f"To reach {goal}, {w.baseline} needs {many}: that is beyond what was measured."
    if w.interval is None:
        return f"To reach {goal}, {w.baseline} needs {many} ({ONE_SEED})."
    if w.interval.degenerate:
        return f"To reach {goal}, {w.baseline} needs {many} ({w.interval.label})."
    limits = f"{ratio_text(w.interval.low)} … {ratio_text(w.interval.high)}, {w.interval.label}"
    if 1.0 in w.interval:
        return (
            f"{counted(w.n, 'seed')} do not settle which of {w.model} and {w.baseline} needs "
            f"fewer {w.of} to reach {goal}: {w.baseline} needs "
            f"{ratio_text(w.ratio)} times as many ({limits})."
        )
    return f"To reach {goal}, {w.baseline} needs {many} ({limits})."


def _area(area: Area, sweep: Sweep) -> str:
    base = next(
        other
        for other in sweep.areas
        if (other.strength, other.at, other.model) == (area.strength, area.at, sweep.baseline)
    )
    levels = sweep.strengths[area.strength].levels
    means = (
        f"Over {area.strength} from {level_text(levels[0])} to {level_text(levels[-1])}"
        f"{at_levels(area.at)}, {area.model} errs on {percent(area.misclassification.mean)} on "
        f"average and {base.model} on {percent(base.misclassification.mean)}"
    )
    if area.difference is None:
        return f"{means} ({ONE_SEED})."
    interval = f"{interval_points(area.difference)}, {area.difference.label}"
    which = "; which is better is not settled" if settled(area.difference) == "open" else ""
    return (
        f"{means}: {area.model} − {base.model} is {points(area.difference.estimate)} percentage "
        f"points ({interval}){which}."
    )
