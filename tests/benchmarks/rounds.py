"""The measurement: all contestants in turns, round after round, each in a fresh process."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.process import CommandFailed, finish


@dataclass(frozen=True)
class Plan:
    """What is measured; device: cpu or cuda."""

    models: Sequence[str]
    contestants: Sequence[str]
    rounds: int
    epochs: int
    examples: int
    device: str


@dataclass(frozen=True)
class Turn:
    """One contestant's training in one round.

    seconds: one number an epoch; command_seconds: from the start of the process to its end
    """

    round: int
    model: str
    contestant: str
    seconds: tuple[float, ...]
    command_seconds: float
    peak_mb: float
    misclassification: float
    parameters: int

    @property
    def epoch_seconds(self) -> float:
        """The median of the epochs after the first; the first where it is the only one.

        The first has what happens once: compiling, importing, touching memory.
        """
        return median(self.seconds[1:] or self.seconds)


@dataclass
class Measured:
    """All turns, and what else was found.

    gflops: float32 matrix product, one number a round; failed: (model, contestant) → reason
    """

    turns: list[Turn] = field(default_factory=list)
    gflops: list[float] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)


def measure(plan: Plan, tell: Callable[[str], None]) -> Measured:
    """A B C A B C …: what else the machine does then hits all alike.

    Who fails is told and not asked again.
    """
    measured = Measured()
    for index in range(plan.rounds):
        product = finish("-m", "tests.benchmarks.matrix_product", plan.device)
        measured.gflops.append(float(json.loads(product.stdout)["gflops"]))
        tell(f"round {index + 1}: {measured.gflops[-1]:,.0f} GFLOP/s")
        for model in plan.models:
            for contestant in plan.contestants:
                if (model, contestant) in measured.failed:
                    continue
                try:
                    turn = _turn(plan, index, model, contestant)
                except CommandFailed as error:
                    measured.failed[model, contestant] = str(error)
                    tell(f"round {index + 1}: {model}, {contestant}: failed, {error}")
                    continue
                measured.turns.append(turn)
                tell(f"round {index + 1}: {model}, {contestant}: {turn.epoch_seconds:.2f} s")
    return measured


def _turn(plan: Plan, index: int, model: str, contestant: str) -> Turn:
    module = f"tests.benchmarks.contestants.{contestant}"
    task = (model, str(plan.epochs), str(plan.examples), plan.device)
    ended = finish("-m", module, *task)
    found = json.loads(ended.stdout.splitlines()[-1])
    return Turn(
        index,
        model,
        contestant,
        tuple(found["seconds"]),
        ended.seconds,
        ended.peak_mb,
        found["misclassification"],
        found["parameters"],
    )
