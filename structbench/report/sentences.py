"""What a comparison or sweep says, in sentences: only what its numbers support."""

from collections.abc import Iterable, Mapping
from functools import partial

from structbench.experiment.sweep import level_text
from structbench.report.beside import published_sentences
from structbench.report.curve_tables import crossing_text, ratio_text
from structbench.report.depth import deeper_headline, deeper_sentences
from structbench.report.focus import best, focus
from structbench.report.pairs import against, condition_sentence, difference_sentence, grouped
from structbench.report.places import (
    Found,
    along,
    at_levels,
    interval_label,
    is_large,
    named_axis,
    over_seeds,
    where,
)
from structbench.report.text import (
    capital,
    counted,
    interval_points,
    percent,
    points,
    share_text,
)
from structbench.report.verdict import Verdict, settled
from structbench.results.comparison import Change, Comparison
from structbench.results.sweep import Area, CrossingAt, Sweep, WorthAt

ONE_SEED = "one seed: another may say otherwise"
# Verdict → what one model does, and what several do.
MOVE: Mapping[Verdict, tuple[str, str]] = {
    "less": ("gains on", "gain on"),
    "more": ("loses ground to", "lose ground to"),
    "open": ("gains on or loses ground to", ""),
}


def sentences(found: Found) -> list[str]:
    """The findings: of worth, differences and changes, and beside what was published.

    Where there are many differences, one for each condition. Of depth first.
    """
    deeper = deeper_sentences(found)
    leads = [change for change in found.changes if change.baseline]
    if isinstance(found, Sweep):
        worths = _lowest(found) if is_large(found) else found.worth
        areas = [area for area in found.areas if area.model != found.baseline]
        told = [*map(partial(_worth, found), worths), *(_area(area, found) for area in areas)]
        told += map(partial(_change, found), leads)
        return [*deeper, *told, *map(partial(_crossing, found), found.crossings)]
    if is_large(found) and found.baseline:
        told = [_condition(found, c) for c in found.conditions]
        told += [_condition_changes(found, leads, c) for c in found.conditions if leads]
    else:
        told = [difference_sentence(found, d, where(found, d.condition)) for d in found.differences]
        told += map(partial(_change, found), leads)
    return deeper + told + published_sentences(found)


def headline(found: Found) -> str:
    """The finding to begin with; empty where there is one model only."""
    if isinstance(found, Sweep):
        inside = [w for w in found.worth if not w.bound and w.condition == found.conditions[0]]
        lowest = [_worth(found, min(inside, key=lambda worth: worth.level))] if inside else []
        return next(iter(lowest or sentences(found)), "")
    if found.deeper:
        return deeper_headline(found)
    if is_large(found) and found.baseline:
        return _best(found)
    told = (d for d in found.differences if d.condition == focus(found))
    return next((difference_sentence(found, d, where(found, d.condition)) for d in told), "")


def _best(comparison: Comparison) -> str:
    """The model that errs least often under the condition in focus, and what is settled of it."""
    name, condition = best(comparison), focus(comparison)
    share = share_text(comparison.models[name].misclassification[condition])
    lowest = (
        f"Of {counted(len(comparison.models), 'model')}, {name} has the lowest misclassification "
        f"{where(comparison, condition)}: {share}, {over_seeds(comparison)}."
    )
    if name == comparison.baseline:
        return f"{lowest} Of the others, {_against_baseline(comparison, condition)}."
    d = next(d for d in comparison.differences if (d.model, d.condition) == (name, condition))
    tested = f" Only differences from {d.baseline} are tested."
    if comparison.deeper:
        tested = f" Only differences from {d.baseline}, and those between depths, are tested."
    only = tested * (d.p_value is not None and len(comparison.models) > 2)
    return f"{lowest} {difference_sentence(comparison, d)}{only}"


def _condition(comparison: Comparison, condition: str) -> str:
    """Who errs less often than the baseline, who more often, and what is not settled."""
    return condition_sentence(comparison, condition, _against_baseline(comparison, condition))


def _against_baseline(comparison: Comparison, condition: str) -> str:
    return against(d for d in comparison.differences if d.condition == condition)


def _condition_changes(comparison: Comparison, leads: Iterable[Change], condition: str) -> str:
    told = [change for change in leads if change.condition == condition]
    verdicts = {change.model: settled(change.change) for change in told}
    moved = grouped(verdicts, MOVE, told[0].baseline or "")
    start = capital(along(comparison, told[0]))
    return f"{start}, {where(comparison, condition)}, {moved}."


def _change(found: Found, change: Change) -> str:
    """How a model's difference to the baseline changes along an axis."""
    moved, model, base = settled(change.change), change.model, change.baseline
    under = f"{where(found, change.condition)}{at_levels(found, change.at)}"
    start = capital(along(found, change))
    size = (
        f"{model} − {base} goes from {points(change.first.estimate)} to "
        f"{points(change.last.estimate)} percentage points, a change of "
        f"{points(change.change.estimate)} ({interval_points(change.change)}, "
        f"{interval_label(found, change.change)})."
    )
    if moved == "open":
        either = f"{model} gains on {base} or loses ground {under}"
        return f"{start}, it is not settled whether {either}: {size}"
    return f"{start}, {model} {MOVE[moved][0]} {base} {under}: {size}"


def _crossing(sweep: Sweep, c: CrossingAt) -> str:
    """Where a lead ends, or begins."""
    over = ONE_SEED if c.interval is None else interval_label(sweep, c.interval)
    start = f"{capital(where(sweep, c.condition))}{at_levels(sweep, c.at)}"
    return (
        f"{start}, the lead of {c.model} over {c.baseline} {'ends' if c.rises else 'begins'} at "
        f"{named_axis(sweep, c.axis)} {crossing_text(c, over)}."
    )


def _lowest(sweep: Sweep) -> list[WorthAt]:
    """Of each pair and condition the worth at the lowest error, one that is no bound if any."""
    found: dict[object, WorthAt] = {}
    for worth in sorted(sweep.worth, key=lambda worth: (bool(worth.bound), worth.level)):
        found.setdefault((worth.condition, str(worth.at), worth.model), worth)
    return list(found.values())


def _worth(sweep: Sweep, w: WorthAt) -> str:
    under = f"{where(sweep, w.condition)}{at_levels(sweep, w.at)}"
    goal = f"{100 * w.level:g} % misclassification {under}"
    many = f"{ratio_text(w.ratio, w.bound)} times as many {w.of} as {w.model}"
    if w.bound:
        return f"To reach {goal}, {w.baseline} needs {many}: that is beyond what was measured."
    if w.interval is None:
        return f"To reach {goal}, {w.baseline} needs {many} ({ONE_SEED})."
    over = interval_label(sweep, w.interval)
    if w.interval.degenerate:
        return f"To reach {goal}, {w.baseline} needs {many} ({over})."
    limits = f"{ratio_text(w.interval.low)} … {ratio_text(w.interval.high)}, {over}"
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
    own, other = (percent(of.misclassification.mean) for of in (area, base))
    means = (
        f"Over {area.strength} from {level_text(levels[0])} to {level_text(levels[-1])}"
        f"{at_levels(sweep, area.at)}, {area.model} errs on {own} on average and {base.model} on "
        f"{other}"
    )
    if area.difference is None:
        return f"{means} ({ONE_SEED})."
    over = interval_label(sweep, area.difference)
    interval = f"{interval_points(area.difference)}, {over}"
    which = "; which is better is not settled" if settled(area.difference) == "open" else ""
    return (
        f"{means}: {area.model} − {base.model} is {points(area.difference.estimate)} percentage "
        f"points ({interval}){which}."
    )
