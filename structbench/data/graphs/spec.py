"""The `data:` section of a config, of graphs: one that is there, and one that is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from structbench.data import DATASETS
from structbench.data.alterations import read_condition
from structbench.data.graphs.examples import GraphDataset
from structbench.data.graphs.limits import cannot_be_rewired, require_exchange
from structbench.data.graphs.own import READ_BY, OwnNodes, graph_content, reading_of
from structbench.data.graphs.social import MadeNetwork
from structbench.data.own.content import GraphContent
from structbench.data.own.spec import OwnSpec
from structbench.data.spec import DataSpec, LoadedData, Name, default_data_folder
from structbench.options import NonNegative, Positive


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
        return self.dataset.labelled - self._tested, self.dataset.labelled

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


class OwnGraphSpec(OwnSpec, GraphSpec):
    """Which nodes of one's own graph are learned from and tested on; each seed draws them."""

    name: Literal["own"]
    """Data that the command line names: --data PATH."""
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the nodes with a class that each seed tests, stratified, where test_size gives no
    number."""
    test_size: Positive | None = None
    """Nodes of a stratified test set, which each seed draws; null: test_share of those with a
    class."""
    id_column: str | None = None
    """The column that has the nodes' ids; null: the one called id or node, or else the first."""
    label_column: str | None = None
    """The column that has the nodes' classes; null: the one called label, class, target or y, or
    whose name ends so, as ml_target does. An empty cell or NA: the class is not known."""
    content: GraphContent = Field(default=None, validate_default=True)
    """What was found in the files; StructBench writes it."""

    decides: ClassVar[tuple[str, ...]] = ("test_share", *READ_BY)

    @classmethod
    def found(cls, sha256: str, options: Mapping[str, Any]) -> GraphContent:
        return graph_content(sha256, reading_of(options), options["test_share"])

    @property
    def dataset(self) -> OwnNodes:
        """The graph, as it was found."""
        content = self.content
        return OwnNodes(
            name=self.name, licence="", source="data of your own",
            train_examples=content.train_examples, test_examples=content.test_examples,
            features=content.features, classes=len(content.classes), nodes=content.nodes,
            edges=content.edges, values=content.values, class_names=content.classes,
            within=content.within, judged=content.judged,
            conditions=_conditions(content), content=content, test_share=self.test_share,
            reading=reading_of({key: getattr(self, key) for key in READ_BY}),
        )  # fmt: skip

    @property
    def _whole(self) -> str:
        return "the nodes with a class"


def _conditions(content: GraphContent) -> tuple[str, ...]:
    """What a network is tested under where nothing else is asked for: what the graph allows."""
    rewired = () if cannot_be_rewired(content.nodes, content.edges) else ("rewire_edges:0.5",)
    # Where each node has one feature of its own, who loses it can only be guessed.
    dropped = () if content.nodes == content.features == content.values else ("drop_features:0.5",)
    return ("clean", *rewired, *dropped)
