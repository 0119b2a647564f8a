"""The `data:` section of a config, of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from structbench.data import DATASETS
from structbench.data.images.examples import ImageDataset
from structbench.data.images.own import OwnImages
from structbench.data.own.content import GridContent
from structbench.data.own.grids import grid_content
from structbench.data.own.reading import Reading
from structbench.data.own.spec import OwnSpec
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


class OwnImageSpec(OwnSpec, ImageSpec):
    """Which of one's own images are learned from and tested on, and how large."""

    name: Literal["own"]
    """Data that the command line names: --data PATH."""
    side: Side | None = None
    """Height and width that images are resized to: files of several sizes, or of more than 1 GB
    unpacked, when they are read, others on their way into the network, after conditions. null:
    their own."""
    content: GridContent = Field(default=None, validate_default=True)
    """What was found in the files; StructBench writes it."""

    decides: ClassVar[tuple[str, ...]] = ("test_share", "side")

    @classmethod
    def found(cls, sha256: str, options: Mapping[str, Any]) -> GridContent:
        return grid_content(sha256, "image", _reading(options["side"]), options["test_share"])

    @property
    def dataset(self) -> OwnImages:
        """The images, as they were found."""
        content = self.content
        channels, height, width = content.shape
        return OwnImages(
            name=self.name, licence="", source="data of your own",
            train_examples=content.train_examples, test_examples=content.test_examples,
            input_shape=(channels, height, width), classes=len(content.classes),
            class_names=content.classes, content=content, test_share=self.test_share,
            reading=_reading(self.side),
        )  # fmt: skip

    def _meaningless(self) -> Iterator[str]:
        yield from super()._meaningless()
        if not self.content.resized and self.content.shape[1:] == (self.side, self.side):
            yield "side"


def _reading(side: int | None) -> Reading:
    return (("side", side),) if side else ()
