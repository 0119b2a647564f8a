"""Pixels as the network sees them: in [0, 1], and permuted where structure is taken out."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
Pixel = TypeVar("Pixel", np.uint8, np.float32)

# One permutation for all models and seeds: what varies between runs must not be the task.
PERMUTATION_SEED = 20_240_501


def unit_range(images: NDArray[Any]) -> Images:
    """Bytes 0 … 255 as float32 in [0, 1]; float32 is there already."""
    return images if images.dtype == np.float32 else images.astype(np.float32) / np.float32(255)


def permute_pixels(images: NDArray[Pixel], share: float = 1.0) -> NDArray[Pixel]:
    """The images with a share of their positions permuted among themselves, always the same way.

    Every value stays, so a network without a notion of neighbourhood loses nothing;
    channels of a position move together. The positions of a smaller share are among those of
    a larger one, and the others keep their place. images: [examples, channels, height, width]
    """
    examples, channels, height, width = images.shape
    rng = np.random.default_rng(PERMUTATION_SEED)
    order = rng.permutation(height * width)
    moved = np.sort(rng.permutation(height * width)[: round(share * height * width)])
    places = np.arange(height * width)
    # In the order in which the permutation of all of them has these: uniform, as that is.
    places[moved] = moved[order[moved].argsort().argsort()]
    flat = images.reshape(examples, channels, height * width)
    return flat[:, :, places].reshape(images.shape)
