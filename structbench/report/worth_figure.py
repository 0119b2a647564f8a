"""Worth against the error that both models are to reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from structbench import statistics as st
from structbench.report.plates import RULE, CaptionedFigure, looks
from structbench.report.sweep_grids import worth_name
from structbench.report.sweep_panels import is_size, left_out, log_axis, log_end_labels, panels
from structbench.results.findings import worth_curves
from structbench.results.sweep import Curves, Sweep

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


def worth_figure(sweep: Sweep, lines: Sequence[tuple[Curves, Worths]]) -> CaptionedFigure:
    """Worth against the error that both models are to reach."""
    look, worths = looks(sweep.models), {id(curves): found for curves, found in lines}
    shown = [curves for curves, _ in lines]

    def draw(axes: Axes, curves: Curves) -> None:
        axes.axhline(1, color=RULE, lw=1.2)
        for model, found in worths[id(curves)].items():
            x = [100 * worth.level for worth in found]
            limits = [(w.interval.low, w.interval.high) for w in found if w.interval]
            if limits:
                low, high = zip(*limits, strict=True)
                axes.fill_between(x, low, high, color=look[model].colour, alpha=0.18, lw=0)
            axes.plot(x, [w.ratio for w in found], color=look[model].colour, lw=1.8)
        log_axis(axes.yaxis, " ×")
        # The lowest level comes first, and is drawn on the right.
        ends = {model: found[0].ratio for model, found in worths[id(curves)].items()}
        log_end_labels(axes, ends, look, *axes.get_ylim())

    of = shown[0].axis
    plate = panels(sweep, shown, draw, f"ratio of {of}", x_axis=_x_axis)
    first = next(iter(worths[id(shown[0])].values()))[0]
    band = f"; the band is the {first.interval.label} at each level" if first.interval else ""
    over = f"{first.sample}"
    plate.caption = (
        f"{worth_name(of).capitalize()}: how many times as many {of} {sweep.baseline} needs as "
        f"{' and '.join(model for model, _ in sweep.pairs)} for the same misclassification, "
        f"geometric mean over {over}{band}. Drawn where both are within the "
        f"measured sizes for every seed.{left_out(sweep, shown)}"
    )
    plate.alt = (
        f"{worth_name(of).capitalize()} against misclassification; the table has its values."
    )
    return plate


def _x_axis(axes: Axes, curves: Curves) -> None:
    log_axis(axes.xaxis, " %")
    axes.invert_xaxis()  # the better, the further to the right, as the curves' own sizes
    axes.set_xlabel("misclassification that both reach", size=9)
