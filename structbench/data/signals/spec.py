"""The `data:` section of a config, of signals of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from structbench.data.own.content import GridContent
from structbench.data.own.grids import grid_content
from structbench.data.own.reading import Reading
from structbench.data.own.spec import OwnSpec
from structbench.data.signals.own import OwnSignals

# 22 seconds of 48,000 samples.
Length = Annotated[int, Field(ge=1, le=2**20)]
# By so much of their length signals are moved where nothing else is asked for, as those of MNIST-1D
# are, 2 of 40; the condition goes to 1,000.
MOVED, FARTHEST = 0.05, 1000


class OwnSignalSpec(OwnSpec):
    """Which of one's own signals are learned from and tested on, and how long they are."""

    length: Length | None = None
    """Values of a signal: what is longer is cut behind, and zeros follow what is shorter. null:
    their own, which has to be one."""
    content: GridContent = Field(default=None, validate_default=True)
    """What was found in the files; StructBench writes it."""

    decides: ClassVar[tuple[str, ...]] = ("test_share", "length")

    @classmethod
    def found(cls, sha256: str, options: Mapping[str, Any]) -> GridContent:
        return grid_content(sha256, "signal", _reading(options["length"]), options["test_share"])

    @property
    def dataset(self) -> OwnSignals:
        """The signals, as they were found."""
        content = self.content
        channels, length = content.shape
        moved = min(max(1, round(MOVED * length)), FARTHEST)
        return OwnSignals(
            name=self.name, licence="", source="data of your own",
            train_examples=content.train_examples, test_examples=content.test_examples,
            input_shape=(channels, length), classes=len(content.classes),
            class_names=content.classes, conditions=("clean", f"translate:{moved}"),
            content=content, test_share=self.test_share, reading=_reading(self.length),
        )  # fmt: skip

    def _meaningless(self) -> Iterator[str]:
        yield from super()._meaningless()
        if not self.content.resized:
            yield "length"


def _reading(length: int | None) -> Reading:
    return (("length", length),) if length else ()
