"""What the `data:` section of a config says of every kind, and the arrays it stands for.

Each kind of data has a `spec.py` beside it with what is said of it alone; `specs.py` is the table.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from structbench.data import DATASETS
from structbench.data.alterations import TRAINING, read_condition
from structbench.data.examples import Dataset, Examples
from structbench.data.subsets import training_sample
from structbench.errors import ConfigError, nearest
from structbench.options import NonNegative, Options, Positive
from structbench.problem import Kind, Problem


def _known(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; {nearest(name, DATASETS)}")
    return name


Name = Annotated[str, AfterValidator(_known)]


class DataSpec(Options):
    """Which examples are learned from and tested on."""

    describes: ClassVar[type[object]] = Dataset
    """The data sets that have these keys, unless another class of SPECS is for them."""

    name: Name
    """The data set."""
    train_size: Positive | None = None
    """Examples of a stratified training subset; null: all that validation leaves."""
    validation_size: NonNegative = 0
    """Examples of a stratified validation split, taken from the training examples."""
    test_size: Positive | None = None
    """Examples of a stratified test subset, the same for every seed; null: all."""
    structure_removed: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the structure to take out, in training and test alike: of an image's pixels, or of
    the places of a signal or a sentence, so many are permuted among themselves, in all examples
    alike; of a graph's edges, so many exchange their ends, and every node keeps its number of
    edges."""

    @property
    def dataset(self) -> Dataset:
        """The row of DATASETS, set up as is said here."""
        return DATASETS[self.name]

    @property
    def called(self) -> str:
        """What the data are called in tables and messages."""
        return self.name

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
        return self.train_size or self._there[0] - self.validation_size

    @model_validator(mode="after")
    def _fits(self) -> DataSpec:
        from structbench.data.specs import spec_of  # which knows this class

        if self.name in DATASETS and type(self) is not (needed := spec_of(self.name)):
            raise ValueError(f"{self.name} is described by {needed.__name__}")
        try:
            (train, test), (least, asked) = self._there, self._learned
        except ConfigError as error:
            raise ValueError(str(error)) from None
        if (self.test_size or 0) > test:
            raise ValueError(
                f"test_size {self.test_size:,} is more than the {test:,} of {self._whole}"
            )
        if least + self.validation_size > train:
            asked = f"{asked} + validation_size {self.validation_size:,}"
            raise ValueError(f"{asked} is more than the {train:,} of {self._not_tested}")
        return self

    @property
    def _there(self) -> tuple[int, int]:
        """How many examples there are to learn and validate from, and to test on."""
        return self.dataset.train_examples, self.dataset.test_examples

    @property
    def _learned(self) -> tuple[int, str]:
        """How many examples to learn from there have to be, and that in words."""
        return (least := self.train_size or 1), f"train_size {least:,}"

    @property
    def _whole(self) -> str:
        """What the examples are taken from, for messages."""
        return self.name

    @property
    def _not_tested(self) -> str:
        """What those to learn and validate from are taken from, for messages."""
        return self._whole

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""

    def load(self, folder: Path, seed: int) -> LoadedData:
        """Read the data set and draw the subsets of this seed."""
        return LoadedData(*self.dataset.split(folder, *self._sizes, seed), self.structure_removed)

    def smaller(self, train: int, test: int) -> Self:
        """With at most so many examples to learn from and to test on."""
        tested = self.test_size or self.dataset.test_examples
        fewer = {"train_size": min(self.train_examples, train), "test_size": min(tested, test)}
        return self.model_copy(update=fewer)

    @property
    def _sizes(self) -> tuple[int | None, int, int | None]:
        return self.train_size, self.validation_size, self.test_size


@dataclass(frozen=True)
class LoadedData:
    """The examples of one run, unaltered.

    structure_removed: the share of their structure to take out
    """

    train: Examples
    validation: Examples
    test: Examples
    structure_removed: float

    def tested(self, condition: str, seed: int) -> Examples:
        """What is asked under a condition, as the network sees it: the test examples altered or
        others in their place, or a sample of those that were learned from."""
        asked = read_condition(condition)
        if asked.name == TRAINING:
            return self.prepared(training_sample(self.train))
        return self.prepared(self.test.altered(asked, seed))

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
