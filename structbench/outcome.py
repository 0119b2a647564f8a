"""What a run found. Left of here lives torch, right of here only numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from structbench.options import Items, NonNegative, Options, Positive

FORMAT: Literal[3] = 3

Loss = Annotated[float, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
# Of a network: one of 152 layers has ten thousand million multiply-accumulates.
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# An answer that is none: the network gave no numbers. No label is like it.
NO_NUMBER = -1

# It becomes a file name.
TensorName = Annotated[str, Field(max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]


class Epoch(Options):
    """One pass over the training examples."""

    epoch: Positive
    """Counted from 1."""
    train_loss: Loss
    """Mean cross-entropy over the epoch's labels, each as it was learned from."""
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
    """A trial of the machinery on few examples; never a result."""
    parameters: Count
    """Trainable parameters."""
    macs: Count
    """Multiply-accumulates of the forward pass for one example."""
    train_loss: Loss
    """Of the epoch whose weights are kept."""
    misclassification: dict[str, Share]
    """Condition → errors / examples."""
    examples: dict[str, Positive]
    """Condition → test examples."""
    seconds: Seconds
    """Training and evaluation, over all sessions of the run."""
    precision: str
    device: str
    threads: Positive | None = None
    """CPU threads, which decide the last bits of a sum."""
    notices: Annotated[tuple[str, ...], Items] = ()
    """What could not be reproduced, or was not counted."""
    tensors: Annotated[tuple[TensorName, ...], Items] = ()
    """Names of further arrays to show; each is a file."""
    history: Annotated[tuple[Epoch, ...], Items, Field(min_length=1)]
    files: dict[str, str]
    """File of the run folder → its SHA-256."""

    @model_validator(mode="after")
    def _every_condition_has_examples(self) -> Summary:
        if self.examples.keys() != self.misclassification.keys():
            raise ValueError("examples and misclassification are not of the same conditions")
        return self


@dataclass(frozen=True)
class Predictions:
    """A network's answers to the test examples under one condition.

    predicted: int64 [n], or [n, answer_length] padded with -100: each symbol the likeliest;
        NO_NUMBER where the network gave none
    confidence: float32 [n], the probability of the answer
    labels: int64, of the shape of `predicted`
    examples: int64 [n], which ones they are, by their numbers in the data set
    """

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    labels: NDArray[np.int64]
    examples: NDArray[np.int64]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether each answer differs from the label anywhere: bool [n]."""
        differs: NDArray[np.bool_] = self.predicted != self.labels
        wrong: NDArray[np.bool_] = np.any(differs.reshape(len(differs), -1), axis=1)
        return wrong

    @property
    def no_number(self) -> NDArray[np.bool_]:
        """Whether an answer, or a symbol of it, is not a number: bool [n]; it counts as wrong."""
        none: NDArray[np.bool_] = self.predicted == NO_NUMBER
        found: NDArray[np.bool_] = np.any(none.reshape(len(none), -1), axis=1)
        return found


@dataclass(frozen=True)
class Outcome:
    """All that a run found: the summary, and one boolean a condition and example.

    tensors: name → a further array that the kind of data wants to show
    """

    summary: Summary
    predictions: Mapping[str, Predictions]
    tensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def wrong(self, condition: str) -> NDArray[np.bool_]:
        """Whether each test example was misclassified: bool [n]."""
        return self.predictions[condition].wrong

    def with_predictions(
        self, more: Mapping[str, Predictions], seconds: float, notices: Sequence[str] = ()
    ) -> Outcome:
        """This outcome with further conditions, which took `seconds` to evaluate.

        notices: what is to be known of their examples; none stands there twice
        """
        together = {**self.predictions, **more}
        changed = {
            "misclassification": {name: float(p.wrong.mean()) for name, p in together.items()},
            "examples": {name: len(p.labels) for name, p in together.items()},
            "seconds": self.summary.seconds + seconds,
            "notices": tuple(dict.fromkeys((*self.summary.notices, *notices, *_not_numbers(more)))),
        }
        summary = self.summary.model_copy(update=changed)
        return replace(self, summary=summary, predictions=together)


def _not_numbers(predictions: Mapping[str, Predictions]) -> Iterator[str]:
    for condition, found in predictions.items():
        if count := int(found.no_number.sum()):
            yield (
                f"{count:,} of {len(found.labels):,} answers under {condition} are not numbers, "
                "and count as wrong"
            )
