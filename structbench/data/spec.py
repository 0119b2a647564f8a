"""The `data:` section of a config, and the arrays it stands for."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    TypeAdapter,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema

from structbench.data import DATASETS
from structbench.data.alterations import TRAINING, read_condition
from structbench.data.examples import Dataset, Examples
from structbench.data.graphs.examples import GraphDataset
from structbench.data.graphs.limits import require_exchange
from structbench.data.graphs.social import MadeNetwork
from structbench.data.images.examples import ImageDataset
from structbench.data.sequences.numbers import Numbers
from structbench.data.sequences.pairs import Range, sizes
from structbench.data.sequences.speller import LARGEST_NUMBER, require_language
from structbench.data.subsets import training_sample
from structbench.errors import ConfigError, nearest
from structbench.options import Items, NonNegative, Options, Positive
from structbench.problem import Kind, Problem


def _known(name: str) -> str:
    if name not in DATASETS:
        raise ValueError(f"unknown data set {name!r}; {nearest(name, DATASETS)}")
    return name


Name = Annotated[str, AfterValidator(_known)]


# Of images: an image of the largest has 4 MB in each channel.
Side = Annotated[int, Field(ge=1, le=1024)]


def _other_side(side: int | None, info: ValidationInfo) -> int | None:
    """None for the data's own, so that one experiment has one name."""
    dataset = DATASETS.get(info.data.get("name", ""))
    own = dataset.input_shape[1:] if isinstance(dataset, ImageDataset) else ()
    return None if own == (side, side) else side


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
        if type(self) is not (needed := spec_of(self.name)):
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

    describes: ClassVar[type[object]] = Numbers

    name: Name = "numbers"
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


class GraphSpec(DataSpec):
    """Which nodes of a graph are learned from and tested on; each seed draws them."""

    describes: ClassVar[type[object]] = GraphDataset

    name: Name = "cora"
    """The data set."""
    train_per_class: Positive | None = None
    """So many nodes of each class to learn from, instead of train_size, which takes of each class
    its share."""
    validation_size: NonNegative = 0
    """Nodes of a stratified validation split, of those that are left to learn from."""
    test_size: Positive | None = None
    """Nodes of a stratified test set, which each seed draws; null: a quarter of all."""

    @property
    def dataset(self) -> GraphDataset:
        """The row of DATASETS."""
        row = DATASETS[self.name]
        assert isinstance(row, GraphDataset)
        return row

    @property
    def train_examples(self) -> int:
        """How many nodes are learned from."""
        return self._learned[0] if self.train_per_class else super().train_examples

    @property
    def _tested(self) -> int:
        return self.test_size or self.dataset.test_examples

    @property
    def _there(self) -> tuple[int, int]:
        return self.dataset.nodes - self._tested, self.dataset.nodes

    @property
    def _learned(self) -> tuple[int, str]:
        if not self.train_per_class:
            return super()._learned
        classes = self.dataset.classes
        told = f"train_per_class {self.train_per_class:,} · {classes:,} classes"
        return self.train_per_class * classes, told

    @property
    def _not_tested(self) -> str:
        return f"{self._whole} that are not tested"

    @model_validator(mode="after")
    def _one_size(self) -> GraphSpec:
        if self.train_size and self.train_per_class:
            raise ValueError("train_size and train_per_class are two ways to say it: give one")
        return self

    def require(self, conditions: Sequence[str]) -> None:
        """ConfigError where a class has too few nodes, or the graph cannot be altered so."""
        self.dataset.require(
            default_data_folder(), self.train_per_class, self._tested, self.structure_removed,
            map(read_condition, conditions),
        )  # fmt: skip

    def load(self, folder: Path, seed: int) -> LoadedData:
        """Draw the nodes of this seed; ConfigError where its graph cannot be rewired as asked."""
        self.require(())
        parts = self.dataset.split(folder, *self._sizes, seed, self.train_per_class)
        require_exchange(parts[0].graph, self.structure_removed, "structure_removed")
        return LoadedData(*parts, self.structure_removed)

    def smaller(self, train: int, test: int) -> Self:
        """With at most so many nodes to learn from and to test on, whatever their classes."""
        return super().smaller(train, test).model_copy(update={"train_per_class": None})


class MadeGraphSpec(GraphSpec):
    """How a network is made, and which of its nodes are learned from and tested on."""

    describes: ClassVar[type[object]] = MadeNetwork

    name: Name = "social"
    """The data set."""
    nodes: Annotated[int, Field(ge=4, le=1_000_000)] = 1000
    """Nodes of the network."""
    groups: Annotated[int, Field(ge=2, le=1000)] = 2
    """Groups of nodes, as equal in size as can be: the classes."""
    degree: Annotated[float, Field(gt=0, le=1_000_000)] = 10.0
    """Mean number of edges at a node; there are exactly nodes · degree / 2, rounded."""
    homophily: Annotated[float, Field(ge=0, le=1)] = 0.8
    """Share of the edges that join nodes of one group, exactly, to an edge; with 1 / groups the
    edges tell about nothing."""
    telling: Annotated[float, Field(ge=0, le=100)] = 1.0
    """How much the features tell of the group: how far the means of any two groups are from each
    other, in standard deviations of a feature."""
    features: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Numbers that a node has: its group's mean and normal noise."""

    @property
    def dataset(self) -> MadeNetwork:
        """The row of DATASETS, set up as is said here."""
        row = DATASETS[self.name]
        assert isinstance(row, MadeNetwork)
        return row.set_up(
            self.nodes, self.groups, self.degree, self.homophily, self.telling, self.features
        )


SPECS: tuple[type[DataSpec], ...] = (DataSpec, ImageSpec, SequenceSpec, GraphSpec, MadeGraphSpec)


def spec_of(name: str) -> type[DataSpec]:
    """What describes a data set; DataSpec for one that is not known."""
    dataset = DATASETS.get(name)
    fitting = (spec for spec in reversed(SPECS) if isinstance(dataset, spec.describes))
    return next(fitting, DataSpec)


def _member(value: Any) -> str:
    """Which member of the union a mapping, or what was made of one, is meant to be."""
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    return (spec_of(name) if isinstance(name, str) else ImageSpec).__name__


class _ByName:
    """Says in the JSON Schema which data sets each member of the union is for."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        mapping = {}
        for spec, member in zip(SPECS, schema["oneOf"], strict=True):
            names = [name for name in DATASETS if spec_of(name) is spec]
            mapping.update(dict.fromkeys(names, member["$ref"]))
            handler.resolve_ref_schema(member)["properties"]["name"]["enum"] = names
            if spec is not ImageSpec:  # which is meant where there is no name
                member["required"] = ["name"]
        return {**schema, "discriminator": {"propertyName": "name", "mapping": mapping}}


if TYPE_CHECKING:
    AnyData = DataSpec
else:
    AnyData = Annotated[
        reduce(or_, (Annotated[spec, Tag(spec.__name__)] for spec in SPECS)),
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
