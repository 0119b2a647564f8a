"""What an interval settles. Colours and sentences ask here, and so cannot contradict it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from structbench.results.comparison import Difference
    from structbench.statistics import Interval

Verdict = Literal["less", "more", "equivalent", "open"]
# What a colour says, for those who do not see it.
WORDS: Mapping[Verdict, str] = {
    "less": "settled: less",
    "more": "settled: more",
    "equivalent": "equivalent",
    "open": "not settled",
}


def settled(interval: Interval | None) -> Verdict:
    """On which side of 0 the whole interval lies; `open` where it says nothing of that, or there
    is none."""
    if interval is None or interval.degenerate or 0.0 in interval:
        return "open"
    return "less" if interval.high < 0 else "more"


def verdict(difference: Difference) -> Verdict:
    """Whether the model errs less or more often than the baseline, or about as often."""
    side, tests = settled(difference.interval), difference.tests
    if side == "open" and tests and tests.equivalence.equivalent:
        return "equivalent"
    return side
