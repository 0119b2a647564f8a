"""Signals of a user's own."""

from dataclasses import dataclass
from typing import ClassVar

from structbench.data.own.grids import OwnGridDataset
from structbench.data.signals.examples import SignalDataset, SignalExamples


@dataclass(frozen=True, kw_only=True)
class OwnSignals(SignalDataset, OwnGridDataset):
    """Signals that were named on the command line."""

    examples: ClassVar = SignalExamples
