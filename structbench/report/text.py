"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from structbench.data.alterations import TRAINING
from structbench.problem import GRAPHS, Kind

if TYPE_CHECKING:
    from structbench.results.comparison import BySeed
    from structbench.statistics import Interval, Spread

# What a p-value must be below for a difference to be called one.
LEVEL = 0.05
# Why of a graph there are intervals over seeds alone.
NOT_INDEPENDENT = "nodes of one graph are not independent"


def percent(share: float) -> str:
    """A share in per cent with two decimals: one example of 10,000 is 0.01 %."""
    return f"{100 * share:.2f} %"


def share_text(found: BySeed | Spread) -> str:
    """Mean ± standard deviation over seeds, in per cent; with one seed its value."""
    if found.sd is None:
        return percent(found.mean)
    return f"{100 * found.mean:.2f} ± {100 * found.sd:.2f} %"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign.

    Two decimals, or as many as are needed to tell it from 0; what rounding leaves counts as 0.
    """
    text = f"{100 * difference:+.2f}"
    if abs(difference) < 1e-9:
        text = "+0.00"
    elif not float(text):
        text = f"{100 * difference:+.1g}"
    return text.replace("-", "−")


def interval_points(interval: Interval) -> str:
    """The limits of a difference in percentage points."""
    return f"{points(interval.low)} … {points(interval.high)}"


def interval_percent(interval: Interval) -> str:
    """The limits of a share in per cent; what a t interval has beyond 0 and 100 is cut."""
    low, high = max(0.0, interval.low), min(1.0, interval.high)
    return f"{100 * low:.2f} … {100 * high:.2f} %"


def difference_text(estimate: float, interval: Interval | None) -> str:
    """A difference in percentage points, with its limits in brackets where it has any."""
    return points(estimate) + (f" ({interval_points(interval)})" if interval else "")


def p_text(p: float) -> str:
    """A p-value: two significant digits, never 0, and never rounded across LEVEL."""
    if p < 0.0001:
        return "< 0.0001"
    if p >= 0.1:
        return f"{p:.2f}"
    texts = (f"{p:.{digits}g}" for digits in range(2, 18))
    return next(text for text in texts if (float(text) < LEVEL) == (p < LEVEL))


def p_equals(p: float) -> str:
    """In a sentence: `p = 0.03` or `p < 0.0001`."""
    text = p_text(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def unsigned(difference: float) -> str:
    """The size of a difference in percentage points."""
    return points(abs(difference)).lstrip("+")


def sure(probability: float) -> str:
    """The probability that a network gives to an answer."""
    return "> 99 %" if probability > 0.995 else f"{100 * probability:.0f} %"


def on(condition: str, kind: Kind = "image") -> str:
    """`on clean examples`, of a graph `on the clean graph`; `on training examples`, of a graph `on
    the labelled nodes`; `under rotate:30`."""
    if condition == TRAINING:
        return f"on {learned_from(kind)}"
    if condition != "clean":
        return f"under {condition}"
    return "on the clean graph" if kind in GRAPHS else "on clean examples"


def learned_from(kind: Kind) -> str:
    """What the networks learned from."""
    return "the labelled nodes" if kind in GRAPHS else "training examples"


def asked_of(conditions: Collection[str], kind: Kind) -> str:
    """What errors under these conditions are shares of: `test examples`, of a graph `test nodes`;
    and what else, where training examples are asked."""
    tested = "test nodes" if kind in GRAPHS else "test examples"
    if TRAINING not in conditions:
        return tested
    learned = learned_from(kind)
    return f"{tested} ({TRAINING}: of a sample of {learned})" if len(conditions) > 1 else learned


def but_for_training(text: str, conditions: Collection[str]) -> str:
    """What is said of errors, where training examples are asked too."""
    learned = TRAINING in conditions and "never learned from" in text
    return text + f" Those of condition {TRAINING} were learned from." * learned


def macs_of(kind: Kind) -> str:
    """What multiply-accumulates are of."""
    if kind in GRAPHS:
        return "of one pass over the whole graph, those of its edges by arithmetic"
    return "for one example"


def capital(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def counted(number: int, what: str) -> str:
    """1 seed, 5 seeds."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def fitting(parts: Sequence[str], room: int) -> str:
    """As many as have room, at least one, and how many more: `clean 1 %, invert 2 %, +9 more`."""
    for kept in range(len(parts), 0, -1):
        more = [f"+{len(parts) - kept:,} more"] if kept < len(parts) else []
        text = ", ".join([*parts[:kept], *more])
        if len(text) <= room:
            break
    return text if parts else ""


def seconds(duration: float) -> str:
    """12.3 s, 4 min 05 s, or 2 h 07 min."""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
