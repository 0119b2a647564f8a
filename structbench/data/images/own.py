"""Images of a user's own."""

from dataclasses import dataclass
from typing import ClassVar

from structbench.data.images.examples import ImageDataset, ImageExamples
from structbench.data.own.grids import OwnGridDataset


@dataclass(frozen=True, kw_only=True)
class OwnImages(ImageDataset, OwnGridDataset):
    """Images that were named on the command line."""

    examples: ClassVar = ImageExamples
