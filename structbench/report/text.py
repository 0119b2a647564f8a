"""Numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structbench.statistics import Interval


def percent(share: float) -> str:
    """A share in per cent with two decimals: one image of 10,000 is 0.01 %."""
    return f"{100 * share:.2f} %"


def spread_text(mean: float, sd: float) -> str:
    """Mean ± standard deviation of shares, in per cent."""
    return f"{100 * mean:.2f} ± {100 * sd:.2f} %"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * difference:+.2f}".replace("-", "−")


def interval_points(interval: Interval) -> str:
    """The limits of a difference in percentage points."""
    return f"{points(interval.low)} … {points(interval.high)}"


def p_text(p: float) -> str:
    """A p-value: two significant digits, never 0."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def counted(number: int, what: str) -> str:
    """1 seed, 5 seeds."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def seconds(duration: float) -> str:
    """12.3 s, 4 min 05 s, or 2 h 07 min."""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
