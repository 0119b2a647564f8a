"""Pixels as the network sees them: in [0, 1]."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.grids import Grids

Images = Grids


def unit_range(images: NDArray[Any]) -> Images:
    """Bytes 0 … 255 as float32 in [0, 1]; float32 is there already."""
    return images if images.dtype == np.float32 else images.astype(np.float32) / np.float32(255)
