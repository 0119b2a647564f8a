"""Labelled signals, and what all data sets of signals have in common."""

from dataclasses import dataclass
from typing import ClassVar

from structbench.data.grid_examples import GridDataset, GridExamples
from structbench.data.signals.conditions import SIGNAL_CONDITIONS
from structbench.problem import Kind


class SignalExamples(GridExamples):
    """Signals: float32 [n, channels, length], of any range, neither clipped nor scaled."""

    conditions: ClassVar = SIGNAL_CONDITIONS


@dataclass(frozen=True, kw_only=True)
class SignalDataset(GridDataset):
    """A data set of signals, all of one length: (channels, length)."""

    kind: ClassVar[Kind] = "signal"
    conditions: tuple[str, ...] = ("clean", "translate:2")
    smoke_sizes: tuple[int, int] = (1000, 500)

    input_shape: tuple[int, int]
