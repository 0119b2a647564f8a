"""Labelled images, and what all data sets of images have in common."""

from dataclasses import dataclass
from typing import ClassVar

from structbench.data.grid_examples import GridDataset, GridExamples
from structbench.data.images.conditions import IMAGE_CONDITIONS
from structbench.problem import Kind


class ImageExamples(GridExamples):
    """Images: [n, channels, height, width], of bytes or float32 in [0, 1]."""

    conditions: ClassVar = IMAGE_CONDITIONS


@dataclass(frozen=True, kw_only=True)
class ImageDataset(GridDataset):
    """A data set of images, all of one size: (channels, height, width)."""

    kind: ClassVar[Kind] = "image"
    conditions: tuple[str, ...] = ("clean", "translate:2,2")
    smoke_sizes: tuple[int, int] = (2000, 1000)

    input_shape: tuple[int, int, int]
