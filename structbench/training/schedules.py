"""Learning-rate schedules: pure functions of the step, so that nothing needs saving."""

import math
from abc import abstractmethod
from typing import Annotated, Any, Literal

from pydantic import Field

from structbench.options import Options, Positive


class ScheduleSpec(Options):
    """A row of SCHEDULES."""

    name: Any = None

    @abstractmethod
    def factor(self, step: int, steps: int, epoch_steps: int) -> float:
        """The learning rate of a step as a multiple of the optimiser's.

        step: 0 … steps − 1, counted over the whole training; epoch_steps: steps of a whole epoch
        """


class Constant(ScheduleSpec):
    """The same learning rate throughout."""

    name: Literal["constant"] = "constant"

    def factor(self, step: int, steps: int, epoch_steps: int) -> float:
        return 1.0


class Cosine(ScheduleSpec):
    """Half a cosine from the learning rate down to 0 (Loshchilov and Hutter, 2017)."""

    name: Literal["cosine"] = "cosine"

    def factor(self, step: int, steps: int, epoch_steps: int) -> float:
        return _cosine(1.0, 0.0, step / steps)


class OneCycle(ScheduleSpec):
    """Up to the learning rate, then down to almost nothing (Smith and Topin, 2018)."""

    name: Literal["one_cycle"] = "one_cycle"
    warm_up: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the steps on the way up."""
    start_divisor: Annotated[float, Field(ge=1)] = 25.0
    """The learning rate starts at this fraction of its peak."""
    end_divisor: Annotated[float, Field(ge=1)] = 1e4
    """It ends at this fraction of where it started."""

    def factor(self, step: int, steps: int, epoch_steps: int) -> float:
        start = 1 / self.start_divisor
        peak = self.warm_up * steps - 1
        if step <= peak:
            return _cosine(start, 1.0, step / peak if peak > 0 else 1.0)
        return _cosine(1.0, start / self.end_divisor, (step - peak) / max(steps - 1 - peak, 1))


class Step(ScheduleSpec):
    """Times `gamma` after every `every` epochs."""

    name: Literal["step"] = "step"
    every: Positive = 1
    """Epochs between two reductions."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """What the learning rate is multiplied by."""

    def factor(self, step: int, steps: int, epoch_steps: int) -> float:
        return float(self.gamma ** (step // epoch_steps // self.every))


def _cosine(start: float, end: float, way: float) -> float:
    """From start (way 0) to end (way 1) along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * way)) / 2


SCHEDULES: dict[str, type[ScheduleSpec]] = {
    "constant": Constant,
    "cosine": Cosine,
    "one_cycle": OneCycle,
    "step": Step,
}
