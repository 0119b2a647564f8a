"""Worth against the error that both models are to reach."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from structbench import statistics as st
from structbench.report.figures.axes import LOG_SHARES, Scale, dress
from structbench.report.figures.grid import left_out, panels
from structbench.report.figures.lines import is_size
from structbench.report.figures.style import MUTED, PANELS, CaptionedFigure, Look, looks
from structbench.report.places import interval_label
from structbench.results.findings import worth_curves
from structbench.results.sweep import Curves, Sweep, axis_curves

RATIOS = Scale(" ×", log=True)
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
    names = [model for model, _ in sweep.pairs]
    look = {name: found for name, found in looks(sweep.models).items() if name in names}

    def draw(axes: Axes, i: int) -> None:
        _ratios(axes, lines[i][1], look)

    of, first = lines[0][0].axis, next(iter(lines[0][1].values()))[0]
    titles = [curves.title for curves, _ in lines[:PANELS]]
    figure = panels(titles, draw, height=2, above=f"ratio of {of}", legend=look)
    interval = interval_label(sweep, first.interval) if first.interval else ""
    band = f"; the band is the {interval} at each level" * bool(interval)
    several = first.sample.seeds != 1
    mean = f"geometric mean over {first.sample}" if several else "of the one seed"
    figure.caption = (
        f"Worth in {of}: how many times as many {of} {sweep.baseline} needs as "
        f"{' or '.join(names)} for the same misclassification, {mean}"
        f"{band}. Drawn where both are within the measured sizes for every seed."
        + left_out(len(lines), "panels", sweep.seeds)
    )
    figure.alt = f"Worth in {of} against misclassification; the table has its values."
    return figure


def _ratios(axes: Axes, worths: Worths, look: Mapping[str, Look]) -> None:
    found = [worth for line in worths.values() for worth in line]
    ends = [end for w in found if w.interval for end in (w.interval.low, w.interval.high)]
    dress(axes.yaxis, RATIOS, [1.0, *(w.ratio for w in found)], ends)
    dress(axes.xaxis, LOG_SHARES, [100 * w.level for w in found])
    axes.grid(visible=False, axis="x")
    axes.invert_xaxis()  # the better, the further to the right, as the curves' own sizes
    axes.set_xlabel("misclassification that both reach", size=9)
    axes.axhline(1, color=MUTED, lw=0.9)
    for model, line in worths.items():
        x = [100 * w.level for w in line]
        intervals = [w.interval for w in line if w.interval]
        if intervals:
            low, high = [i.low for i in intervals], [i.high for i in intervals]
            axes.fill_between(x, low, high, color=look[model].colour, alpha=0.18, lw=0)
        axes.plot(x, [w.ratio for w in line], color=look[model].colour, lw=1.8)
