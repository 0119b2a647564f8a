"""Worth against the error that both models are to reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from structbench import statistics as st
from structbench.report.curve_tables import worth_name
from structbench.report.figures.axes import end_labels, log_ticks, span
from structbench.report.figures.grid import left_out, names_at_ends, panels
from structbench.report.figures.lines import is_size, lines_panel
from structbench.report.figures.style import PANELS, RULE, CaptionedFigure, looks
from structbench.results.findings import worth_curves
from structbench.results.sweep import Curves, Sweep, axis_curves

# Error levels at which the worth is drawn, evenly spaced on the log axis.
WORTH_LEVELS = 60

Worths = dict[str, list[st.Worth]]


def worth_lines(sweep: Sweep, curves: Curves) -> Worths:
    """Model → its worth at levels that both curves of every seed reach."""
    if not is_size(curves):
        return {}
    found = {}
    for model, baseline in sweep.pairs:
        both = worth_curves(
            curves.lines[model], curves.lines[baseline], curves.points[0].comparison.examples
        )
        if not both:
            continue
        low = max(curve.common[0] for curve in both)
        high = min(curve.common[1] for curve in both)
        if low >= high:
            continue
        # A hair inside, where rounding cannot put a level beyond what was measured.
        levels = np.geomspace(low * (1 + 1e-9), high * (1 - 1e-9), WORTH_LEVELS)
        found[model] = [w for level in levels if (w := st.worth(*both, float(level)))]
    return found


def worth(sweep: Sweep) -> CaptionedFigure | None:
    """Worth against error, where there is an axis of sizes and both models reach one error."""
    lines = [(of, found) for of in axis_curves(sweep) if (found := worth_lines(sweep, of))]
    if not lines:
        return None
    shown, of = lines[:PANELS], lines[0][0].axis
    names = [model for model, _ in sweep.pairs]
    look = {name: found for name, found in looks(sweep.models).items() if name in names}
    at_ends = names_at_ends(names, len(shown))

    def draw(axes: Axes, i: int) -> None:
        _ratios(axes, shown[i][1], {name: found.colour for name, found in look.items()})
        if at_ends:
            # The lowest level comes first, and is drawn on the right.
            end_labels(axes, {model: found[0].ratio for model, found in shown[i][1].items()}, look)

    figure = panels(
        [curves.title for curves, _ in shown], lines_panel(names, at_ends), draw, f"ratio of {of}",
        {} if at_ends else look,
    )  # fmt: skip
    first = next(iter(lines[0][1].values()))[0]
    band = f"; the band is the {first.interval.label} at each level" if first.interval else ""
    figure.caption = (
        f"{worth_name(of).capitalize()}: how many times as many {of} {sweep.baseline} needs as "
        f"{_listed(names)} for the same misclassification, geometric mean over {first.sample}{band}"
        ". Drawn where both are within the measured sizes for every seed."
        + left_out(len(lines), "panels", sweep.seeds)
    )
    figure.alt = (
        f"{worth_name(of).capitalize()} against misclassification; the table has its values."
    )
    return figure


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _ratios(axes: Axes, worths: Worths, colours: dict[str, str]) -> None:
    ratios = [w.ratio for found in worths.values() for w in found]
    ends = [
        end
        for found in worths.values()
        for w in found
        if w.interval
        for end in (w.interval.low, w.interval.high)
    ]
    levels = [100 * w.level for found in worths.values() for w in found]
    axes.set(xlim=span(levels, log=True)[::-1], ylim=span([*ratios, 1.0], ends, log=True))
    log_ticks(axes.xaxis, " %")  # the better, the further to the right, as the curves' own sizes
    log_ticks(axes.yaxis, " ×")
    axes.set_xlabel("misclassification that both reach", size=9)
    axes.axhline(1, color=RULE, lw=1.4)
    for model, found in worths.items():
        x = [100 * w.level for w in found]
        limits = [(w.interval.low, w.interval.high) for w in found if w.interval]
        if limits:
            low, high = zip(*limits, strict=True)
            axes.fill_between(x, low, high, color=colours[model], alpha=0.18, lw=0)
        axes.plot(x, [w.ratio for w in found], color=colours[model], lw=1.8)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
