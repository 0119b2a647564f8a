"""The `data:` section of a config, of images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo

from structbench.data import DATASETS
from structbench.data.images.examples import ImageDataset
from structbench.data.spec import DataSpec, LoadedData, Name
from structbench.problem import Problem

# An image of the largest has 4 MB in each channel.
Side = Annotated[int, Field(ge=1, le=1024)]


def _other_side(side: int | None, info: ValidationInfo) -> int | None:
    """None for the data's own, so that one experiment has one name."""
    dataset = DATASETS.get(info.data.get("name", ""))
    own = dataset.input_shape[1:] if isinstance(dataset, ImageDataset) else ()
    return None if own == (side, side) else side


class ImageSpec(DataSpec):
    """Which images are learned from and tested on, and how large the network sees them."""

    describes: ClassVar[type[object]] = ImageDataset

    name: Name = "mnist"
    """The data set."""
    side: Annotated[Side | None, AfterValidator(_other_side)] = None
    """Height and width that images are resized to on their way into the network, as networks need
    them that were trained on larger ones; conditions alter them before that. null: their own."""

    @property
    def problem(self) -> Problem:
        """What is to be learned, in numbers."""
        known = super().problem
        if self.side is None:
            return known
        return replace(known, input_shape=(known.input_shape[0], self.side, self.side))

    def load(self, folder: Path, seed: int) -> LoadedData:
        """Read the data set and draw the subsets of this seed."""
        parts: Any = self.dataset.split(folder, *self._sizes, seed)
        train, validation, test = (replace(part, side=self.side) for part in parts)
        return LoadedData(train, validation, test, self.structure_removed)
