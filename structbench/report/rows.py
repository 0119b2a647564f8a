"""The numbers of a report as lines of a CSV file: one a line, with its interval where it has one.

Shares, not per cent.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from structbench.report.places import Found, axes, places
from structbench.results.comparison import Change, Comparison
from structbench.results.sweep import CrossingAt, Sweep, WorthAt
from structbench.statistics import Interval

Numbers = dict[str, object]
COLUMNS = (
    "what", "model", "baseline", "condition", "seed", "value", "sd", "low", "high", "method",
    "over", "p_value",
)  # fmt: skip
# What only a sweep has.
MORE = ("strength", "level", "bound")


def csv_text(found: Found) -> str:
    """The axes and the numbers, with a line of column names; what a line lacks stays empty."""
    text = io.StringIO()
    columns = [*_axes(found), *COLUMNS, *(MORE if isinstance(found, Sweep) else ())]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for levels, comparison in _points(found):
        writer.writerows({**levels, **row} for row in _comparison(comparison))
    if isinstance(found, Sweep):
        writer.writerows(_curves(found))
    writer.writerows(row for change in found.changes for row in _change(change))
    return text.getvalue()


def _axes(found: Found) -> tuple[str, ...]:
    """As they are in the config."""
    return tuple(found.axes) if isinstance(found, Sweep) else axes(found)


def _points(found: Found) -> list[tuple[Numbers, Comparison]]:
    """Each with its levels as they are in the config, without commas."""
    if isinstance(found, Sweep):
        return [(point.levels, point.comparison) for point in found.points]
    return [(dict(zip(axes(found), levels, strict=True)), c) for levels, c in places(found)]


def _comparison(comparison: Comparison) -> Iterator[Numbers]:
    """Sizes, loss, misclassification by seed and on average, and differences."""
    for name, model in comparison.models.items():
        yield {"what": "parameters", "model": name, "value": model.parameters}
        yield {"what": "macs", "model": name, "value": model.macs}
        loss = model.train_loss
        yield {"what": "training_loss", "model": name, "value": loss.mean, "sd": loss.sd}
        for condition, found in model.misclassification.items():
            row = {"what": "misclassification", "model": name, "condition": condition}
            interval = _interval(found.interval) if found.interval else {}
            yield {**row, "sd": found.sd, **interval, "value": found.mean}
            for seed, value in zip(comparison.seeds, found.by_seed, strict=True):
                yield {**row, "seed": seed, "value": value}
    for what, pairs in (("difference", comparison.differences), ("deeper", comparison.deeper)):
        for d in pairs:
            row = {"what": what, "model": d.model, "baseline": d.baseline}
            told = _interval(d.interval) if d.interval else {"value": d.estimate}
            yield {**row, "condition": d.condition, **told, "p_value": d.p_value}


def _interval(interval: Interval) -> Numbers:
    several = interval.comparisons > 1
    together = f", simultaneous over {interval.comparisons} differences" if several else ""
    return {
        "value": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "method": f"{100 * interval.confidence:g} % {interval.method}{together}",
        "over": interval.sample,
    }


def _curves(sweep: Sweep) -> Iterator[Numbers]:
    for worth in sweep.worth:
        row = {"what": f"worth in {worth.of}", "level": worth.level, "bound": worth.bound}
        found = _interval(worth.interval) if worth.interval else {"value": worth.ratio}
        yield {**worth.at, **row, **_pair(worth), **found}
    for crossing in sweep.crossings:
        row = {"what": f"lead {'ends' if crossing.rises else 'begins'} along {crossing.axis}"}
        over = _interval(crossing.interval) if crossing.interval else {"value": crossing.level}
        yield {**crossing.at, **row, **_pair(crossing), **over}
    for area in sweep.areas:
        row = {"what": "area", "strength": area.strength, "model": area.model}
        mean, sd = area.misclassification.mean, area.misclassification.sd
        yield {**area.at, **row, "value": mean, "sd": sd}
        if area.difference:
            row |= {"what": "area_difference", "baseline": sweep.baseline}
            yield {**area.at, **row, **_interval(area.difference)}


def _change(change: Change) -> Iterator[Numbers]:
    for what in ("first", "last", "change"):
        row = {"what": f"{what} along {change.axis}", **change.at, **_pair(change)}
        yield {**row, **_interval(getattr(change, what))}


def _pair(found: WorthAt | CrossingAt | Change) -> Mapping[str, Any]:
    return {"model": found.model, "baseline": found.baseline, "condition": found.condition}
