"""Axes: their limits, their ticks, and the bars and labels that are drawn on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation, Transform

from structbench.report.figures.style import Look, short

STEPS = (1, 2, 2.5, 5, 10)
# So much of the points' own range is left free around them, and may be added for their bars:
# a bar of 30 points must not squash leads of one.
MARGIN, REACH = 0.06, 0.25
LETTER = 0.075  # inches of a letter of 9 points
SHARE = (0.0, 100.0)


def span(
    points: Iterable[float],
    bars: Iterable[float] = (),
    within: tuple[float, float] = (-math.inf, math.inf),
    log: bool = False,
) -> tuple[float, float]:
    """Limits for an axis: where the points are, and as much of the bars as leaves them readable.

    bars: the ends of bars; within: what the limits never pass; log: for a log axis, above 0
    """
    there, back = (math.log10, lambda x: 10.0**x) if log else (float, float)
    seen = [there(x) for x in points]
    low, high = min(seen), max(seen)
    reach = REACH * (high - low) or math.inf
    ends = [there(x) for x in bars if x > 0 or not log]
    low, high = (
        min([low, *(max(end, low - reach) for end in ends)]),
        max([high, *(min(end, high + reach) for end in ends)]),
    )
    pad = MARGIN * (high - low) or abs(high) / 2 or 1.0
    return max(within[0], back(low - pad)), min(within[1], back(high + pad))


def share_span(shares: Sequence[float], bars: Iterable[float]) -> tuple[float, float]:
    """Limits for shares in per cent; 0 is among them where it is no further off than the points."""
    zero = [0.0] if 2 * min(shares) <= max(shares) else []
    return span([*shares, *zero], bars, SHARE)


def bar(
    axes: Axes, at: float, ends: tuple[float, float], colour: str, upright: bool,
    place: Transform | None = None,
) -> None:  # fmt: skip
    """A bar across or upright; where it leaves the axes it is cut, with a caret that says so.

    place: of the data on the figure, where it is not the axes' own
    """
    low, high = sorted(axes.get_ylim() if upright else axes.get_xlim())
    style = {"color": colour, "alpha": 0.85, "transform": place or axes.transData}

    def draw(along: Sequence[float], **more: object) -> None:
        across = [at] * len(along)
        axes.plot(*((across, along) if upright else (along, across)), **style, **more)  # type: ignore[arg-type]

    cut = [min(max(end, low), high) for end in ends]
    draw(cut, lw=2)
    carets = "v^" if upright else "<>"
    for end, place_of_end, caret in zip(ends, cut, carets, strict=True):
        if end != place_of_end:
            draw([place_of_end], marker=caret, ms=5, mew=0, clip_on=False)


def linear_ticks(axis: Axis, unit: str = "", signed: bool = False) -> None:
    """As many round numbers as there is room for."""
    width = (7 + len(unit)) * LETTER if axis is axis.axes.xaxis else 0.4
    axis.set_major_locator(MaxNLocator(max(2, min(6, int(_inches(axis) / width))), steps=STEPS))

    def text(value: float, _: object) -> str:
        number = f"{value:+g}" if signed and value else f"{value:g}"
        return f"{number}{unit}".replace("-", "−")

    axis.set_major_formatter(text)


def log_ticks(axis: Axis, unit: str = "") -> None:
    """A log axis with labels at round numbers within its limits, at least two of them."""
    limits = axis.get_view_interval()
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log"})
    axis.axes.set(**{f"{name}lim": limits})
    low, high = sorted(limits)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
        if len(ticks) >= 3:
            break
    else:
        ticks = [t for t in MaxNLocator(4, steps=STEPS).tick_values(low, high) if low <= t <= high]
    _label(axis, dict(zip(ticks, (f"{t:,.12g}{unit}" for t in ticks), strict=True)))


def measured_ticks(axis: Axis, labels: Mapping[float, str], names: bool = False) -> None:
    """Ticks at what was measured; numbers are thinned, names shortened, where they would overlap.

    labels: place → label; the limits and the scale of the axis are set before
    """
    low, high = axis.get_transform().transform(np.array(axis.get_view_interval()))
    places = sorted(labels)
    inches = (axis.get_transform().transform(np.array(places)) - low) / (high - low) * _inches(axis)
    if names:
        gap = min(np.diff(inches), default=_inches(axis))
        _label(axis, {x: short(labels[x], max(2, int(gap / LETTER) - 1)) for x in places})
        return
    half = [LETTER * (len(labels[x]) + 1) / 2 for x in places]
    kept: list[int] = []
    for i in range(len(places)):
        last = i == len(places) - 1
        while last and len(kept) > 1 and inches[i] - inches[kept[-1]] < half[i] + half[kept[-1]]:
            kept.pop()  # the last one has its label, as the first
        if not kept or inches[i] - inches[kept[-1]] >= half[i] + half[kept[-1]]:
            kept.append(i)
    _label(axis, {places[i]: labels[places[i]] for i in kept})


def _label(axis: Axis, labels: Mapping[float, str]) -> None:
    axis.set_major_locator(FixedLocator(list(labels)))
    axis.set_ticklabels(list(labels.values()))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _inches(axis: Axis) -> float:
    """How long the axis is."""
    box, dots = axis.axes.bbox, axis.axes.figure.dpi
    return float(box.width if axis is axis.axes.xaxis else box.height) / dots


def end_labels(axes: Axes, ends: Mapping[str, float], look: Mapping[str, Look]) -> None:
    """Names beside the lines' ends, pushed apart where they would overlap.

    ends: model → where its line ends on the axis of y
    """
    gap = 0.17 / _inches(axes.yaxis)
    found = {n: _height(axes, y) for n, y in sorted(ends.items(), key=lambda item: item[1])}
    # From below upwards, but not above the axes as long as there is room beneath.
    place, tops = -math.inf, {}
    for i, (name, y) in enumerate(found.items()):
        place = max(min(y, 1 - gap * (len(found) - 1 - i)), place + gap)
        tops[name] = place
    for name, y in tops.items():
        axes.plot(
            1, y, look[name].marker, color=look[name].colour, ms=6, mew=0, clip_on=False,
            transform=axes.transAxes + ScaledTranslation(1 / 12, 0, axes.figure.dpi_scale_trans),
        )  # fmt: skip
        axes.annotate(
            short(name, 14), (1, y), (13, 0), xycoords="axes fraction",
            textcoords="offset points", va="center", size=10, annotation_clip=False,
        )  # fmt: skip


def _height(axes: Axes, y: float) -> float:
    """A value's place on the axis of y: 0 at its lower end, 1 at the upper."""
    (_, place) = axes.transAxes.inverted().transform(axes.transData.transform((1, y)))
    return float(place)
