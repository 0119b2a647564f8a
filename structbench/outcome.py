"""What a run found. Left of here lives torch, right of here only numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from structbench.options import Items, NonNegative, Options, Positive

FORMAT: Literal[3] = 3

Loss = Annotated[float, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Epoch(Options):
    """One pass over the training examples."""

    epoch: Positive
    """Counted from 1."""
    train_loss: Loss
    """Mean cross-entropy over the epoch's examples, each as it was learned from."""
    seconds: Seconds
    """Training alone: without validation, evaluation and writing."""
    validation_loss: Loss | None = None
    validation_misclassification: Share | None = None


class Summary(Options):
    """The content of outcome.json."""

    format: Literal[3] = FORMAT
    run: str
    """Name of the run folder."""
    model: str
    seed: NonNegative
    smoke: bool
    """A trial of the machinery on few images; never a result."""
    parameters: NonNegative
    """Trainable parameters."""
    macs: NonNegative
    """Multiply-accumulates of the forward pass for one example."""
    train_loss: Loss
    """Of the epoch whose weights are kept."""
    misclassification: dict[str, Share]
    """Condition → errors / examples."""
    examples: Positive
    """Test examples."""
    seconds: Seconds
    """Training and evaluation, over all sessions of the run."""
    precision: str
    device: str
    history: Annotated[tuple[Epoch, ...], Items, Field(min_length=1)]
    files: dict[str, str]
    """File of the run folder → its SHA-256."""


@dataclass(frozen=True)
class Predictions:
    """A network's answers to the test images under one condition.

    predicted: int64 [examples], the class with the largest probability
    confidence: float32 [examples], that probability
    """

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]


@dataclass(frozen=True)
class Outcome:
    """All that a run found: the summary, and one boolean a condition and example.

    labels: int64 [examples]
    """

    summary: Summary
    labels: NDArray[np.int64]
    predictions: Mapping[str, Predictions]

    def wrong(self, condition: str) -> NDArray[np.bool_]:
        """Whether each test example was misclassified: bool [examples]."""
        misclassified: NDArray[np.bool_] = self.predictions[condition].predicted != self.labels
        return misclassified

    def with_predictions(self, more: Mapping[str, Predictions], seconds: float) -> Outcome:
        """This outcome with further conditions, which took `seconds` to evaluate."""
        together = replace(self, predictions={**self.predictions, **more})
        shares = {name: float(together.wrong(name).mean()) for name in together.predictions}
        changed = {"misclassification": shares, "seconds": self.summary.seconds + seconds}
        return replace(together, summary=self.summary.model_copy(update=changed))
