"""What differs between kinds whose examples lie on a grid: how they are drawn, and called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Grids = NDArray[np.float32]
"""[n, channels, *sides]: examples, or the weights that read them."""


@dataclass(frozen=True)
class Drawing:
    """How examples and first-layer weights of a kind are drawn, and in which words they are told.

    example: draws one, [channels, *sides], beside others: [n, channels, *sides]
    weights: draws filters or units of a layer into one panel; flatness: its height over its width
    columns, width, height: so many examples beside each other, each of this size in inches
    one, place: what an example, and a place on its grid, is called
    scale: what a caption says of the examples' scale
    mark, signs: what a caption says that a filter is drawn as, and what its colours mean
    channels: number of channels → what a caption says of them
    """

    example: Callable[[Axes, NDArray[np.float32], Grids], Any]
    weights: Callable[[Axes, Grids], Any]
    flatness: Callable[[Grids], float]
    columns: int
    width: float
    height: float
    one: str
    place: str
    scale: str
    mark: str
    signs: str
    channels: Callable[[int], str]
