"""Images, and the weights that read them, as pixels."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from structbench.report.exhibits.drawing import Drawing, Grids
from structbench.report.figures.style import SERIES

# Pictures of weights stand in rows of so many.
TILES = 8


def draw_image(axes: Axes, image: NDArray[np.float32], shown: Grids) -> None:
    """[channels, height, width] in [0, 1], in colours or in grey."""
    clipped = image.clip(0, 1)
    seen = clipped.transpose(1, 2, 0) if len(image) == 3 else clipped[0]
    axes.imshow(seen, cmap="gray", vmin=0, vmax=1, interpolation="none")


def draw_weights(axes: Axes, weights: Grids) -> None:
    """A square for each filter, all on one scale."""
    axes.imshow(_montage(weights), interpolation="none")


def flatness(weights: Grids) -> float:
    """Height over width of what is drawn."""
    height, width, _ = _montage(weights).shape
    return float(height / width)


def _montage(weights: Grids) -> NDArray[np.float32]:
    """Weights [filters, channels, height, width] → RGBA [height, width, 4], framed, in rows."""
    scaled = (weights / max(float(np.abs(weights).max()), 1e-12)).transpose(0, 2, 3, 1)
    if scaled.shape[-1] == 3:
        tint, alpha = 0.5 + scaled / 2, np.ones_like(scaled[..., :1])
    else:
        first = scaled[..., :1]
        tint = np.where(first > 0, to_rgb(SERIES[1]), to_rgb(SERIES[0]))
        alpha = np.abs(first)
    factor = max(1, 28 // scaled.shape[1])  # so that each is about 28 pixels high
    tiles = np.concatenate([tint, alpha], -1).repeat(factor, 1).repeat(factor, 2)
    edge, gap, whole = (1, 1), (2, 2), (0, 0)
    tiles = np.pad(tiles, (whole, edge, edge, whole), constant_values=0.5)
    columns = min(TILES, len(tiles))
    tiles = np.pad(tiles, ((0, -len(tiles) % columns), gap, gap, whole))
    _, height, width, _ = tiles.shape
    rows = tiles.reshape(-1, columns, height, width, 4).swapaxes(1, 2)
    return rows.reshape(-1, columns * width, 4).astype(np.float32)


def _channels(number: int) -> str:
    if number == 3:
        return "Weights of three channels are shown as a colour."
    return f"Of {number} channels the first is shown." if number > 1 else ""


IMAGES = Drawing(
    draw_image,
    draw_weights,
    flatness,
    columns=4,
    width=1.18,
    height=1.18,
    one="image",
    place="pixel",
    scale="",
    mark="a square",
    signs="Orange is positive, blue negative, transparent zero",
    channels=_channels,
)
