"""What a comparison says, in sentences: only what its numbers support."""

from __future__ import annotations

from structbench.report.lecture import LECTURE, lecture_models
from structbench.report.text import counted, interval_points, p_text, points
from structbench.results.comparison import Change, Comparison, Difference

# What a p-value must be below for a difference to be called one.
LEVEL = 0.05


def sentences(comparison: Comparison) -> list[str]:
    """The findings, one a difference, then what the structure is worth, then the lecture."""
    found = [_difference(d, comparison) for d in comparison.differences]
    found += [_worth(change) for change in comparison.changes if change.baseline]
    if lecture_models(comparison):
        cnn, fnn = (f"{100 * LECTURE[n].misclassification:.1f} %" for n in ("CNN", "FNN"))
        found.append(
            f"The lecture reports {cnn} for its CNN and {fnn} for its FNN without describing its "
            "test set; the shift by two pixels is our reconstruction of it."
        )
    return found


def headline(comparison: Comparison, condition: str) -> str:
    """The finding under one condition, of the first model; empty where there is no other."""
    found = (d for d in comparison.differences if d.condition == condition)
    return next((_difference(d, comparison) for d in found), "")


def _difference(d: Difference, comparison: Comparison) -> str:
    where = f"On {d.condition} images"
    if d.tests is None:
        return _two_networks(d, where, comparison)
    size = _size(d)
    p = p_text(d.tests.paired_t.p_value)
    equivalence = d.tests.equivalence
    margin = f"{100 * equivalence.margin:g} percentage points"
    if d.tests.paired_t.p_value < LEVEL:
        better, worse = (d.model, d.baseline) if d.estimate < 0 else (d.baseline, d.model)
        small = (
            f" The difference is nevertheless within the margin of {margin} "
            f"(two one-sided tests, p = {p_text(equivalence.p_value)})."
            if equivalence.equivalent
            else ""
        )
        return (
            f"{where}, {better} misclassifies fewer than {worse}: {d.model} − {d.baseline} is "
            f"{size}, p = {p}.{small}"
        )
    if equivalence.equivalent:
        return (
            f"{where}, {d.model} and {d.baseline} are equivalent within the margin of {margin} "
            f"(two one-sided tests, p = {p_text(equivalence.p_value)}): the difference is {size}."
        )
    detectable = d.tests.smallest_detectable
    found = (
        f" With this spread, {counted(d.n, 'seed')} find a true difference of "
        f"{100 * detectable:.2f} percentage points in 80 of 100 cases; a smaller one may be there."
        if detectable is not None
        else ""
    )
    return (
        f"{where}, {counted(d.n, 'seed')} do not settle which of {d.model} and {d.baseline} is "
        f"better: the difference is {size}, p = {p}.{found}"
    )


def _size(d: Difference) -> str:
    interval = f"{interval_points(d.interval)}, {d.interval.label}"
    return f"{points(d.estimate)} percentage points ({interval})"


def _two_networks(d: Difference, where: str, comparison: Comparison) -> str:
    test = d.two_networks.mcnemar
    verdict = (
        f"{where}, the difference {d.model} − {d.baseline} is {_size(d)}; "
        f"McNemar's exact test gives p = {p_text(test.p_value)}."
    )
    return (
        f"{verdict} This compares two trained networks (seed {comparison.seeds[0]}), "
        "not two architectures: another seed may say otherwise."
    )


def _worth(w: Change) -> str:
    gap = w.change
    figures = (
        f"{w.model} − {w.baseline} is {points(w.first.estimate)} percentage points with the "
        f"pixels in place and {points(w.last.estimate)} with them permuted; it changes by "
        f"{points(gap.estimate)} ({interval_points(gap)}, {gap.label})."
    )
    if 0.0 in gap:
        seeds = counted(gap.sample.seeds or 0, "seed")
        return f"On {w.condition} images, {seeds} do not settle what the grid is worth: {figures}"
    verdict = "owes its place to the grid" if gap.estimate > 0 else "does better without the grid"
    return f"On {w.condition} images, {w.model} {verdict}: {figures}"
