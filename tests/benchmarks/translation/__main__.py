"""`python -m tests.benchmarks.translation`: a step, its memory, and decoding, in turns.

Everything is measured with one thread, each turn in a process of its own; ratios are of the same
round. Nothing here imports torch, which would be counted as memory of the turns (`finish`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.machine import machine
from tests.benchmarks.process import finish
from tests.benchmarks.rounds import one_round
from tests.benchmarks.show import wide_console
from tests.benchmarks.spread import Spread
from tests.benchmarks.translation.asked import NETWORKS, PARAMETERS

OURS, PLAIN, DECODING = "structbench", "plain", "decoding"
DECODED = "transformer"

if TYPE_CHECKING:
    Network = str
else:
    Network = StrEnum("Network", list(NETWORKS))


@dataclass(frozen=True)
class Plan:
    """epochs: of 1,000 pairs, after a first that is not counted; sentences: that are decoded"""

    networks: Sequence[str]
    rounds: int
    epochs: int
    sentences: int


@dataclass(frozen=True)
class Turn:
    """What a process found in one round.

    who: OURS or PLAIN, or DECODING for what both do in one process
    found: the line that it printed; peak_mb: 10⁶ bytes
    """

    round: int
    network: str
    who: str
    found: dict[str, float]
    peak_mb: float

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:,.3g}" for name, value in self.found.items())


@dataclass
class Measured:
    """failed: (network, who) → reason"""

    turns: list[Turn] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)

    def spread(self, value: Callable[[Turn], float], network: str, who: str) -> Spread | None:
        """Of a value in all rounds."""
        found = self._rounds(value, network, who)
        return Spread.of([*found.values()]) if found else None

    def ratio(self, value: Callable[[Turn], float], network: str) -> Spread | None:
        """The plain loop's over StructBench's in the same round."""
        return Spread.of_ratios(*(self._rounds(value, network, who) for who in (PLAIN, OURS)))

    def _rounds(self, value: Callable[[Turn], float], network: str, who: str) -> dict[int, float]:
        return {t.round: value(t) for t in self.turns if (t.network, t.who) == (network, who)}


def measure(plan: Plan, tell: Callable[[str], None]) -> Measured:
    """In each round every network by StructBench and by the plain loop; then decoding by both."""
    measured = Measured()
    entries = [(network, who) for network in plan.networks for who in (OURS, PLAIN)]
    entries += [(DECODED, DECODING)] * (DECODED in plan.networks)
    for index in range(plan.rounds):
        turn = partial(_turn, plan, index)
        measured.turns += one_round(index, entries, turn, measured.failed, tell)
    return measured


def _turn(plan: Plan, index: int, network: str, who: str) -> Turn:
    sizes = (str(plan.epochs), str(plan.sentences))
    module, *asked = ["decoding", network] if who == DECODING else ["training", network, who]
    ended = finish("-m", f"tests.benchmarks.translation.{module}", *asked, *sizes)
    return Turn(index, network, who, json.loads(ended.stdout.splitlines()[-1]), ended.peak_mb)


WRONG = "wrong, %"
VALUES: dict[str, Callable[[Turn], float]] = {
    "ms a step": lambda turn: turn.found["milliseconds"],
    "peak, MB": lambda turn: turn.peak_mb,
    WRONG: lambda turn: 100 * turn.found["wrong"],
}


def rows(plan: Plan, measured: Measured) -> dict[str, dict[str, Spread | None]]:
    """What → whose → measurements, with the ratio of both."""
    found = {
        f"{network}, {what}": {
            OURS: measured.spread(value, network, OURS),
            PLAIN: measured.spread(value, network, PLAIN),
            "ratio": None if what == WRONG else measured.ratio(value, network),
        }
        for network in plan.networks
        for what, value in VALUES.items()
    }
    return found | _decoding(plan, measured)


def _decoding(plan: Plan, measured: Measured) -> dict[str, dict[str, Spread | None]]:
    def spread(value: Callable[[dict[str, float]], float]) -> Spread | None:
        return measured.spread(lambda turn: value(turn.found), DECODED, DECODING)

    if not (same := spread(lambda found: 100 * found["same"])):
        return {}
    seconds = {
        OURS: spread(lambda found: found[OURS]),
        PLAIN: spread(lambda found: found[PLAIN]),
        "ratio": spread(lambda found: found[PLAIN] / found[OURS]),
    }
    return {
        f"{DECODED}, decoding {plan.sentences:,} sentences, s": seconds,
        f"{DECODED}, the same answer, %": {OURS: same, PLAIN: same, "ratio": None},
    }


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One short round: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each loop.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Of each training: 16 steps each.")] = 20,
    network: Annotated[list[Network], typer.Option(help="Default: all.")] = [],  # noqa: B006
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure training and decoding of translations beside plain loops of the same mathematics."""
    names = [str(n) for n in network] or list(NETWORKS)
    plan = Plan(names, 1, 1, 100) if quick else Plan(names, rounds, epochs, 2000)
    before = machine()
    measured = measure(plan, Console(stderr=True, highlight=False).print)
    found = rows(plan, measured)
    _show(found)
    if output:
        content = {"machine": before, "plan": asdict(plan), "rows": _json(found)}
        failed = {", ".join(entry): reason for entry, reason in measured.failed.items()}
        turns = [asdict(turn) for turn in measured.turns]
        output.write_text(json.dumps(content | {"failed": failed, "turns": turns}, indent=2) + "\n")
    if measured.failed:
        raise typer.Exit(1)


def _show(found: dict[str, dict[str, Spread | None]]) -> None:
    title = f"translation: about {PARAMETERS:,} parameters, batches of 64, one thread"
    table = Table("what", title=title, title_justify="left")
    for column in ("structbench", "plain loop", "plain / structbench"):
        table.add_column(column, justify="right")
    for what, row in found.items():
        table.add_row(what, *(spread.text() if spread else "" for spread in row.values()))
    wide_console().print(table)


def _json(found: dict[str, dict[str, Spread | None]]) -> dict[str, Any]:
    return {
        what: {name: asdict(spread) for name, spread in row.items() if spread}
        for what, row in found.items()
    }


if __name__ == "__main__":
    typer.run(main)
