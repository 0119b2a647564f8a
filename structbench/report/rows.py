"""The numbers of a report as lines of a CSV file: one a line, with its interval where it has one.

Shares, not per cent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from structbench.results.comparison import Change, Comparison
from structbench.results.sweep import Sweep, WorthAt
from structbench.statistics import Interval

Row = dict[str, object]
COMPARISON_COLUMNS = (
    "what", "model", "baseline", "condition", "seed", "value", "sd", "low", "high", "method",
    "over", "p_value",
)  # fmt: skip


def csv_text(columns: Iterable[str], rows: Iterable[Row]) -> str:
    """With a line of column names; what a row lacks stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def comparison_rows(comparison: Comparison) -> Iterator[Row]:
    """Sizes, misclassification by seed and on average, differences, what structure is worth."""
    without = comparison.without_structure
    for compared, suffix in ((comparison, ""), *(((without, " permuted"),) if without else ())):
        for name, model in compared.models.items():
            yield {"what": "parameters", "model": name + suffix, "value": model.parameters}
            yield {"what": "macs", "model": name + suffix, "value": model.macs}
            for condition, found in model.misclassification.items():
                row = {"what": "misclassification", "model": name + suffix, "condition": condition}
                yield {**row, "sd": found.sd, **_interval(found.interval), "value": found.mean}
                for seed, value in zip(compared.seeds, found.by_seed, strict=True):
                    yield {**row, "seed": seed, "value": value}
    for d in comparison.differences:
        row = {"model": d.model, "baseline": d.baseline, "condition": d.condition}
        p = d.tests.paired_t.p_value if d.tests else d.two_networks.mcnemar.p_value
        yield {"what": "difference", **row, **_interval(d.interval), "p_value": p}
    for lead in (change for change in comparison.changes if change.baseline):
        of: Row = {**_pair(lead), "condition": lead.condition}
        for what in ("first", "last", "change"):
            yield {"what": f"{what} lead along {lead.axis}", **of, **_interval(getattr(lead, what))}


def _interval(interval: Interval) -> Row:
    return {
        "value": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "method": f"{100 * interval.confidence:g} % {interval.method}",
        "over": interval.sample,
    }


def sweep_rows(sweep: Sweep) -> Iterator[Row]:
    """The rows of the comparison at each point, with its levels; then what they say together."""
    for point in sweep.points:
        for name, model in point.comparison.models.items():
            loss: Row = {"what": "training_loss", "model": name}
            yield {
                **point.levels,
                **loss,
                "value": model.train_loss.mean,
                "sd": model.train_loss.sd,
            }
        for row in comparison_rows(point.comparison):
            yield {**point.levels, **row}
    for worth in sweep.worth:
        row = {"what": f"worth in {worth.of}", "level": worth.level, "condition": worth.condition}
        found = _interval(worth.interval) if worth.interval else {"value": worth.ratio}
        yield {**worth.at, **row, **_pair(worth), **found, "bound": worth.bound}
    for area in sweep.areas:
        row = {"what": "area", "strength": area.strength, "model": area.model}
        mean, sd = area.misclassification.mean, area.misclassification.sd
        yield {**area.at, **row, "value": mean, "sd": sd}
        if area.difference:
            row |= {"what": "area_difference", "baseline": sweep.baseline}
            yield {**area.at, **row, **_interval(area.difference)}
    for lead in (change for change in sweep.changes if change.baseline):
        row = {"what": f"change of lead along {lead.axis}", "condition": lead.condition}
        yield {**lead.at, **row, **_pair(lead), **_interval(lead.change)}


def _pair(found: WorthAt | Change) -> Row:
    return {"model": found.model, "baseline": found.baseline}


def sweep_columns(sweep: Sweep) -> tuple[str, ...]:
    """The axes, then as for a comparison, and what only a sweep has."""
    return (*sweep.axes, *COMPARISON_COLUMNS, "strength", "level", "bound")
