"""Which classes and which examples are shown, where there are too many."""

from collections.abc import Sequence

import numpy as np


def largest(sizes: Sequence[int], most: int) -> list[int]:
    """The numbers of the classes that are shown, rising: the largest, where there are too many."""
    first = np.argsort(-np.asarray(sizes), kind="stable")[:most]
    shown: list[int] = np.sort(first).tolist()
    return shown


def spread(count: int, most: int) -> list[int]:
    """The places of up to so many, evenly spread over `count`."""
    places = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    chosen: list[int] = places.tolist()
    return chosen
