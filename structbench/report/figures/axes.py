"""Axes of numbers: their limits follow what is drawn, their ticks are round or measured."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from structbench.report.figures.style import short

STEPS = (1, 2, 2.5, 5, 10)
# So many places are each a tick, where there is room; of more there are round numbers.
MANY = 16
# So much of the points' own range is left free around them, and is added for the bars of lines:
# a bar of 30 points must not squash leads of one.
MARGIN, REACH = 0.06, 0.25
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LETTER, LINE = 0.075, 0.4  # inches of a letter of 9 points, and for a tick of an upright axis


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
    _set(axis, low, high, scale.log)
    most = _length(axis) / (LINE if _is_upright(axis) else LETTER * (7 + len(scale.unit)))
    ticks = log_ticks(low, high) if scale.log else _round(low, high, max(2, min(6, int(most))))
    _label(axis, {x: f"{number(x, scale.signed)}{scale.unit}" for x in ticks})
    axis.grid(True)


def _round(low: float, high: float, most: int) -> list[float]:
    ticks = MaxNLocator(most, steps=STEPS).tick_values(low, high)
    return [float(x) for x in ticks if low <= x <= high]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers within these limits: few, but at least two."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [x for p in powers for s in steps if low <= (x := s * 10.0**p) <= high]
        if len(ticks) >= 3:
            return ticks
    return _round(low, high, 4)


def number(x: float, signed: bool = False) -> str:
    """A tick's number; where that would be many zeros, with a power of ten: 3·10⁻⁵."""
    if x == 0 or 1e-3 <= abs(x) < 1e9:
        return f"{x:{'+' if signed and x else ''},.12g}".replace("-", "−")
    digits, _, power = f"{x:{'+' if signed else ''}.6e}".partition("e")
    digits = digits.rstrip("0").rstrip(".").replace("-", "−")
    ten = f"10{str(int(power)).translate(RAISED)}"
    return ten if digits == "1" else f"{digits}·{ten}"


def measured(axis: Axis, places: Iterable[float], log: bool, names: Mapping[float, str]) -> None:
    """An axis with ticks at what was measured.

    names: of the places, where they are no numbers; shortened until all of them fit
    """
    at = sorted(set(places))
    _set(axis, *span(at, scale=Scale(log=log)), log)
    if len(at) > MANY and not (log or names):
        at = _round(at[0], at[-1], 6)
    gap = np.diff(_inches(axis, at)).min() if len(at) > 1 else _length(axis)
    letters = max(2, int(gap / LETTER) - 1)
    _label(axis, {x: short(names[x], letters) if names else f"{x:,.12g}" for x in at})


def _label(axis: Axis, labels: Mapping[float, str]) -> None:
    """The ticks, from the first to the last, of which those are left out that would overlap."""
    at, last = list(labels), len(labels) - 1
    inches = _inches(axis, at)
    sizes = [LINE / 2 if _is_upright(axis) else LETTER * (len(t) + 1) for t in labels.values()]

    def clear(i: int, j: int) -> bool:
        return bool(inches[j] - inches[i] >= (sizes[i] + sizes[j]) / 2)

    kept = [0]
    for i in range(1, len(at)):
        if clear(kept[-1], i) and (i == last or clear(i, last)):
            kept.append(i)
    axis.set_ticks([at[i] for i in kept], [labels[at[i]] for i in kept])
    axis.set_ticks([], minor=True)


def _set(axis: Axis, low: float, high: float, log: bool) -> None:
    name = "y" if _is_upright(axis) else "x"
    axis.axes.set(**{f"{name}scale": "log" if log else "linear"})
    axis.axes.set(**{f"{name}lim": (low, high)})


def _is_upright(axis: Axis) -> bool:
    return axis is axis.axes.yaxis


def _length(axis: Axis) -> float:
    """In inches."""
    box = axis.axes.bbox
    return float(box.height if _is_upright(axis) else box.width) / axis.axes.figure.dpi


def _inches(axis: Axis, at: Sequence[float]) -> NDArray[np.float64]:
    """How far these places are from the lower end of the axis."""
    ends = axis.get_view_interval()
    scaled = axis.get_transform().transform(np.array([*ends, *at]))
    far: NDArray[np.float64] = (scaled[2:] - scaled[0]) / (scaled[1] - scaled[0])
    return far * _length(axis)
