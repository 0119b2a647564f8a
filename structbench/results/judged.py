"""What comparing needs of an outcome, small enough to be kept for every run of a large sweep."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from structbench.outcome import Outcome, Summary


@dataclass(frozen=True)
class Answers:
    """What was answered wrongly under one condition: for 10,000 examples 1.25 kB.

    bits: uint8, an example a bit; tested_on: digest of the examples and their labels
    """

    bits: NDArray[np.uint8]
    count: int
    tested_on: str


@dataclass(frozen=True)
class Judged:
    """A run's summary, without its history and files, and its answers by condition."""

    summary: Summary
    answers: Mapping[str, Answers]

    def wrong(self, condition: str) -> NDArray[np.bool_]:
        """Whether each test example was misclassified: bool [examples]."""
        found = self.answers[condition]
        return np.unpackbits(found.bits, count=found.count).astype(np.bool_)


def judged(outcome: Outcome) -> Judged:
    """Keep of an outcome what comparing needs."""
    answers = {condition: _answers(outcome, condition) for condition in outcome.predictions}
    return Judged(outcome.summary.model_copy(update={"history": (), "files": {}}), answers)


def _answers(outcome: Outcome, condition: str) -> Answers:
    found = outcome.predictions[condition]
    tested_on = hashlib.sha256(found.examples.tobytes() + found.labels.tobytes())
    return Answers(np.packbits(found.wrong), len(found.wrong), tested_on.hexdigest()[:16])
