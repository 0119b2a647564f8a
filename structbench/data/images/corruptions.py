"""How images can be altered: the functions behind the test conditions.

Each takes images, float32 [examples, channels, height, width] in [0, 1], and a
generator, and returns new images of the same shape in [0, 1]. Whatever chance decides
is drawn anew for each image. The families are those of MNIST-C (Mu and Gilmer, 2019).

numpy draws the numbers, so the altered images are the same on every device.
"""

import math

import numpy as np
from numpy.typing import NDArray

from structbench.data.images.pixels import Images

Generator = np.random.Generator


def clean(images: Images, rng: Generator) -> Images:
    """Unaltered."""
    return images


def translate(images: Images, rng: Generator, dx: int, dy: int) -> Images:
    """Content moves DX pixels right and DY pixels down; zeros come in."""
    count = len(images)
    return _moved(images, np.full(count, dx), np.full(count, dy))


def shift(images: Images, rng: Generator, largest: int) -> Images:
    """Each image moves by its own whole amount, up to K pixels in each direction."""
    dx, dy = rng.integers(-largest, largest + 1, size=(2, len(images)))
    return _moved(images, dx, dy)


def gaussian_noise(images: Images, rng: Generator, std: float) -> Images:
    """Normal noise of this standard deviation added to each value, then clipped."""
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    return np.clip(images + np.float32(std) * noise, 0, 1)


def impulse_noise(images: Images, rng: Generator, fraction: float) -> Images:
    """This fraction of the values becomes 0 or 1, one as likely as the other."""
    draw = rng.random(images.shape, dtype=np.float32)
    salted: Images = np.where(draw < fraction / 2, np.float32(1), images)
    return np.where((draw >= fraction / 2) & (draw < fraction), np.float32(0), salted)


def gaussian_blur(images: Images, rng: Generator, sigma: float) -> Images:
    """Smoothed by a Gaussian of this standard deviation in pixels, borders reflected."""
    height, width = images.shape[-2:]
    # Three sigmas hold 99.7 % of the weight; reflection reaches no further than the image.
    radius = min(math.ceil(3 * sigma), min(height, width) - 1)
    rows, columns = (_smoothing(length, sigma, radius) for length in (height, width))
    return np.clip(rows @ (images @ columns.T), 0, 1)


def occlude(images: Images, rng: Generator, size: int) -> Images:
    """A black square of this size at a random place within each image."""
    inside = []
    for length in images.shape[-2:]:
        start = rng.integers(0, max(length - size, 0) + 1, size=(len(images), 1))
        place = np.arange(length)
        inside.append((place >= start) & (place < start + size))
    square = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return np.where(square, np.float32(0), images)


def invert(images: Images, rng: Generator) -> Images:
    """Black becomes white."""
    return np.float32(1) - images


def contrast(images: Images, rng: Generator, factor: float) -> Images:
    """Distance from the image's own mean times FACTOR, then clipped."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    changed: Images = np.clip(mean + np.float32(factor) * (images - mean), 0, 1)
    return changed


def _moved(images: Images, dx: NDArray[np.int64], dy: NDArray[np.int64]) -> Images:
    """Image i moved dx[i] right and dy[i] down: out[i, :, y, x] = in[i, :, y − dy, x − dx]."""
    height, width = images.shape[-2:]
    rows, columns = np.arange(height) - dy[:, None], np.arange(width) - dx[:, None]
    row_inside, column_inside = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = row_inside[:, :, None] & column_inside[:, None, :]
    source = (
        np.arange(len(images))[:, None, None, None],
        np.arange(images.shape[1])[:, None, None],
        rows.clip(0, height - 1)[:, None, :, None],
        columns.clip(0, width - 1)[:, None, None, :],
    )
    moved: Images = images[source] * inside[:, None]
    return moved


def _smoothing(length: int, sigma: float, radius: int) -> NDArray[np.float32]:
    """[length, length]: what each pixel of a line takes of the others, reflected at the ends."""
    offsets = np.arange(-radius, radius + 1)
    taken = np.exp(-0.5 * (offsets / sigma) ** 2)
    source = np.abs(np.arange(length)[:, None] + offsets)
    source = np.minimum(source, 2 * (length - 1) - source)
    weights = np.zeros((length, length))
    np.add.at(weights, (np.arange(length)[:, None], source), taken / taken.sum())
    return weights.astype(np.float32)
