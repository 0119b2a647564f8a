"""Whether deeper networks err more often than shallower ones that are like them, in sentences."""

from collections.abc import Mapping

from structbench.data.alterations import TRAINING
from structbench.report.focus import focus
from structbench.report.pairs import (
    against,
    by_so_much,
    condition_sentence,
    difference_sentence,
)
from structbench.report.places import Found, at_levels, interval_label, named_axis, where
from structbench.report.text import capital, interval_points, points, unsigned
from structbench.report.verdict import Verdict, settled, verdict
from structbench.results.comparison import Change, Comparison, Difference
from structbench.results.sweep import Sweep, is_depth, varies

# Of more pairs those of a chain are told together.
MOST_PAIRS = 8
DEEPER: Mapping[Verdict, tuple[str, str]] = {
    "less": ("errs less often", "deeper is better"),
    "more": ("errs more often", "deeper is worse"),
}


def deeper_sentences(found: Found) -> list[str]:
    """Of each deeper network and the shallowest that is like it; along an axis of depth of each
    model at both of its ends."""
    if isinstance(found, Sweep):
        own = [c for c in found.changes if not c.baseline and is_depth(c.axis)]
        return [_along(found, change) for change in own if _grows(found, change)]
    if len(found.deeper) <= MOST_PAIRS:
        return [_pair(found, d) for d in found.deeper]
    return [
        condition_sentence(found, condition, against(told))
        for condition in found.conditions
        for chain in found.chains
        if (told := [d for d in found.deeper if (d.condition, d.baseline) == (condition, chain[0])])
    ]


def deeper_headline(comparison: Comparison) -> str:
    """Of the first chain, on training examples where those were asked: whether training fails is
    the first question."""
    asked = TRAINING if TRAINING in comparison.conditions else focus(comparison)
    return next(_pair(comparison, d) for d in comparison.deeper if d.condition == asked)


def _pair(comparison: Comparison, d: Difference) -> str:
    under, said = where(comparison, d.condition), verdict(d)
    if d.tests is None or d.interval is None or said not in DEEPER:
        return difference_sentence(comparison, d, under)
    errs, is_so = DEEPER[said]
    by = by_so_much(comparison, d, d.interval)
    return f"{capital(under)}, {d.model} {errs} than {d.baseline}: {is_so}, {by}"


def _grows(sweep: Sweep, change: Change) -> bool:
    """Whether the model has the depth that is varied."""
    there = [p for p in sweep.points if all(p.levels[k] == v for k, v in change.at.items())]
    return varies(change.model, there)


def _along(sweep: Sweep, change: Change) -> str:
    start = f"{capital(where(sweep, change.condition))}{at_levels(sweep, change.at)}"
    named = named_axis(sweep, change.axis)
    shallow, deep = (f"{named} {level:g}" for level in (change.first_level, change.last_level))
    of, said, label = change.change, settled(change.change), interval_label(sweep, change.change)
    if said not in DEEPER:
        return (
            f"{start}, it is not settled whether {change.model} errs less or more often with "
            f"{deep} than with {shallow}: a change of {points(of.estimate)} percentage points "
            f"({interval_points(of)}, {label})."
        )
    errs, is_so = DEEPER[said]
    low, high = map(unsigned, sorted((of.low, of.high), key=abs))
    return (
        f"{start}, {change.model} {errs} with {deep} than with {shallow}: {is_so}, by "
        f"{unsigned(of.estimate)} percentage points ({low} … {high}, {label})."
    )
