"""What a comparison or sweep says, in sentences: only what its numbers support."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from structbench.experiment.sweep import level_text
from structbench.report.beside import published_sentences
from structbench.report.curve_tables import crossing_text, ratio_text
from structbench.report.focus import best, focus
from structbench.report.places import (
    Found,
    along,
    has_several_seeds,
    interval_label,
    is_graph,
    is_large,
    named_axis,
    over_seeds,
    where,
)
from structbench.report.text import (
    NOT_INDEPENDENT,
    capital,
    counted,
    interval_points,
    listed,
    p_equals,
    percent,
    points,
    share_text,
    unsigned,
)
from structbench.report.verdict import Verdict, settled, verdict
from structbench.results.comparison import Change, Comparison, Difference
from structbench.results.sweep import Area, CrossingAt, Sweep, WorthAt

ONE_SEED = "one seed: another may say otherwise"
# Verdict → what one model does, and what several do.
ERR: Mapping[Verdict, tuple[str, str]] = {
    "less": ("errs less often than", "err less often than"),
    "more": ("errs more often than", "err more often than"),
    "equivalent": ("errs about as often as", "err about as often as"),
    "open": ("errs less or more often than", ""),
}
MOVE: Mapping[Verdict, tuple[str, str]] = {
    "less": ("gains on", "gain on"),
    "more": ("loses ground to", "lose ground to"),
    "open": ("gains on or loses ground to", ""),
}


def sentences(found: Found) -> list[str]:
    """The findings: of worth, differences and changes, and beside what was published.

    Where there are many differences, one for each condition.
    """
    leads = [change for change in found.changes if change.baseline]
    if isinstance(found, Sweep):
        worths = _lowest(found) if is_large(found) else found.worth
        areas = [area for area in found.areas if area.model != found.baseline]
        told = [*map(partial(_worth, found), worths), *(_area(area, found) for area in areas)]
        told += map(partial(_change, found), leads)
        return [*told, *map(partial(_crossing, found), found.crossings)]
    if is_large(found) and found.baseline:
        told = [_condition(found, c) for c in found.conditions]
        told += [_condition_changes(found, leads, c) for c in found.conditions if leads]
    else:
        told = [_difference(found, d, where(found, d.condition)) for d in found.differences]
        told += map(partial(_change, found), leads)
    return told + published_sentences(found)


def headline(found: Found) -> str:
    """The finding to begin with; empty where there is one model only."""
    if isinstance(found, Sweep):
        inside = [w for w in found.worth if not w.bound and w.condition == found.conditions[0]]
        lowest = [_worth(found, min(inside, key=lambda worth: worth.level))] if inside else []
        return next(iter(lowest or sentences(found)), "")
    if is_large(found) and found.baseline:
        return _best(found)
    told = (d for d in found.differences if d.condition == focus(found))
    return next((_difference(found, d, where(found, d.condition)) for d in told), "")


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
    only = tested * (d.p_value is not None and len(comparison.models) > 2)
    return f"{lowest} {_difference(comparison, d)}{only}"


def _condition(comparison: Comparison, condition: str) -> str:
    """Who errs less often than the baseline, who more often, and what is not settled."""
    seed, told = comparison.seeds[0], _against_baseline(comparison, condition)
    why = f": {NOT_INDEPENDENT}, so intervals are over seeds" * is_graph(comparison)
    one = "" if has_several_seeds(comparison) else f" (the networks of seed {seed} alone{why})"
    return f"{capital(where(comparison, condition))}, {told}{one}."


def _against_baseline(comparison: Comparison, condition: str) -> str:
    differences = [d for d in comparison.differences if d.condition == condition]
    verdicts = {d.model: verdict(d) for d in differences}
    margins = {100 * d.tests.equivalence.margin for d in differences if d.tests}
    within = "".join(f" (within {margin:g} percentage points)" for margin in margins)
    return _grouped(verdicts, ERR, comparison.baseline or "", within)


def _condition_changes(comparison: Comparison, leads: Iterable[Change], condition: str) -> str:
    told = [change for change in leads if change.condition == condition]
    verdicts = {change.model: settled(change.change) for change in told}
    moved = _grouped(verdicts, MOVE, told[0].baseline or "")
    start = capital(along(comparison, told[0]))
    return f"{start}, {where(comparison, condition)}, {moved}."


def _grouped(
    verdicts: Mapping[str, Verdict], verbs: Mapping[Verdict, tuple[str, str]], baseline: str,
    within: str = "",
) -> str:  # fmt: skip
    """`a and b err less often than c; not settled: d`. within: what equivalent means"""
    groups = {v: [name for name, of in verdicts.items() if of == v] for v in verdicts.values()}
    if groups.keys() == {"open"}:
        return f"it is not settled whether any model {verbs['open'][0]} {baseline}"
    parts = [
        f"{listed(groups[v])} {verb[len(groups[v]) > 1]} {baseline}{within * (v == 'equivalent')}"
        for v, verb in verbs.items()
        if v in groups and v != "open"
    ]
    if "open" in groups:
        parts.append(f"not settled: {listed(groups['open'])}")
    return "; ".join(parts)


def _difference(comparison: Comparison, d: Difference, under: str = "") -> str:
    """under: under which condition, if that is not clear"""
    if d.tests is None or d.interval is None:
        return _two_networks(comparison, d, under)
    said, equivalence = verdict(d), d.tests.equivalence
    over = interval_label(comparison, d.interval)
    interval = f"{interval_points(d.interval)}, {over}"
    size = f"{d.model} − {d.baseline} is {points(d.estimate)} percentage points ({interval}"
    margin = (
        f"within the margin of {100 * equivalence.margin:g} percentage points (two one-sided "
        f"tests, {p_equals(equivalence.p_value)})"
    )
    p = p_equals(d.tests.paired_t.p_value)
    if said == "equivalent":
        both = f"{d.model} and {d.baseline} err about equally often"
        return f"{_spaced(both, under)}, {margin}: {size})."
    if said == "open":
        which = f"Whether {d.model} or {d.baseline} errs less often"
        seeds = f"is not settled by {counted(d.n, 'seed')}"
        return f"{_spaced(which, under, seeds)}: {size}; {p}).{_detectable(d)}"
    small = f" The difference is nevertheless {margin}." if equivalence.equivalent else ""
    better, worse = (d.model, d.baseline) if said == "less" else (d.baseline, d.model)
    low, high = map(unsigned, sorted((d.interval.low, d.interval.high), key=abs))
    return (
        f"{_spaced(f'{better} errs less often than {worse}', under)}: by {unsigned(d.estimate)} "
        f"percentage points ({low} … {high} less, {over}; {p}).{small}"
    )


def _spaced(*words: str) -> str:
    return " ".join(filter(None, words))


def _detectable(d: Difference) -> str:
    if d.tests is None or d.tests.smallest_detectable is None:
        return ""
    return (
        f" With this spread, {counted(d.n, 'seed')} find a true difference of "
        f"{unsigned(d.tests.smallest_detectable)} percentage points in 80 of 100 cases; there may "
        "be a smaller one."
    )


def _two_networks(comparison: Comparison, d: Difference, under: str) -> str:
    what = _spaced(f"{d.model} − {d.baseline} is {points(d.estimate)} percentage points", under)
    over = f". {capital(NOT_INDEPENDENT)}, so there is no interval."
    if two := d.two_networks:
        interval = f"{interval_points(two.difference)}, {two.difference.label}"
        over = f" ({interval}; McNemar's exact test: {p_equals(two.mcnemar.p_value)})."
    return (
        f"{what}{over} This compares two trained networks (seed {comparison.seeds[0]}), not two "
        "architectures: another seed may say otherwise."
    )


def _change(found: Found, change: Change) -> str:
    """How a model's difference to the baseline changes along an axis."""
    moved, model, base = settled(change.change), change.model, change.baseline
    under = f"{where(found, change.condition)}{_at_levels(found, change.at)}"
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
    start = f"{capital(where(sweep, c.condition))}{_at_levels(sweep, c.at)}"
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


def _at_levels(found: Found, at: Mapping[str, Any]) -> str:
    """`, budget 1,000` for each of the other axes."""
    named = ((named_axis(found, axis), level_text(level)) for axis, level in at.items())
    return "".join(f", {axis} {level}" for axis, level in named)


def _worth(sweep: Sweep, w: WorthAt) -> str:
    under = f"{where(sweep, w.condition)}{_at_levels(sweep, w.at)}"
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
        f"{_at_levels(sweep, area.at)}, {area.model} errs on {own} on average and {base.model} on "
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
