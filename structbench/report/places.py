"""A comparison is a sweep of one point: what both are, for tables, sentences and pages.

Taking the structure out is an axis: such a comparison has two points.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from structbench.data.alterations import of_tests
from structbench.experiment.sweep import level_text
from structbench.problem import GRAPHS
from structbench.report.text import NOT_INDEPENDENT, asked_of, counted, listed, on
from structbench.results.comparison import Change, Comparison, Difference, SeedDraws
from structbench.results.sweep import EXAMPLES, LABELLED_NODES, Sweep, axis_text
from structbench.statistics import Interval

Found = Comparison | Sweep
Place = tuple[tuple[str, ...], Comparison]
"""A point: its level on each axis, and the comparison there."""

STRUCTURE_REMOVED, IN_PLACE, TAKEN_OUT = "data.structure_removed", "in place", "taken out"
# From so many models or conditions on, what is found is summed up in a matrix, a finding for each
# condition, and the numbers themselves are folded away.
MANY_MODELS, MANY_CONDITIONS = 3, 4

# What an interval over seeds speaks of, and what makes one seed another than the next, where that
# is more than its training.
NEW: Mapping[SeedDraws, str] = {"split": "new splits of this graph", "graph": "new graphs"}
NODES_AND_WEIGHTS = "the nodes that are learned from and tested, and the initial weights"
DRAWN: Mapping[SeedDraws, str] = {
    "split": f"the seed draws {NODES_AND_WEIGHTS}",
    "graph": f"the seed draws the graph, {NODES_AND_WEIGHTS}",
}
NO_INTERVALS = f"no intervals: {NOT_INDEPENDENT}, so intervals are over seeds, and there is one"


def axes(found: Found) -> tuple[str, ...]:
    """What is varied."""
    if isinstance(found, Sweep):
        return tuple(axis_text(axis, found.kind) for axis in found.axes)
    return ("structure",) if found.without_structure else ()


def places(found: Found) -> list[Place]:
    """All points."""
    if isinstance(found, Sweep):
        return [
            (tuple(level_text(point.levels[key]) for key in found.axes), point.comparison)
            for point in found.points
        ]
    if found.without_structure:
        return [((IN_PLACE,), found), ((TAKEN_OUT,), found.without_structure)]
    return [((), found)]


def at(found: Found, levels: tuple[str, ...]) -> str:
    """`data.train_size 300, budget 1,000`."""
    named = zip(axes(found), levels, strict=True)
    return ", ".join(f"{axis} {level}" for axis, level in named)


def at_levels(found: Found, levels: Mapping[str, Any]) -> str:
    """`, budget 1,000` for each. levels: of other axes, by their keys"""
    named = ((named_axis(found, axis), level_text(level)) for axis, level in levels.items())
    return "".join(f", {axis} {level}" for axis, level in named)


def named_axis(found: Found, axis: str) -> str:
    """What the key of an axis is called."""
    return axis_text(axis, first(found).kind)


def levels_of(found: Found, change: Change) -> tuple[str, str]:
    """The first and the last level of a change, in words."""
    if _is_taken_out(change):
        return IN_PLACE, TAKEN_OUT
    named = named_axis(found, change.axis)
    return f"{named} {change.first_level:g}", f"{change.last_level:g}"


def along(found: Found, change: Change) -> str:
    """Where a change begins and ends, e.g. `from data.label_noise 0 to 0.4`."""
    if _is_taken_out(change):
        return "with the structure taken out"
    return f"from {' to '.join(levels_of(found, change))}"


def _is_taken_out(change: Change) -> bool:
    return change.axis == STRUCTURE_REMOVED and (change.first_level, change.last_level) == (0, 1)


def first(found: Found) -> Comparison:
    """The comparison at the first point."""
    return found.points[0].comparison if isinstance(found, Sweep) else found


def is_large(found: Found) -> bool:
    """Whether there are too many differences to tell them one by one."""
    return len(found.models) >= MANY_MODELS or len(found.conditions) >= MANY_CONDITIONS


def differences(found: Found) -> list[tuple[tuple[str, ...], Difference]]:
    """Those under the conditions that were asked for by name, with the levels of their points."""
    return [
        (levels, difference)
        for levels, comparison in places(found)
        for difference in comparison.differences
        if difference.condition in found.conditions
    ]


def ground(found: Found) -> str:
    """What was compared on what: data, points, seeds, precision, device and threads."""
    compared = [comparison for _, comparison in places(found)]
    data, precision, device = (
        ", ".join(dict.fromkeys(getattr(comparison, key) for comparison in compared))
        for key in ("data", "precision", "device")
    )
    swept = isinstance(found, Sweep)
    parts = (
        found.title if isinstance(found, Sweep) else "",
        data,
        counted(len(compared), "point") if swept else "",
        seeds_text(found),
        f"{precision} on {device}{_threads_text(compared)}",
        "smoke: too few examples to mean anything" if found.smoke else "",
    )
    return " · ".join(filter(None, parts))


def _threads_text(compared: Sequence[Comparison]) -> str:
    """`, 1 thread a run`, or `, 1 or 2 threads a run` where they differ."""
    *fewer, most = sorted({0}.union(*(comparison.threads for comparison in compared)))
    if not most:
        return ""  # not recorded
    other = "".join(f"{number} or " for number in fewer[1:])
    return f", {other}{counted(most, 'thread')} a run"


def _counts(found: Found) -> list[int]:
    """How many seeds the points have."""
    return sorted({len(comparison.seeds) for _, comparison in places(found)})


def seeds_text(found: Found) -> str:
    """`5 seeds`, or `4 to 5 seeds` where some points lost one."""
    counts = _counts(found)
    return counted(counts[0], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"


def has_several_seeds(found: Found) -> bool:
    """Whether there is a spread over seeds."""
    return _counts(found)[-1] > 1


def over_seeds(found: Found) -> str:
    """What stands after a number: over which seeds it is, and what its ± is."""
    fewest, most = _counts(found)[0], _counts(found)[-1]
    if fewest == 1 < most:
        return f"mean ± standard deviation over up to {most} seeds, without ± of one"
    if most > 1:
        return f"mean ± standard deviation over {seeds_text(found)}"
    each = " each" * (len(found.models) > 1)
    seeds = dict.fromkeys(str(comparison.seeds[0]) for _, comparison in places(found))
    return f"of one trained network{each} (seed {' or '.join(seeds)})"


def label(found: Found, intervals: Sequence[Interval | None]) -> str:
    """Of intervals at several points: over how many seeds, where that is the same for all.

    Empty where there are none.
    """
    there = [interval for interval in intervals if interval]
    if not there or len(_counts(found)) == 1:
        return interval_label(found, there[0]) if there else ""
    so = f", so over {new(found)}" * bool(new(found))
    each = f"{{:g}} % {{}} interval over the seeds of each point{so}"
    several = (each.format(100 * i.confidence, i.method) for i in there if i.sample.seeds)
    one = (f"with one seed {i.label}" for i in there if not i.sample.seeds)
    none = [f"with one seed none ({NOT_INDEPENDENT})"] * (len(there) < len(intervals))
    return ", ".join(dict.fromkeys((*several, *one, *none)))


def explained(found: Found, mark: str, intervals: Sequence[Interval | None]) -> str:
    """Of what is shown by a mark, e.g. `in brackets: 95 % …`, or why there is nothing to show."""
    told = label(found, intervals)
    return f"{mark}: {told}" if told else NO_INTERVALS


def interval_label(found: Found, interval: Interval) -> str:
    """An interval's label, with what it speaks of where that is more than new training."""
    return interval.label_for(new(found))


def new(found: Found) -> str:
    """What an interval over seeds speaks of: `new splits of this graph`; else empty."""
    return _by_seed(found, NEW, " or ")


def drawn_text(found: Found) -> str:
    """What the seed draws, where that is more than the training; else empty."""
    return _by_seed(found, DRAWN, "; or ")


def _by_seed(found: Found, words: Mapping[SeedDraws, str], between: str) -> str:
    drawn = dict.fromkeys(comparison.seed_draws for _, comparison in places(found))
    return between.join(words[what] for what in drawn if what in words)


def where(found: Found, condition: str) -> str:
    """`on clean examples`, of a graph `on the clean graph`; `under rotate:30`."""
    return on(condition, first(found).kind)


def is_graph(found: Found) -> bool:
    """Whether the examples are nodes of a graph."""
    return first(found).kind in GRAPHS


def tested(found: Found) -> str:
    """What errors are shares of."""
    return asked_of(found.conditions, first(found).kind)


def learned(found: Found) -> str:
    """What the training loss is over."""
    return LABELLED_NODES if is_graph(found) else EXAMPLES


def examples_text(found: Found, conditions: Sequence[str] = ()) -> str:
    """`10,000 test examples`, or `677 test nodes`. conditions: under which; all where none is
    named"""
    what = asked_of(conditions or found.conditions, first(found).kind)
    counts = {comparison.examples for _, comparison in places(found)}
    number = f"{min(counts):,} {what}" if len(counts) == 1 else f"each point's {what}"
    differ = {d.condition: d.examples_differ for d in first(found).differences}
    tests = of_tests(differ)
    others = [condition for condition in tests if differ[condition]]
    if not others:
        return number
    under = "" if len(others) == len(tests) else f" under {listed(others)}"
    return f"{number}, others for each seed{under}"


def judged_text(found: Found) -> str:
    """What an error is, where that is not clear."""
    exact = "a sentence is right where every symbol of its answer is"
    return exact * (first(found).kind == "sequence")


def loss_text(found: Found) -> str:
    """What the training loss is: of an answer of several symbols, the mean over all of them."""
    each = " of a symbol of the right answers, the end of each among them,"
    return f"mean cross-entropy{each * (first(found).kind == 'sequence')}"


def warnings(found: Found) -> list[str]:
    """What is to be known before any number is read: on the page and on the terminal."""
    failed = found.excluded if isinstance(found, Sweep) else found.failed
    where = " at its point" * isinstance(found, Sweep)
    smoke = "A smoke run: a trial of the machinery on a few examples. Its numbers mean nothing."
    recipes = (
        "The models were trained by different recipes, on purpose: a difference may come from the "
        "recipe as well as from the architecture."
    )
    return [
        *[smoke] * found.smoke,
        *[recipes] * first(found).recipes_differ,
        *(
            f"Seed {run.seed} is left out for all models{where}: {run.model} failed: {run.reason} "
            f"({run.run})"
            for run in failed
        ),
        *_notices(found),
    ]


def _notices(found: Found) -> list[str]:
    """What the runs of the models said, each once, wherever it was said and by whichever models."""
    said: dict[str, list[str]] = {}
    for _, comparison in places(found):
        for name, model in comparison.models.items():
            for text in model.notices:
                said.setdefault(text, []).append(name)
    return [f"{listed(list(dict.fromkeys(names)))}: {text}." for text, names in said.items()]
