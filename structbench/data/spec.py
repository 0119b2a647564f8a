"""The `data:` section of a config, and the arrays it stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from structbench.data import DATASETS
from structbench.data.alterations import read_condition
from structbench.data.examples import Dataset, Examples
from structbench.data.sequences.numbers import Numbers
from structbench.data.sequences.pairs import Range, sizes
from structbench.data.sequences.speller import LARGEST_NUMBER, require_language
from structbench.errors import ConfigError, nearest
from structbench.options import Items, NonNegative, Options, Positive
from structbench.problem import Kind, Problem


def _known(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; {nearest(name, DATASETS)}")
    return name


def _name(*kinds: Kind) -> Any:
    """The type of a name of a data set; `kinds`, of those that the JSON Schema lists."""
    names = [name for name, dataset in DATASETS.items() if dataset.kind in kinds]
    return Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": names})]


if TYPE_CHECKING:
    GridName = str
    SequenceName = str
else:
    GridName = _name("image", "signal")
    SequenceName = _name("sequence")


class DataSpec(Options):
    """Which examples are learned from and tested on."""

    name: GridName = "mnist"
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
    alike."""

    @property
    def dataset(self) -> Dataset:
        """The row of DATASETS, set up as is said here."""
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
        if type(self) is not (needed := spec_of(self.name)):
            raise ValueError(f"{self.name} is described by a {needed.__name__}")
        train, test = self.dataset.train_examples, self.dataset.test_examples
        if (self.train_size or 1) + self.validation_size > train:
            asked = f"{self.train_size or 1:,} + validation_size {self.validation_size:,}"
            raise ValueError(f"train_size {asked} is more than the {train:,} of {self._whole}")
        if (self.test_size or 0) > test:
            raise ValueError(
                f"test_size {self.test_size:,} is more than the {test:,} of {self._whole}"
            )
        return self

    @property
    def _whole(self) -> str:
        """What the examples are taken from, for messages."""
        return self.name

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""

    def load(self, folder: Path, seed: int) -> LoadedData:
        """Read the data set and draw the subsets of this seed."""
        return LoadedData(*self.dataset.split(folder, *self._sizes, seed), self.structure_removed)

    @property
    def _sizes(self) -> tuple[int | None, int, int | None]:
        return self.train_size, self.validation_size, self.test_size


def _told(check: Callable[..., object]) -> AfterValidator:
    """A check that raises ConfigError, for a value of a config."""

    def checked(value: Any) -> Any:
        try:
            check(value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return value

    return AfterValidator(checked)


Language = Annotated[str, _told(require_language)]
Number = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
# No number needs as many, even letter by letter.
Places = Annotated[int, Field(ge=1, le=1000)]
Ends = Annotated[tuple[Number, Number], Items, _told(lambda ends: sizes(*ends))]


class SequenceSpec(DataSpec):
    """Which sentences are learned from and tested on, and what their symbols are."""

    name: SequenceName = "numbers"
    """The data set."""
    source: Language = "fr"
    """The language of the sentences, as its code: fr, es, zh, …"""
    answer: Language = "en"
    """The language that they are translated to."""
    numbers: Ends = (0, 999_999)
    """The smallest and the largest number that sentences are drawn from."""
    tokens: Literal["words", "characters", "bpe"] = "words"
    """What a symbol is: a word (in Chinese, Japanese and Korean a character), a character, or a
    piece of a word by byte-pair encoding."""
    longest_source: Places | None = None
    """Places of a sentence, in symbols; null: as many as the longest has."""
    longest_answer: Places | None = None
    """Places of an answer, in symbols without the end; null: as many as the longest has."""

    @property
    def dataset(self) -> Numbers:
        """The row of DATASETS, set up as is said here."""
        row = DATASETS[self.name]
        assert isinstance(row, Numbers)
        asked = Range(self.source, self.answer, *self.numbers)
        return row.set_up(asked, self.tokens, self.longest_source, self.longest_answer)

    @property
    def train_examples(self) -> int:
        """How many examples are learned from: only what there is room for."""
        if self.train_size or self.longest_source is self.longest_answer is None:
            return super().train_examples
        every, _ = self.dataset.read(default_data_folder())
        return len(every) - self.validation_size

    @property
    def _whole(self) -> str:
        low, high = self.numbers
        return f"{self.name} from {low:,} to {high:,}"

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where there are too few examples to learn from or for a condition."""
        read = map(read_condition, conditions)
        self.dataset.require(default_data_folder(), self._sizes, read)


def spec_of(name: str) -> type[DataSpec]:
    """What describes a data set; DataSpec for one that is not known."""
    return SequenceSpec if isinstance(DATASETS.get(name), Numbers) else DataSpec


def _member(value: Any) -> str:
    """Which member of the union a mapping, or what was made of one, is meant to be."""
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    return (spec_of(name) if isinstance(name, str) else DataSpec).__name__


class _ByName:
    """Says in the JSON Schema which data sets a member of the union is for."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        grid, sequence = (member["$ref"] for member in schema["oneOf"])
        mapping = {name: grid if spec_of(name) is DataSpec else sequence for name in DATASETS}
        schema["oneOf"][1]["required"] = ["name"]  # the other is meant where there is none
        return {**schema, "discriminator": {"propertyName": "name", "mapping": mapping}}


if TYPE_CHECKING:
    AnyData = DataSpec
else:
    AnyData = Annotated[
        Annotated[DataSpec, Tag(DataSpec.__name__)]
        | Annotated[SequenceSpec, Tag(SequenceSpec.__name__)],
        Discriminator(_member),
        _ByName(),
    ]


def data_spec(described: Any) -> DataSpec:
    """What a `data:` section describes; ValidationError where it is none."""
    return _adapter().validate_python(described)


@cache
def _adapter() -> TypeAdapter[DataSpec]:
    return TypeAdapter(AnyData)


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
