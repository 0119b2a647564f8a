"""The `training:` section of a config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from structbench.options import Fraction, Items, NonNegative, Options, Positive, one_of
from structbench.training.optimizers import OPTIMIZERS, Adam, OptimizerSpec
from structbench.training.schedules import SCHEDULES, Constant, ScheduleSpec

if TYPE_CHECKING:
    AnyOptimizer = OptimizerSpec
    AnySchedule = ScheduleSpec
else:
    AnyOptimizer = one_of(OPTIMIZERS, "name", default="adam")
    AnySchedule = one_of(SCHEDULES, "name", default="constant")

Precision = Literal["fp32", "bf16"]
# Which conditions there are depends on the kind of data: an Experiment looks them up.
ConditionTexts = Annotated[
    tuple[Annotated[str, Field(max_length=100)], ...],
    Items,
    Field(max_length=1000, json_schema_extra={"uniqueItems": True}),
]

# What `epochs` is where nobody says so; beside `steps` it must be left at that.
EPOCHS = 3

# What is taken of a graph where nobody says so: an epoch is one step there, and three of those
# teach nothing. The recipe of the first graph convolutional networks (Kipf & Welling, 2017).
GRAPH_STEPS = 200
GRAPH_OPTIMIZER = Adam(learning_rate=0.01, weight_decay=5e-4)

# Writing a checkpoint takes 17 ms for the lecture's CNN, as long as a step or two, and where a run
# is told its steps, or an epoch is one step, an epoch may be no longer than that. So there are at
# least this many between.
CHECKPOINT_STEPS = 200


class EarlyStopping(Options):
    """Stop when the validation loss no longer falls; keep the best epoch's weights."""

    patience: Positive = 3
    """Epochs without a new lowest validation loss before training stops."""


class Recipe(Options):
    """How a network is trained. The defaults are the lecture's; on a graph, where neither steps nor
    epochs are said, 200 steps, and where no optimizer is, adam with a learning rate of 0.01 and a
    weight decay of 5e-4."""

    epochs: Annotated[Positive, Field(le=100_000)] = EPOCHS
    """Passes over the training examples."""
    steps: Positive | None = None
    """Train for exactly this many steps instead, however many examples there are; the last epoch
    may then be a part of one. null: epochs count."""
    batch_size: Positive | None = 64
    """Examples a step; the last step of an epoch takes what is left. null: all, so that an epoch is
    one step; on a graph it is always so."""
    optimizer: AnyOptimizer = Adam()
    """What turns gradients into steps."""
    schedule: AnySchedule = Constant()
    """How the learning rate changes over the steps."""
    warm_up: NonNegative = 0
    """Steps in which the learning rate rises evenly to what the schedule says (Goyal et al.,
    2017)."""
    clip_gradient: Annotated[float, Field(gt=0)] | None = None
    """The largest norm of all gradients together; longer ones are shortened to it (Pascanu et al.,
    2013). null: they are left as they are."""
    label_smoothing: Fraction = 0.0
    """Share of each label that is spread evenly over all classes, while learning (Szegedy et al.,
    2016)."""
    early_stopping: EarlyStopping | None = None
    """Needs data.validation_size; the test set is for testing."""
    augment: ConditionTexts = ()
    """In each epoch each example is altered by one of these conditions, drawn evenly."""
    precision: Precision = "fp32"
    """fp32, or bf16: matrix products and convolutions in bfloat16 (autocast)."""

    @model_validator(mode="after")
    def _one_length(self) -> Recipe:
        if self.steps and self.epochs != EPOCHS:
            raise ValueError("training.steps counts steps: leave training.epochs out beside it")
        return self

    def of_a_graph(self) -> Self:
        """In passes over all of it, and with a graph's defaults for what was not said."""
        said = self.model_fields_set
        found = self.model_copy(
            update={
                "batch_size": None,
                **({"steps": GRAPH_STEPS} if said.isdisjoint({"epochs", "steps"}) else {}),
                **({"optimizer": GRAPH_OPTIMIZER} if "optimizer" not in said else {}),
            }
        )
        # They stay what nobody said: an axis of a sweep may say otherwise.
        object.__setattr__(found, "__pydantic_fields_set__", set(said))
        return found

    def batch(self, examples: int) -> int:
        """Examples of a whole step, of this many training examples."""
        return min(self.batch_size or examples, examples)

    def steps_per_epoch(self, examples: int) -> int:
        """Steps in a whole epoch of this many training examples."""
        return -(-examples // self.batch(examples))

    def all_steps(self, examples: int) -> int:
        """Steps of the whole training."""
        return self.steps or self.epochs * self.steps_per_epoch(examples)

    def all_epochs(self, examples: int) -> int:
        """Passes over the examples that are begun; the last may be a part of one."""
        return -(-self.all_steps(examples) // self.steps_per_epoch(examples))

    def steps_in_epoch(self, index: int, examples: int) -> int:
        """Steps in the epoch of this index, counted from 0: all but in the last all of them."""
        whole = self.steps_per_epoch(examples)
        return min(whole, self.all_steps(examples) - index * whole)

    def keeps(self, epoch: int, examples: int) -> bool:
        """Whether a checkpoint follows this epoch, counted from 1."""
        if self.steps is None and self.batch_size is not None:
            return True
        return epoch % -(-CHECKPOINT_STEPS // self.steps_per_epoch(examples)) == 0

    def learning_rate(self, step: int, examples: int) -> float:
        """Of a step counted over the whole training, for this many training examples."""
        factor = self.schedule.factor(
            step, self.all_steps(examples), self.steps_per_epoch(examples)
        )
        if step < self.warm_up:
            factor *= (step + 1) / self.warm_up
        return self.optimizer.learning_rate * factor
