"""What is said of two models, or of several and one."""

from collections.abc import Iterable, Mapping

from structbench.report.places import has_several_seeds, interval_label, is_graph, where
from structbench.report.text import (
    NOT_INDEPENDENT,
    capital,
    counted,
    interval_points,
    listed,
    p_equals,
    points,
    unsigned,
)
from structbench.report.verdict import Verdict, verdict
from structbench.results.comparison import Comparison, Difference
from structbench.statistics import Interval

# Verdict → what one model does, and what several do.
ERR: Mapping[Verdict, tuple[str, str]] = {
    "less": ("errs less often than", "err less often than"),
    "more": ("errs more often than", "err more often than"),
    "equivalent": ("errs about as often as", "err about as often as"),
    "open": ("errs less or more often than", ""),
}


def against(differences: Iterable[Difference]) -> str:
    """Which models err less often than the one they are all compared with, and which more often."""
    told = list(differences)
    verdicts = {d.model: verdict(d) for d in told}
    margins = {100 * d.tests.equivalence.margin for d in told if d.tests}
    within = "".join(f" (within {margin:g} percentage points)" for margin in margins)
    return grouped(verdicts, ERR, told[0].baseline, within)


def condition_sentence(comparison: Comparison, condition: str, told: str) -> str:
    """What is told of several models, with the condition before it, and what one seed says."""
    seed, several = comparison.seeds[0], has_several_seeds(comparison)
    why = f": {NOT_INDEPENDENT}, so intervals are over seeds" * is_graph(comparison)
    one = "" if several else f" (the networks of seed {seed} alone{why})"
    return f"{capital(where(comparison, condition))}, {told}{one}."


def grouped(
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


def difference_sentence(comparison: Comparison, d: Difference, under: str = "") -> str:
    """Who errs less often, by how much and how surely. under: the condition, if it is not clear"""
    if d.tests is None or d.interval is None:
        return _two_networks(comparison, d, under)
    said = verdict(d)
    size = (
        f"{d.model} − {d.baseline} is {points(d.estimate)} percentage points "
        f"({interval_points(d.interval)}, {interval_label(comparison, d.interval)}"
    )
    if said == "equivalent":
        both = f"{d.model} and {d.baseline} err about equally often"
        return f"{_spaced(both, under)}, {_margin(d)}: {size})."
    if said == "open":
        which = f"Whether {d.model} or {d.baseline} errs less often"
        seeds = f"is not settled by {counted(d.n, 'seed')}"
        p = p_equals(d.tests.paired_t.p_value)
        return f"{_spaced(which, under, seeds)}: {size}; {p}).{_detectable(d)}"
    better, worse = (d.model, d.baseline) if said == "less" else (d.baseline, d.model)
    by = by_so_much(comparison, d, d.interval, " less")
    return f"{_spaced(f'{better} errs less often than {worse}', under)}: {by}"


def by_so_much(comparison: Comparison, d: Difference, interval: Interval, what: str = "") -> str:
    """The size of a settled difference. interval: its own; what: what it is, behind the limits"""
    low, high = map(unsigned, sorted((interval.low, interval.high), key=abs))
    p = f"; {p_equals(d.tests.paired_t.p_value)}" if d.tests else ""
    within = bool(d.tests and d.tests.equivalence.equivalent)
    small = f" The difference is nevertheless {_margin(d)}." if within else ""
    return (
        f"by {unsigned(d.estimate)} percentage points ({low} … {high}{what}, "
        f"{interval_label(comparison, interval)}{p}).{small}"
    )


def _margin(d: Difference) -> str:
    assert d.tests  # with one seed nothing is equivalent
    equivalence = d.tests.equivalence
    return (
        f"within the margin of {100 * equivalence.margin:g} percentage points (two one-sided "
        f"tests, {p_equals(equivalence.p_value)})"
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
