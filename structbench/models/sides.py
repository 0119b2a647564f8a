"""Which side of an image a network needs, found by trying."""

from collections.abc import Callable
from itertools import pairwise

# That networks were published for, and between them.
_TRIED = (1, 16, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 640)


def needed_side(side: int, runs: Callable[[int], bool]) -> str:
    """E.g. `63 or more`, or `224` where it takes no other; empty where none was found.

    side: which was found not to do
    runs: whether the network can be trained on images of a side
    """
    tried = sorted({*_TRIED, side})
    for below, does in pairwise(tried):
        if does != side and runs(does):
            least = _least(below, does, runs)
            more = all(runs(least + extra) for extra in (1, least))
            return f"{least} or more" if more else f"{least}"
    return ""


def _least(below: int, does: int, runs: Callable[[int], bool]) -> int:
    """The first side above `below` that does, as all above it up to `does` do."""
    while does - below > 1:
        middle = (below + does) // 2
        below, does = (below, middle) if runs(middle) else (middle, does)
    return does
