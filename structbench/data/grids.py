"""What images and signals have in common: each example is a grid, [channels, *sides].

An image's grid has two axes, height and width; a signal's has one. All arrays here are
[examples, channels, *sides]; the channels of a position stay together.
"""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Grids = NDArray[np.float32]
Value = TypeVar("Value", np.uint8, np.float32, np.int64)

# One permutation for all models and seeds: what varies between runs must not be the task.
PERMUTATION_SEED = 20_240_501


def unit_range(grids: NDArray[Any]) -> Grids:
    """Bytes 0 … 255 as float32 in [0, 1]; what is float32 already stays as it is."""
    return grids if grids.dtype == np.float32 else grids.astype(np.float32) / np.float32(255)


def permute_positions(grids: NDArray[Value], share: float = 1.0) -> NDArray[Value]:
    """The examples with a share of their positions permuted among themselves, all the same way.

    Every value stays, so a network without a notion of neighbourhood loses nothing. The positions
    of a smaller share are among those of a larger one, and the others keep their place.
    """
    examples, channels, *sides = grids.shape
    count = math.prod(sides)
    rng = np.random.default_rng(PERMUTATION_SEED)
    order = rng.permutation(count)
    among = np.sort(rng.permutation(count)[: round(share * count)])
    places = np.arange(count)
    # In the order in which the permutation of all of them has these: uniform, as that is.
    places[among] = among[order[among].argsort().argsort()]
    return grids.reshape(examples, channels, count)[:, :, places].reshape(grids.shape)


def moved(grids: Grids, *amounts: NDArray[np.int64]) -> Grids:
    """Each example moved by its own amount along each axis; zeros come in.

    amounts: [examples] for each axis; out[i, :, p, …] = in[i, :, p − amounts[0][i], …]
    """
    examples, channels, *sides = grids.shape
    example, channel, *_ = np.ogrid[(slice(examples), slice(channels), *[slice(1)] * len(sides))]
    old = _offsets(grids, amounts)
    nearest = (place.clip(0, side - 1) for place, side in zip(old, sides, strict=True))
    return np.where(_within(old, sides), grids[(example, channel, *nearest)], np.float32(0))


def occluded(grids: Grids, rng: np.random.Generator, size: int) -> Grids:
    """A window of this size along each axis, at a random place within each example, becomes 0."""
    sides = grids.shape[2:]
    starts = [rng.integers(0, max(side - size, 0) + 1, size=len(grids)) for side in sides]
    window = _within(_offsets(grids, starts), [size] * len(sides))
    return np.where(window, np.float32(0), grids)


def smoothed(grids: Grids, sigma: float) -> Grids:
    """Smoothed along its one or two axes by a Gaussian of this standard deviation, in positions.

    The borders are reflected.
    """
    sides = grids.shape[2:]
    # Three sigmas hold 99.7 % of the weight; reflection reaches no further than the grid.
    radius = min(math.ceil(3 * sigma), min(sides) - 1)
    *down, across = (_smoothing(side, sigma, radius) for side in sides)
    return reduce(lambda done, weights: weights @ done, down, grids @ across.T)


def _smoothing(side: int, sigma: float, radius: int) -> Grids:
    """[side, side]: what each position of a line takes of the others, reflected at the ends."""
    offsets = np.arange(-radius, radius + 1)
    taken = np.exp(-0.5 * (offsets / sigma) ** 2)
    source = np.abs(np.arange(side)[:, None] + offsets)
    source = np.minimum(source, 2 * (side - 1) - source)
    weights = np.zeros((side, side))
    np.add.at(weights, (np.arange(side)[:, None], source), taken / taken.sum())
    return weights.astype(np.float32)


def _offsets(grids: Grids, starts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """For each axis, how far each position is behind each example's own start.

    starts: [examples] for each axis; gives [examples, 1, …, side, …, 1], which span the grids
    """
    sides = grids.shape[2:]
    return [
        (np.arange(side) - start[:, None]).reshape(
            len(grids), 1, *(side if other == axis else 1 for other in range(len(sides)))
        )
        for axis, (side, start) in enumerate(zip(sides, starts, strict=True))
    ]


def _within(offsets: Sequence[NDArray[np.int64]], lengths: Sequence[int]) -> NDArray[np.bool_]:
    """[examples, 1, *sides]: where each offset is at least 0 and below its axis's length."""
    inside = ((by >= 0) & (by < length) for by, length in zip(offsets, lengths, strict=True))
    return reduce(np.logical_and, inside)
