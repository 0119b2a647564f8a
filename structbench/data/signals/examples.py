"""Labelled signals, and what all data sets of signals have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import Condition
from structbench.data.examples import Dataset
from structbench.data.grids import permute_positions
from structbench.data.signals.conditions import SIGNAL_CONDITIONS
from structbench.data.signals.corruptions import Signals
from structbench.problem import Kind, Problem
from structbench.streams import stream


@dataclass(frozen=True)
class SignalExamples:
    """Labelled signals; see Examples.

    signals: float32 [n, channels, length], of any range
    labels: int64 [n], each in [0, classes)
    """

    signals: Signals
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]

    shared: ClassVar[tuple[NDArray[Any], ...]] = ()

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What the network takes."""
        return (self.signals,)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: NDArray[np.int64]) -> SignalExamples:
        """The examples at these places."""
        return SignalExamples(self.signals[places], self.labels[places], self.rows[places])

    def altered(self, condition: Condition, seed: int) -> SignalExamples:
        """Neither clipped nor scaled; the same for the same seed, whatever the model."""
        rng = stream(seed, "corruption", str(condition))
        alter = SIGNAL_CONDITIONS[condition.name].alter
        return replace(self, signals=alter(self.signals, rng, *condition.values))

    def without_structure(self, share: float) -> SignalExamples:
        """A share of the places permuted among themselves."""
        return replace(self, signals=permute_positions(self.signals, share)) if share else self


def numbered(signals: Signals, labels: NDArray[np.int64]) -> SignalExamples:
    """The examples of a file, in its order."""
    return SignalExamples(signals, labels, np.arange(len(labels)))


@dataclass(frozen=True, kw_only=True)
class SignalDataset(Dataset):
    """A data set of signals, all of one length: (channels, length)."""

    kind: ClassVar[Kind] = "signal"
    conditions: tuple[str, ...] = ("clean", "translate:2")
    smoke_sizes: tuple[int, int] = (1000, 500)

    input_shape: tuple[int, int]
    classes: int

    def problem(self, folder: Path) -> Problem:
        """Known without a look at the files."""
        return Problem(self.kind, self.input_shape, self.classes)
