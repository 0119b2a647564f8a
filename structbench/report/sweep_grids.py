"""The tables of a sweep, as texts: the same cells on the terminal, in the files and on the page."""

from __future__ import annotations

import math
from collections.abc import Callable

from structbench.experiment.sweep import level_text
from structbench.report.grids import over_seeds, share_text
from structbench.report.table import Table
from structbench.report.text import counted, interval_points, p_text, percent, points
from structbench.results.sweep import Point, Sweep, WorthAt
from structbench.statistics import Bound, Interval


def sweep_grids(sweep: Sweep, verbose: bool = False) -> list[Table]:
    """All tables of a sweep; `verbose` adds each seed's values."""
    found = [points_grid(sweep)]
    if sweep.worth:
        found.append(worth_grid(sweep))
    if sweep.axes and sweep.pairs:
        found.append(_differences_grid(sweep, sweep.conditions, "differences", "difference"))
    if sweep.areas:
        found.append(areas_grid(sweep))
    for i, name in enumerate(sweep.strengths):
        found.append(strength_grid(sweep, name, f"strength_{i}"))
    if verbose and sweep.seeds > 1:
        found.append(seeds_grid(sweep))
    return found


def sweep_title(sweep: Sweep) -> str:
    """What was swept, over how many seeds, and on what ground."""
    compared = [point.comparison for point in sweep.points]
    data, precision, device = (
        ", ".join(dict.fromkeys(getattr(c, key) for c in compared))
        for key in ("data", "precision", "device")
    )
    return (
        f"{sweep.title} · {data} · {counted(len(sweep.points), 'point')} · "
        f"{counted(sweep.seeds, 'seed')} · {precision} on {device}"
        + (" · smoke: too few images to mean anything" if sweep.smoke else "")
    )


def _levels(sweep: Sweep, point: Point) -> tuple[str, ...]:
    return tuple(level_text(point.levels[key]) for key in sweep.axes)


def _seeds(sweep: Sweep) -> str:
    """Over how many seeds the points are, where some of them lost one."""
    counts = sorted({len(point.comparison.seeds) for point in sweep.points})
    return counted(counts[0], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"


def _label(sweep: Sweep, interval: Interval) -> str:
    """Of intervals at several points: over how many seeds, where that is the same for all."""
    if len({len(point.comparison.seeds) for point in sweep.points}) == 1:
        return interval.label
    return f"{100 * interval.confidence:g} % interval over the seeds of each point"


def images_text(sweep: Sweep) -> str:
    """`10,000 test images`."""
    counts = {point.comparison.examples for point in sweep.points}
    return f"{min(counts):,} test images" if len(counts) == 1 else "the test images of each point"


def points_grid(sweep: Sweep) -> Table:
    """One line a point and model."""
    return Table(
        "points",
        sweep_title(sweep),
        (*sweep.axes, "model", "parameters", "training loss", *sweep.conditions),
        tuple(
            (
                *_levels(sweep, point),
                name,
                f"{model.parameters:,}",
                f"{model.train_loss.mean:.2g}",
                *(share_text(model.misclassification[c]) for c in sweep.conditions),
            )
            for point in sweep.points
            for name, model in point.comparison.models.items()
        ),
        f"misclassification of {images_text(sweep)}, {over_seeds(_seeds(sweep), sweep.seeds)}; "
        "training loss: mean cross-entropy over the training examples in the pass whose weights "
        f"are kept, mean over {_seeds(sweep)}",
    )


def _differences_grid(sweep: Sweep, conditions: tuple[str, ...], name: str, title: str) -> Table:
    rows, label = [], ""
    for point in sweep.points:
        for d in point.comparison.differences:
            if d.condition not in conditions:
                continue
            label = _label(sweep, d.interval)
            p = d.tests.paired_t.p_value if d.tests else d.two_networks.mcnemar.p_value
            rows.append(
                (
                    *_levels(sweep, point), d.condition, f"{d.model} − {d.baseline}",
                    points(d.estimate), interval_points(d.interval), p_text(p),
                )
            )  # fmt: skip
    test = "paired t, two-sided" if sweep.seeds > 1 else "McNemar's exact test over images"
    several = len(sweep.pairs) > 1
    corrected = " corrected for the models of a point (Bonferroni-Dunn)" if several else ""
    return Table(
        name,
        f"{title} in misclassification, in percentage points",
        (*sweep.axes, "condition", "difference", "points", "95 % interval", "p"),
        tuple(rows),
        f"{label}; p: {test}{corrected}, each point by itself: over many points "
        "some are below 0.05 by chance",
    )


def ratio_text(ratio: float, bound: Bound = "") -> str:
    """A ratio with two significant digits; a bound is rounded to the side on which it is true."""
    if not bound:
        return _significant(ratio, round)
    return f"{bound} {_significant(ratio, math.floor if bound == 'more than' else math.ceil)}"


def _significant(value: float, whole: Callable[[float], int]) -> str:
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    rounded = whole(value / unit) * unit
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.2g}"


def worth_text(worth: WorthAt) -> str:
    """The ratio with its interval, or the bound."""
    told = f"{ratio_text(worth.ratio, worth.bound)} times"
    if worth.interval is None:
        return told
    low, high = ratio_text(worth.interval.low), ratio_text(worth.interval.high)
    return f"{told} ({low} … {high})"


def worth_grid(sweep: Sweep) -> Table:
    """One line an error level, condition and pair."""
    others = list(sweep.axes)[1:]
    of = sweep.worth[0].of
    label = next((w.interval.label for w in sweep.worth if w.interval), "")
    return Table(
        "worth",
        f"{worth_name(of)}: how many times as many {of} as the model its baseline needs",
        (*others, "condition", "misclassification", "model over baseline", "needs"),
        tuple(
            (
                *(level_text(worth.at[key]) for key in others),
                worth.condition,
                f"{100 * worth.level:g} %",
                f"{worth.model} over {worth.baseline}",
                worth_text(worth),
            )
            for worth in sweep.worth
        ),
        "geometric mean over seeds of the ratio of the sizes at which the two curves of a seed "
        "reach this misclassification, interpolated on log-log axes; "
        + (f"in brackets the {label}; " if label else "")
        + "more than, less than: beyond the sizes that were measured, true of every seed",
    )


def worth_name(of: str) -> str:
    """`data worth` or `parameter worth`."""
    return "data worth" if of == "training examples" else "parameter worth"


def areas_grid(sweep: Sweep) -> Table:
    """One line a strength, point and model."""
    label = next((area.difference.label for area in sweep.areas if area.difference), "")
    rows = []
    for area in sweep.areas:
        found, difference = area.misclassification, area.difference
        against = _with_limits(difference) if difference else ""
        rows.append(
            (
                area.strength, *(level_text(area.at[key]) for key in sweep.axes), area.model,
                share_text(found), against,
            )
        )  # fmt: skip
    return Table(
        "areas",
        "mean misclassification over the levels of a condition: the area under the curve",
        ("condition", *sweep.axes, "model", "area", f"minus {sweep.baseline}, in points"),
        tuple(rows),
        f"area by trapezoids, divided by the width of the levels, "
        f"{over_seeds(_seeds(sweep), sweep.seeds)}" + (f"; difference: {label}" if label else ""),
    )


def _with_limits(difference: Interval) -> str:
    return f"{points(difference.estimate)} ({interval_points(difference)})"


def strength_grid(sweep: Sweep, strength: str, name: str) -> Table:
    """One line a level: each model, and what lies between it and the baseline."""
    asked = sweep.strengths[strength]
    rows, label = [], ""
    for point in sweep.points:
        models = point.comparison.models
        for level, condition in zip(asked.levels, asked.conditions, strict=True):
            found = {d.model: d for d in point.comparison.differences if d.condition == condition}
            label = _label(sweep, next(iter(found.values())).interval) if found else label
            rows.append(
                (
                    *_levels(sweep, point),
                    level_text(level),
                    *(share_text(model.misclassification[condition]) for model in models.values()),
                    *(_with_limits(found[model].interval) for model, _ in sweep.pairs),
                )
            )
    return Table(
        name,
        f"{strength} ({asked.condition})",
        (
            *sweep.axes,
            "level",
            *sweep.models,
            *(f"{model} − {base}, points" for model, base in sweep.pairs),
        ),
        tuple(rows),
        f"misclassification, {over_seeds(_seeds(sweep), sweep.seeds)}; in brackets: {label}",
    )


def seeds_grid(sweep: Sweep) -> Table:
    """Each seed's misclassification at each point."""
    return Table(
        "seeds",
        "misclassification by seed",
        (*sweep.axes, "model", "condition", *(f"seed {seed}" for seed in range(sweep.seeds))),
        tuple(
            (
                *_levels(sweep, point),
                name,
                condition,
                *(
                    percent(found.by_seed[point.comparison.seeds.index(seed)])
                    if seed in point.comparison.seeds
                    else "left out"
                    for seed in range(sweep.seeds)
                ),
            )
            for point in sweep.points
            for name, model in point.comparison.models.items()
            for condition, found in model.misclassification.items()
        ),
    )
