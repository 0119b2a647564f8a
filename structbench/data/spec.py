"""The `data:` section of a config, and the arrays it stands for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from structbench.data import DATASETS
from structbench.data.examples import Dataset, Examples
from structbench.errors import nearest
from structbench.options import NonNegative, Options, Positive
from structbench.problem import Kind, Problem


def _known(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; {nearest(name, DATASETS)}")
    return name


DatasetName = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(DATASETS)})
]


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
    """Share of the structure to take out, in training and test alike: of an image's pixels, or of a
    signal's places, so many are permuted among themselves, in all examples alike."""

    @property
    def dataset(self) -> Dataset:
        """The row of DATASETS."""
        return DATASETS[self.name]

    @property
    def kind(self) -> Kind:
        """What the examples are."""
        return self.dataset.kind

    @property
    def problem(self) -> Problem:
        """What is to be learned, in numbers."""
        return self.dataset.problem(default_data_folder())

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
        sizes = (self.train_size, self.validation_size, self.test_size)
        return LoadedData(*self.dataset.split(folder, *sizes, seed), self.structure_removed)


@dataclass(frozen=True)
class LoadedData:
    """The examples of one run, unaltered.

    structure_removed: the share of their structure to take out
    """

    train: Examples
    validation: Examples
    test: Examples
    structure_removed: float

    def prepared(self, examples: Examples) -> Examples:
        """These examples as the network sees them: without the structure that is to go.

        Comes after any condition: what is altered is the picture, not the shuffled dots.
        """
        return examples.without_structure(self.structure_removed)


def default_data_folder() -> Path:
    """$STRUCTBENCH_DATA, or the user's cache folder; without a home, a folder where one is."""
    named = os.environ.get("STRUCTBENCH_DATA")
    try:
        return Path(named).expanduser() if named else _user_cache() / "data"
    except RuntimeError:  # there is no home, or none of the user who is named
        return Path(named or "structbench-data")


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    # Expanded for older versions, which give ~ back where there is no home.
    return user_cache_path("structbench", appauthor=False).expanduser()
