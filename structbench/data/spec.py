"""The `data:` section of a config, and the arrays it stands for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from structbench.data import DATASETS
from structbench.data.examples import Dataset, Examples
from structbench.data.pixels import Pixel, permute_pixels
from structbench.data.subsets import test_split, training_split
from structbench.options import NonNegative, Options, Positive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    DatasetName = str
else:
    DatasetName = Literal[tuple(DATASETS)]


class DataSpec(Options):
    """Which examples are learned from and tested on."""

    name: DatasetName = "mnist"
    """The data set."""
    train_size: Positive | None = None
    """Examples of a stratified training subset; null: all that validation leaves."""
    validation_size: NonNegative = 0
    """Examples of a stratified validation split, taken from the training examples."""
    test_size: Positive | None = None
    """Examples of a stratified test subset, the same for every seed; null: all."""
    structure_removed: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the structure to take out, in training and test alike: of an image's pixels, so many
    are permuted among themselves, in all images alike."""

    @property
    def dataset(self) -> Dataset:
        """The row of DATASETS."""
        return DATASETS[self.name]

    @property
    def train_examples(self) -> int:
        """How many examples are learned from."""
        return self.train_size or self.dataset.train_examples - self.validation_size

    @model_validator(mode="after")
    def _fits(self) -> DataSpec:
        train, test = self.dataset.train_examples, self.dataset.test_examples
        if (self.train_size or 1) + self.validation_size > train:
            asked = f"{self.train_size or 1:,} + validation_size {self.validation_size:,}"
            raise ValueError(f"train_size {asked} is more than the {train:,} of {self.name}")
        if (self.test_size or 0) > test:
            raise ValueError(
                f"test_size {self.test_size:,} is more than the {test:,} of {self.name}"
            )
        return self

    def load(self, folder: Path, seed: int) -> LoadedData:
        """Read the data set and draw the subsets of this seed."""
        train, test = self.dataset.read(folder)
        kept, validation = training_split(train, self.train_size, self.validation_size, seed)
        return LoadedData(
            kept, validation, test_split(test, self.test_size), self.structure_removed
        )


@dataclass(frozen=True)
class LoadedData:
    """The examples of one run, unaltered; `arrange` gives the pixels their final places.

    permuted: the share of the pixels whose places are permuted
    """

    train: Examples
    validation: Examples
    test: Examples
    permuted: float

    def arrange(self, images: NDArray[Pixel]) -> NDArray[Pixel]:
        """Permute the pixels if the run asks for it.

        Comes after any condition: what is altered is the picture, not the shuffled dots.
        """
        return permute_pixels(images, self.permuted) if self.permuted else images


def default_data_folder() -> Path:
    """$STRUCTBENCH_DATA, or the platform's user cache folder."""
    if named := os.environ.get("STRUCTBENCH_DATA"):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("structbench", appauthor=False) / "data"
