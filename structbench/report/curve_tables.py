"""The tables that only a sweep has: worth, where leads end, areas, and what a strength does."""

import math
from collections.abc import Callable

from structbench.experiment.sweep import level_text
from structbench.report.places import (
    axes,
    explained,
    interval_label,
    named_axis,
    over_seeds,
    places,
)
from structbench.report.table import Table
from structbench.report.text import difference_text, share_text
from structbench.results.sweep import CrossingAt, Sweep, WorthAt
from structbench.statistics import Bound


def curve_tables(sweep: Sweep) -> list[Table]:
    """Those that this sweep has something for."""
    made = [worth_table(sweep)] if sweep.worth else []
    if sweep.crossings:
        made.append(crossings_table(sweep))
    if sweep.areas:
        made.append(areas_table(sweep))
    return made + [strength_table(sweep, name) for name in sweep.strengths]


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


def worth_table(sweep: Sweep) -> Table:
    """One line an error level, condition and pair."""
    others = list(sweep.axes)[1:]
    of = sweep.worth[0].of
    interval = next((interval_label(sweep, w.interval) for w in sweep.worth if w.interval), "")
    mean = (
        "geometric mean over seeds of the ratio" if any(w.n > 1 for w in sweep.worth) else "ratio"
    )
    return Table(
        "worth",
        f"worth in {of}: how many times as many as the model its baseline needs",
        (*axes(sweep)[1:], "condition", "misclassification", "model over baseline", "needs"),
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
        f"{mean} of the sizes at which the two curves of a seed reach this misclassification, "
        "interpolated on log-log axes; "
        + (f"in brackets: {interval}; " if interval else "")
        + "more than, less than: beyond the sizes that were measured, true of every seed",
        keys=len(others) + 3,
    )


def crossing_text(crossing: CrossingAt, over: str = "") -> str:
    """The level with its interval, to three digits. over: what is said of it besides"""
    interval = crossing.interval
    limits = f"{interval.low:.3g} … {interval.high:.3g}" if interval else ""
    told = ", ".join(filter(None, (limits, over)))
    return f"{crossing.level:.3g}" + (f" ({told})" if told else "")


def crossings_table(sweep: Sweep) -> Table:
    """One line for each place where a lead ends or begins."""
    axis, *others = sweep.axes
    crossings = sweep.crossings
    interval = next((interval_label(sweep, c.interval) for c in crossings if c.interval), "")
    named = named_axis(sweep, axis)
    return Table(
        "crossings",
        f"where along {named} a lead over {sweep.baseline} ends or begins",
        (*axes(sweep)[1:], "condition", "model", "its lead", named),
        tuple(
            (
                *(level_text(crossing.at[key]) for key in others),
                crossing.condition,
                crossing.model,
                "ends" if crossing.rises else "begins",
                crossing_text(crossing),
            )
            for crossing in crossings
        ),
        "where model − baseline is 0 on each seed's own curves, linear between the levels that "
        f"were measured; {'mean over seeds' if sweep.seeds > 1 else 'one seed'}"
        + (f"; in brackets: {interval}" if interval else ""),
        keys=len(others) + 3,
    )


def areas_table(sweep: Sweep) -> Table:
    """One line a strength, point and model."""
    paired = (area.difference for area in sweep.areas if area.difference)
    interval = next((interval_label(sweep, difference) for difference in paired), "")
    return Table(
        "areas",
        "mean misclassification over the levels of a condition: the area under the curve",
        ("condition", *axes(sweep), "model", "area", f"minus {sweep.baseline}, in points"),
        tuple(
            (
                area.strength,
                *(level_text(area.at[key]) for key in sweep.axes),
                area.model,
                share_text(area.misclassification),
                difference_text(area.difference.estimate, area.difference)
                if area.difference
                else "",
            )
            for area in sweep.areas
        ),
        "area by trapezoids, divided by the width of the levels, "
        f"{over_seeds(sweep)}" + (f"; in brackets: {interval}" if interval else ""),
        keys=len(sweep.axes) + 2,
    )


def strength_table(sweep: Sweep, name: str) -> Table:
    """One line a level: each model, and what lies between it and the baseline."""
    strength, rows, intervals = sweep.strengths[name], [], []
    for levels, comparison in places(sweep):
        for level, condition in zip(strength.levels, strength.conditions, strict=True):
            found = [d for d in comparison.differences if d.condition == condition]
            leads = (difference_text(d.estimate, d.interval) for d in found)
            means = (share_text(m.misclassification[condition]) for m in comparison.models.values())
            rows.append((*levels, level_text(level), *means, *leads))
            intervals += [d.interval for d in found]
    return Table(
        "strength",
        f"{name} ({strength.condition})",
        (
            *axes(sweep),
            "level",
            *sweep.models,
            *(f"{model} − {base}, points" for model, base in sweep.pairs),
        ),
        tuple(rows),
        f"misclassification, {over_seeds(sweep)}; {explained(sweep, 'in brackets', intervals)}",
        keys=len(sweep.axes) + 1,
    )
