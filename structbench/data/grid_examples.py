"""Labelled images and signals: what examples, and data sets of them, have in common as grids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Alteration, Condition
from structbench.data.examples import Dataset
from structbench.data.grids import permute_positions, unit_range
from structbench.problem import Problem
from structbench.streams import stream


@dataclass(frozen=True)
class GridExamples:
    """Labelled grids; see Examples.

    grids: [n, channels, *sides]; bytes, which are float32 in [0, 1] once they are altered, or
        float32 of any range
    labels: int64 [n], each in [0, classes)
    side: of images, to which they are resized on their way into the network; None: they are not
    notices: what is to be known of them
    """

    grids: NDArray[Any]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    side: int | None = None
    notices: tuple[str, ...] = ()

    shared: ClassVar[tuple[NDArray[Any], ...]] = ()
    lengths: ClassVar[None] = None
    conditions: ClassVar[Mapping[str, Alteration]]
    """Those of the kind."""

    @classmethod
    def numbered(cls, grids: NDArray[Any], labels: NDArray[np.int64]) -> Self:
        """The examples of a file, in its order."""
        return cls(grids, labels, np.arange(len(labels)))

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the network takes."""
        return (self.grids,)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: NDArray[np.int64]) -> Self:
        """The examples at these places."""
        grids, labels, rows = (array[places] for array in (self.grids, self.labels, self.rows))
        return replace(self, grids=grids, labels=labels, rows=rows)

    def altered(self, condition: Condition, seed: int) -> Self:
        """As float32; the same for the same seed, whatever the model."""
        rng = stream(seed, "corruption", str(condition))
        alter = self.conditions[condition.name].alter
        return replace(self, grids=alter(unit_range(self.grids), rng, *condition.values))

    def without_structure(self, share: float) -> Self:
        """A share of the positions permuted among themselves."""
        return replace(self, grids=permute_positions(self.grids, share)) if share else self


@dataclass(frozen=True, kw_only=True)
class GridDataset(Dataset):
    """A data set of grids, all of one shape: (channels, *sides)."""

    input_shape: tuple[int, ...]
    classes: int

    def problem(self, folder: Path) -> Problem:
        """Known without a look at the files."""
        return Problem(self.kind, self.input_shape, self.classes)
