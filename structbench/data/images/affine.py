"""Images rotated, magnified and slanted: each new pixel is a weighted mean of four old ones.

The weights are the same for all images, so they are one sparse matrix [pixels, pixels]. They
agree with torchvision's bilinear `affine`, which works in float32, to 1e-5.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from structbench.data.grids import Grids as Images

# Images at a time: 250 of 28×28 are 0.8 MB, which stays in the cache. All 10,000 at once take
# half as long again, and three times their memory.
CHUNK = 250

Matrix = tuple[tuple[float, float], tuple[float, float]]


def rotate(images: Images, rng: np.random.Generator, degrees: float) -> Images:
    """Rotated counter-clockwise about the centre, bilinear; zeros come in."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _resampled(images, ((cosine, -sine), (sine, cosine)))


def scale(images: Images, rng: np.random.Generator, factor: float) -> Images:
    """Magnified about the centre (below 1: made smaller), bilinear; zeros come in."""
    return _resampled(images, ((1 / factor, 0), (0, 1 / factor)))


def shear(images: Images, rng: np.random.Generator, degrees: float) -> Images:
    """Slanted along the horizontal axis, bilinear; zeros come in."""
    return _resampled(images, ((1, math.tan(math.radians(degrees))), (0, 1)))


def _resampled(images: Images, source: Matrix) -> Images:
    """source: where a new pixel (x, y), counted from the centre, was before."""
    from scipy.sparse import csr_array

    height, width = images.shape[-2:]
    flat = images.reshape(-1, height * width)
    weights, places = zip(*_corners(source, height, width), strict=True)
    rows = np.tile(np.arange(height * width), len(places))
    entries = (np.concatenate(weights), (rows, np.concatenate(places)))
    matrix = csr_array(entries, shape=(height * width, height * width))
    matrix.eliminate_zeros()
    altered = np.empty_like(flat)
    for start in range(0, len(flat), CHUNK):
        part = slice(start, start + CHUNK)
        # The weights are rounded: without the clip a white pixel may come to 1.0000001.
        np.clip((matrix @ flat[part].T).T, 0, 1, out=altered[part])
    return altered.reshape(images.shape)


def _corners(
    source: Matrix, height: int, width: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Weight and place of each of the four old pixels around where a new one was; 0 outside."""
    across, down = np.meshgrid(
        np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2
    )
    x, y = (
        (a * across + b * down + (length - 1) / 2).ravel()
        for (a, b), length in zip(source, (width, height), strict=True)
    )
    for column in (np.floor(x), np.floor(x) + 1):
        for row in (np.floor(y), np.floor(y) + 1):
            weight = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            place = row.clip(0, height - 1) * width + column.clip(0, width - 1)
            yield (weight * inside).astype(np.float32), place.astype(np.int64)
