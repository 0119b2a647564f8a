"""A panel for each condition: misclassification, leads over the baseline, structure taken out."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from structbench.report.figures.axes import LEADS, SHARES, Scale
from structbench.report.figures.grid import left_out, panels
from structbench.report.figures.marks import Marks, bar, dress_for, lead, said, share
from structbench.report.figures.style import (
    INK,
    MUTED,
    PANELS,
    PAPER,
    SEEDS,
    CaptionedFigure,
    Look,
    looks,
    room_for,
    short,
)
from structbench.report.places import judged_text, tested
from structbench.report.text import percent, points
from structbench.results.comparison import Comparison

Rows = Mapping[str, Mapping[str, Marks]]  # condition → model → marks


def misclassification(comparison: Comparison) -> CaptionedFigure:
    """A panel for each condition, a row for each model: each seed, the mean and its interval."""
    rows = _shares(comparison)
    figure = _strips(rows, comparison, SHARES, percent)
    first = next(iter(comparison.models.values()))
    interval = first.misclassification[comparison.conditions[0]].interval
    share_of = f"Share of the {comparison.examples:,} {tested(comparison)} misclassified"
    what = ": ".join(filter(None, (share_of, judged_text(comparison))))
    left = left_out(len(rows), "conditions", len(comparison.seeds))
    figure.caption = f"{what}. {said(comparison, interval)}{left}"
    figure.alt = f"Misclassification. {_in_words(rows, percent)}"
    return figure


def _shares(comparison: Comparison) -> Rows:
    models = comparison.models.items()
    return {
        condition: {name: share(model.misclassification[condition]) for name, model in models}
        for condition in comparison.conditions
    }


def leads(comparison: Comparison) -> CaptionedFigure | None:
    """A panel for each condition, a row for each model but the baseline: its lead, around 0.

    None where there is no model to compare
    """
    if not comparison.differences:
        return None
    rows: dict[str, dict[str, Marks]] = {condition: {} for condition in comparison.conditions}
    for found in comparison.differences:
        rows[found.condition][found.model] = lead(found, comparison)
    figure = _strips(rows, comparison, LEADS, points)
    seeds, interval = comparison.seeds, comparison.differences[0].interval
    hollow = " The mark is hollow where the bar includes 0." * bool(interval)
    figure.caption = (
        f"Misclassification minus that of {comparison.baseline}, in percentage points: to the left "
        f"of 0 the model errs less. {said(comparison, interval)}{hollow}"
        f"{left_out(len(rows), 'conditions', len(seeds))}"
    )
    figure.alt = f"Minus {comparison.baseline}, in percentage points. {_in_words(rows, points)}"
    return figure


def _in_words(rows: Rows, text: Callable[[float], str]) -> str:
    return " ".join(
        f"{condition}: {', '.join(f'{name} {text(m.mean / 100)}' for name, m in row.items())}."
        for condition, row in list(rows.items())[:PANELS]
    )


def _strips(
    rows: Rows, comparison: Comparison, scale: Scale, text: Callable[[float], str]
) -> CaptionedFigure:
    conditions, look = list(rows)[:PANELS], looks(list(comparison.models))
    names = list(rows[conditions[0]])

    def draw(axes: Axes, i: int) -> None:
        row = rows[conditions[i]]
        dress_for(axes.xaxis, scale, row.values(), reach=1)
        axes.set_ylim(len(row) - 0.5, -0.5)
        axes.set_yticks(range(len(row)), [short(name) for name in names])
        axes.tick_params(axis="y", labelsize=10, labelcolor=INK, pad=8)
        if scale.signed:
            axes.axvline(0, color=MUTED, lw=0.9)
        for y, (name, marks) in enumerate(row.items()):
            _strip(axes, y, marks, look[name], scale.signed)
            axes.annotate(
                text(marks.mean / 100), (1, y), (8, 0), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", va="center", size=10, weight="bold",
            )  # fmt: skip

    return panels(
        conditions, draw, height=0.33 * len(names), left=0.14, right=0.8, bottom=0.42,
        names=room_for(names),
    )  # fmt: skip


def _strip(axes: Axes, y: int, marks: Marks, look: Look, signed: bool) -> None:
    """One model: its seeds above, mean and bar beneath."""
    several = len(marks.seeds) > 1
    style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "clip_on": False}
    if several:
        at = np.full(len(marks.seeds), y - 0.18)
        axes.plot(marks.seeds, at, ls="", ms=4, mew=0, alpha=0.55, **style)
    below = y + 0.16 * several
    if len(marks.bar):
        bar(axes, below, marks.bar, look.colour, upright=False, place=axes.transData)
    hollow = signed and (not len(marks.bar) or marks.bar[0] <= 0 <= marks.bar[1])
    axes.plot(marks.mean, below, ms=7, mew=1.4, mfc=PAPER if hollow else look.colour, **style)


def structure(comparison: Comparison) -> CaptionedFigure | None:
    """Misclassification with the structure and without it; None where it was not taken out."""
    taken_out = comparison.without_structure
    if not taken_out:
        return None
    intact, without = _shares(comparison), _shares(taken_out)
    look, conditions = looks(list(comparison.models)), comparison.conditions[:PANELS]
    # A seed may have failed on one side alone.
    seeds = [seed for seed in comparison.seeds if seed in taken_out.seeds]
    places = np.array([[of.seeds.index(s) for s in seeds] for of in (comparison, taken_out)])
    places = places[:, (places < SEEDS).all(0)]

    def draw(axes: Axes, i: int) -> None:
        both = [sides[conditions[i]] for sides in (intact, without)]
        axes.set(xlim=(-0.12, 1.12), xticks=(0, 1), xticklabels=("intact", "taken out"))
        axes.tick_params(axis="x", pad=8)
        dress_for(axes.yaxis, SHARES, [marks for side in both for marks in side.values()], reach=0)
        for name, of in look.items():
            axes.plot(
                (0, 1), [side[name].seeds[at] for side, at in zip(both, places, strict=True)],
                color=of.colour, lw=1.1, alpha=0.75, marker=of.marker, ms=5, mew=0, clip_on=False,
            )  # fmt: skip

    figure = panels(conditions, draw, height=2, bottom=0.5, least=1.2, legend=look)
    figure.caption = (
        f"Share of the {tested(comparison)} misclassified, with the structure of the data in "
        "place and with it taken out of training and test alike; a line joins the two networks of "
        f"a seed (n = {len(seeds)}).{left_out(len(intact), 'conditions', len(seeds))}"
    )
    figure.alt = (
        f"Intact: {_in_words(intact, percent)} Structure taken out: {_in_words(without, percent)}"
    )
    return figure
