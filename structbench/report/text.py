"""Numbers as people read them."""

from __future__ import annotations

from structbench.outcome import Summary
from structbench.statistics import wilson


def percent(share: float) -> str:
    """A share in per cent with two decimals: one image of 10,000 is 0.01 %."""
    return f"{100 * share:.2f} %"


def seconds(duration: float) -> str:
    """12.3 s, 4 min 05 s, or 2 h 07 min."""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def wilson_text(summary: Summary, condition: str) -> str:
    """The 95 % Wilson interval of a condition, in per cent."""
    errors = round(summary.misclassification[condition] * summary.examples)
    interval = wilson(errors, summary.examples)
    return f"{100 * interval.low:.2f} … {100 * interval.high:.2f} %"
