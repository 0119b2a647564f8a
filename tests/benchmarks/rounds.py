"""The measurement: all contestants in turns, round after round, each in a fresh process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import TypeVar

from tests.benchmarks.contestants.convention import CLEAN
from tests.benchmarks.process import CommandFailed, finish

Entry = TypeVar("Entry", bound=tuple[str, ...])
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Plan:
    """What is measured; device: cpu or cuda; products: of matrices, of which the best counts."""

    models: Sequence[str]
    contestants: Sequence[str]
    rounds: int
    epochs: int
    examples: int
    products: int
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

    def __str__(self) -> str:
        return f"{self.epoch_seconds:.2f} s"


@dataclass
class Measured:
    """All turns, and what else was found.

    gflops: float32 matrix product, one number a round; failed: (model, contestant) → reason
    """

    turns: list[Turn] = field(default_factory=list)
    gflops: list[float] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)


def measure(plan: Plan, tell: Callable[[str], None]) -> Measured:
    """Round after round, each with a matrix product before it."""
    measured = Measured()
    entries = [(model, name) for model in plan.models for name in plan.contestants]
    for index in range(plan.rounds):
        product = finish("-m", "tests.benchmarks.matrix_product", plan.device, str(plan.products))
        measured.gflops.append(float(json.loads(product.stdout)["gflops"]))
        tell(f"round {index + 1}: {measured.gflops[-1]:,.0f} GFLOP/s")
        turn = partial(_turn, plan, index)
        measured.turns += one_round(index, entries, turn, measured.failed, tell)
    return measured


def one_round(
    index: int,
    entries: Iterable[Entry],
    turn: Callable[..., Taken],
    failed: dict[Entry, str],
    tell: Callable[[str], None],
) -> Iterator[Taken]:
    """A B C …, round after round: what else the machine does then hits all alike.

    turn: called with the parts of an entry
    failed: entry → reason; who fails is told and not asked again
    """
    for entry in entries:
        if entry in failed:
            continue
        what = f"round {index + 1}: {', '.join(entry)}"
        try:
            taken = turn(*entry)
        except CommandFailed as error:
            failed[entry] = str(error)
            tell(f"{what}: failed, {error}")
            continue
        tell(f"{what}: {taken}")
        yield taken


def _turn(plan: Plan, index: int, model: str, contestant: str) -> Turn:
    module = f"tests.benchmarks.contestants.{contestant}"
    task = (model, str(plan.epochs), str(plan.examples), plan.device, "1")
    ended = finish("-m", module, *task)
    [found] = json.loads(ended.stdout.splitlines()[-1])[model]
    return Turn(
        index,
        model,
        contestant,
        tuple(found["seconds"]),
        ended.seconds,
        ended.peak_mb,
        found["misclassification"][CLEAN],
        found["parameters"],
    )
