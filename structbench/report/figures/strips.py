"""Models as rows, conditions as panels: misclassification, and the leads over the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from structbench.report.figures.axes import SHARE, bar, linear_ticks, share_span, span
from structbench.report.figures.grid import Panel, left_out, panels
from structbench.report.figures.style import (
    PANELS,
    PAPER,
    RULE,
    SEEDS,
    CaptionedFigure,
    Look,
    looks,
    room_for,
    short,
)
from structbench.report.text import percent, points
from structbench.results.comparison import Comparison, Misclassification
from structbench.statistics import Interval


@dataclass(frozen=True)
class Strip:
    """A row: each seed, the mean and its bar, in per cent or percentage points; mean as a text.

    sure: whether the mark of the mean is full
    """

    seeds: tuple[float, ...]
    mean: float
    bar: tuple[float, float]
    text: str
    sure: bool = True


Limits = Callable[[Sequence[float], Sequence[float]], tuple[float, float]]


def misclassification(comparison: Comparison) -> CaptionedFigure:
    """A panel for each condition, a row for each model: each seed, the mean and its interval."""
    conditions, seeds = comparison.conditions[:PANELS], comparison.seeds
    rows = {
        condition: {
            name: _share(model.misclassification[condition])
            for name, model in comparison.models.items()
        }
        for condition in conditions
    }
    figure = _strips(rows, looks(list(comparison.models)), share_span, " %", signed=False)
    interval = next(iter(comparison.models.values())).misclassification[conditions[0]].interval
    figure.caption = (
        f"Share of the {comparison.examples:,} test examples misclassified. "
        + _marks(len(seeds), seeds[0], interval)
        + left_out(len(comparison.conditions), "conditions", len(seeds))
    )
    figure.alt = f"Misclassification. {in_words(comparison, conditions)}"
    return figure


def _share(found: Misclassification) -> Strip:
    low, high = np.clip((100 * found.interval.low, 100 * found.interval.high), *SHARE)
    seeds = tuple(100 * share for share in found.by_seed[:SEEDS])
    return Strip(seeds, 100 * found.mean, (low, high), percent(found.mean))


def leads(comparison: Comparison) -> CaptionedFigure | None:
    """A panel for each condition, a row for each model but the baseline: its lead, around 0.

    None where there is no model to compare
    """
    if not comparison.differences:
        return None
    conditions, baseline = comparison.conditions[:PANELS], comparison.baseline or ""
    rows: dict[str, dict[str, Strip]] = {condition: {} for condition in conditions}
    for found in comparison.differences:
        if found.condition in rows:
            shares = (
                np.array(comparison.models[name].misclassification[found.condition].by_seed)
                for name in (found.model, baseline)
            )
            by_seed = np.subtract(*shares)[:SEEDS]
            rows[found.condition][found.model] = _lead(found.interval, by_seed.tolist())
    figure = _strips(rows, looks(list(comparison.models)), _around_zero, "", signed=True)
    figure.caption = (
        f"Misclassification minus that of {baseline}, in percentage points: to the left of 0 the "
        "model misclassifies less. "
        + _marks(len(comparison.seeds), comparison.seeds[0], comparison.differences[0].interval)
        + " The mark is hollow where the bar includes 0."
        + left_out(len(comparison.conditions), "conditions", len(comparison.seeds))
    )
    figure.alt = f"Misclassification minus that of {baseline}, in points. " + " ".join(
        f"{condition}: {', '.join(f'{name} {strip.text}' for name, strip in row.items())}."
        for condition, row in rows.items()
    )
    return figure


def _lead(interval: Interval, by_seed: Sequence[float]) -> Strip:
    ends = (100 * interval.low, 100 * interval.high)
    seeds = tuple(100 * lead for lead in by_seed)
    sure = not ends[0] <= 0 <= ends[1]
    return Strip(seeds, 100 * interval.estimate, ends, points(interval.estimate), sure)


def _around_zero(shown: Sequence[float], bars: Sequence[float]) -> tuple[float, float]:
    return span([*shown, 0.0], bars)


def _marks(seeds: int, first: int, interval: Interval) -> str:
    """What the marks of a row are."""
    if seeds > 1:
        return (
            f"Each small mark is one seed (n = {seeds}), the large mark their mean, the bar the "
            f"mean's {interval.label}; an arrowhead marks a bar that goes on."
        )
    return f"The mark is of one trained network each (seed {first}), the bar its {interval.label}."


def in_words(comparison: Comparison, conditions: Sequence[str]) -> str:
    """Misclassification under these conditions, for those who do not see the figure."""
    return " ".join(
        f"{condition}: "
        + ", ".join(
            f"{name} {percent(model.misclassification[condition].mean)}"
            for name, model in comparison.models.items()
        )
        + "."
        for condition in conditions
    )


def _strips(
    rows: Mapping[str, Mapping[str, Strip]], look: Mapping[str, Look], limits: Limits,
    unit: str, signed: bool,
) -> CaptionedFigure:  # fmt: skip
    conditions = list(rows)
    names = list(rows[conditions[0]])
    columns: list[Axes] = []

    def draw(axes: Axes, i: int) -> None:
        strips = rows[conditions[i]]
        shown = [x for strip in strips.values() for x in (*strip.seeds, strip.mean)]
        axes.set_xlim(limits(shown, [x for strip in strips.values() for x in strip.bar]))
        axes.set_ylim(len(strips) - 0.5, -0.5)
        if signed:
            axes.axvline(0, color=RULE, lw=1.4)
        # Names stand in the first column only.
        left = axes.get_position().x0
        columns.append(axes)
        for y, (name, strip) in enumerate(strips.items()):
            _strip(axes, y, strip, look[name])
            if left == columns[0].get_position().x0:
                _beside(axes, 0, y, short(name), ha="right")
            _beside(axes, 1, y, strip.text, ha="left", weight="bold")
        linear_ticks(axes.xaxis, unit, signed)
        axes.grid(axis="x")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)

    room = Panel(
        height=0.34 * len(names), left=0.14, right=0.8, bottom=0.42, lead=room_for(names), best=2.4
    )
    return panels(conditions, room, draw)


def _beside(axes: Axes, edge: int, y: float, text: str, ha: str, weight: str = "normal") -> None:
    axes.annotate(
        text, (edge, y), (16 * edge - 8, 0), xycoords=axes.get_yaxis_transform(),
        textcoords="offset points", ha=ha, va="center", size=10, weight=weight,
    )  # fmt: skip


def _strip(axes: Axes, y: int, strip: Strip, look: Look) -> None:
    """One model: its seeds above, mean and bar beneath."""
    several = len(strip.seeds) > 1
    below = y + 0.16 if several else float(y)
    if several:
        axes.plot(
            strip.seeds, np.full(len(strip.seeds), y - 0.18), look.marker, color=look.colour,
            ms=4, mew=0, alpha=0.55, clip_on=False,
        )  # fmt: skip
    bar(axes, below, strip.bar, look.colour, upright=False)
    axes.plot(
        strip.mean, below, look.marker, color=look.colour, ms=7, mew=1.4, clip_on=False,
        mfc=look.colour if strip.sure else PAPER,
    )  # fmt: skip
