"""How images can be altered: the functions behind the test conditions.

Each takes images, float32 [examples, channels, height, width] in [0, 1], and a
generator, and returns new images of the same shape in [0, 1]. Whatever chance decides
is drawn anew for each image. The families are those of MNIST-C (Mu and Gilmer, 2019).

numpy draws the numbers, so the altered images are the same on every device.
"""

import numpy as np

from structbench.data.grids import Grids, moved, occluded, smoothed

Images = Grids
Generator = np.random.Generator


def clean(images: Images, rng: Generator) -> Images:
    """Unaltered."""
    return images


def translate(images: Images, rng: Generator, dx: int, dy: int) -> Images:
    """Content moves DX pixels right and DY pixels down; zeros come in."""
    count = len(images)
    return moved(images, np.full(count, dy), np.full(count, dx))


def shift(images: Images, rng: Generator, largest: int) -> Images:
    """Each image moves by its own whole amount, up to K pixels in each direction."""
    dx, dy = rng.integers(-largest, largest + 1, size=(2, len(images)))
    return moved(images, dy, dx)


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
    return np.clip(smoothed(images, sigma), 0, 1)


def occlude(images: Images, rng: Generator, size: int) -> Images:
    """A black square of this size at a random place within each image."""
    return occluded(images, rng, size)


def invert(images: Images, rng: Generator) -> Images:
    """Black becomes white."""
    return np.float32(1) - images


def contrast(images: Images, rng: Generator, factor: float) -> Images:
    """Distance from the image's own mean times FACTOR, then clipped."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    changed: Images = np.clip(mean + np.float32(factor) * (images - mean), 0, 1)
    return changed
