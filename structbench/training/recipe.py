"""The `training:` section of a config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from structbench.data.conditions import ConditionText
from structbench.options import Items, Options, Positive, one_of
from structbench.training.optimizers import OPTIMIZERS, Adam, OptimizerSpec
from structbench.training.schedules import SCHEDULES, Constant, ScheduleSpec

if TYPE_CHECKING:
    AnyOptimizer = OptimizerSpec
    AnySchedule = ScheduleSpec
else:
    AnyOptimizer = one_of(OPTIMIZERS, "name")
    AnySchedule = one_of(SCHEDULES, "name")

Precision = Literal["fp32", "bf16"]


class EarlyStopping(Options):
    """Stop when the validation loss no longer falls; keep the best epoch's weights."""

    patience: Positive = 3
    """Epochs without a new lowest validation loss before training stops."""


class Recipe(Options):
    """How a network is trained. The defaults are the lecture's."""

    epochs: Annotated[Positive, Field(le=100_000)] = 3
    """Passes over the training examples."""
    batch_size: Positive = 64
    """Examples a step; the last step of an epoch takes what is left."""
    optimizer: AnyOptimizer = Adam()
    """What turns gradients into steps."""
    schedule: AnySchedule = Constant()
    """How the learning rate changes over the steps."""
    early_stopping: EarlyStopping | None = None
    """Needs data.validation_size; the test set is for testing."""
    augment: Annotated[tuple[ConditionText, ...], Items, Field(max_length=100)] = ()
    """In each epoch each image is altered by one of these conditions, drawn evenly."""
    precision: Precision = "fp32"
    """fp32, or bf16: matrix products and convolutions in bfloat16 (autocast)."""

    def steps_per_epoch(self, examples: int) -> int:
        """Steps in an epoch of this many training examples."""
        return -(-examples // self.batch_size)

    def learning_rate(self, step: int, examples: int) -> float:
        """Of a step counted over the whole training, for this many training examples."""
        steps = self.epochs * self.steps_per_epoch(examples)
        return self.optimizer.learning_rate * self.schedule.factor(step, steps, self.epochs)
