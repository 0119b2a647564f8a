"""Axes of numbers: their limits follow what is drawn, their ticks are round or measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from structbench.report.figures.style import short

STEPS = (1, 2, 2.5, 5, 10)
# So much of the points' own range is left free around them, and is added for the bars of lines:
# a bar of 30 points must not squash leads of one.
MARGIN, REACH = 0.06, 0.25
LETTER = 0.075  # inches of a letter of 9 points


@dataclass(frozen=True)
class Scale:
    """What an axis measures. signed: around 0; low, high: what its limits never pass"""

    unit: str = ""
    log: bool = False
    signed: bool = False
    low: float = -math.inf
    high: float = math.inf


SHARES, LOG_SHARES = (Scale(" %", log=log, low=0, high=100) for log in (False, True))
LEADS, LOSSES, LOG_LOSSES = Scale(signed=True), Scale(low=0), Scale(log=True, low=0)


def span(
    points: Iterable[float], bars: Iterable[float] = (), scale: Scale = SHARES, reach: float = REACH
) -> tuple[float, float]:
    """Limits for an axis: where the points are, and as much of their bars as is in reach.

    bars: their ends; reach: how far, in ranges of the points
    """
    ahead, back = (np.log10, lambda x: 10**x) if scale.log else (np.asarray, float)
    seen = ahead(list(points))
    low, high = seen.min(), seen.max()
    # Where all points are one, their bars alone say what there is to see.
    far = reach * (high - low) if high > low else math.inf
    ends = np.clip([*ahead(list(bars)), *seen], low - far, high + far)
    low, high = ends.min(), ends.max()
    pad = MARGIN * (high - low) or abs(high) / 2 or 1.0
    return max(scale.low, back(low - pad)), min(scale.high, back(high + pad))


def dress(
    axis: Axis, scale: Scale, points: Iterable[float], bars: Iterable[float] = (),
    reach: float = REACH,
) -> None:  # fmt: skip
    """Limits, ticks and grid of an axis of what was found; 0 is on it where it is not far off."""
    seen = list(points)
    if not scale.log and (scale.signed or min(seen) <= max(seen) / 2):
        seen.append(0.0)
    low, high = span(seen, bars, scale, reach)
    _set(axis, lim=(low, high), scale="log" if scale.log else "linear")
    if scale.log:
        ticks = log_ticks(low, high)
    else:
        most = _inches(axis) / (LETTER * (7 + len(scale.unit)) if axis is axis.axes.xaxis else 0.4)
        ticks = _within(MaxNLocator(max(2, min(6, int(most))), steps=STEPS), low, high)
    sign = "+" if scale.signed else ""
    texts = (f"{x:{sign if x else ''},.12g}{scale.unit}".replace("-", "−") for x in ticks)
    _label(axis, dict(zip(ticks, texts, strict=True)))
    axis.grid(True)


def _within(locator: MaxNLocator, low: float, high: float) -> list[float]:
    return [float(x) for x in locator.tick_values(low, high) if low <= x <= high]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers within these limits: few, but at least two."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [x for p in powers for s in steps if low <= (x := s * 10.0**p) <= high]
        if len(ticks) >= 3:
            return ticks
    return _within(MaxNLocator(4, steps=STEPS), low, high)


def measured(axis: Axis, places: Iterable[float], log: bool, names: Mapping[float, str]) -> None:
    """An axis with ticks at what was measured, fewer where their labels would overlap.

    names: of the places, where they are no numbers; shortened until all of them fit
    """
    at = sorted(set(places))
    low, high = span(at, scale=Scale(log=log))
    _set(axis, lim=(low, high), scale="log" if log else "linear")
    ahead = np.log10 if log else np.asarray
    inches = (ahead(at) - ahead(low)) / (ahead(high) - ahead(low)) * _inches(axis)
    letters = int(np.diff(inches, append=np.inf).min() / LETTER) - 1 if len(at) > 1 else 18
    labels = [short(names[x], max(2, letters)) if names else f"{x:,.12g}" for x in at]

    def clear(i: int, j: int) -> bool:
        letters = (len(labels[i]) + len(labels[j])) / 2 + 1
        return bool(inches[j] - inches[i] >= letters * LETTER)

    kept, last = [0], len(at) - 1
    for i in range(1, len(at)):
        if clear(kept[-1], i) and (i == last or clear(i, last)):
            kept.append(i)
    _label(axis, {at[i]: labels[i] for i in kept})


def _set(axis: Axis, **to: object) -> None:
    """Of this axis, whichever it is: lim, scale."""
    name = "x" if axis is axis.axes.xaxis else "y"
    for what in ("scale", "lim"):
        axis.axes.set(**{f"{name}{what}": to[what]})


def _label(axis: Axis, labels: Mapping[float, str]) -> None:
    axis.set_ticks(list(labels), list(labels.values()))
    axis.set_ticks([], minor=True)


def _inches(axis: Axis) -> float:
    """How long the axis is."""
    box, dots = axis.axes.bbox, axis.axes.figure.dpi
    return float(box.width if axis is axis.axes.xaxis else box.height) / dots
