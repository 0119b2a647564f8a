"""`python -m tests.benchmarks`: StructBench and its peers in turns, as a table and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tests.benchmarks.contestants import CONTESTANTS, missing
from tests.benchmarks.contestants.convention import BATCH, PARAMETERS
from tests.benchmarks.machine import machine
from tests.benchmarks.results import Standing, standings
from tests.benchmarks.rounds import Measured, Plan, measure
from tests.benchmarks.show import model_table, wide_console
from tests.benchmarks.spread import Spread

ALL, FEW = 60_000, 500

if TYPE_CHECKING:
    Peer = str
    Model = str
else:
    Peer = StrEnum("Peer", list(CONTESTANTS))
    Model = StrEnum("Model", list(PARAMETERS))
Device = StrEnum("Device", ["cpu", "cuda"])


def main(
    quick: Annotated[
        bool, typer.Option("--quick", help="One round, one epoch, 500 images: does it run?")
    ] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each contestant.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Of each training.")] = 2,
    model: Annotated[list[Model], typer.Option(help="Default: both.")] = [],  # noqa: B006
    peer: Annotated[list[Peer], typer.Option(help="Who takes part. Default: all.")] = [],  # noqa: B006
    device: Annotated[Device, typer.Option(help="Where all train.")] = Device.cpu,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure StructBench and its peers: same network, batch, epochs, optimiser and images."""
    asked = [str(p) for p in peer] or list(CONTESTANTS)
    left_out = {name: reason for name in asked if (reason := missing(name))}
    plan = Plan(
        models=[str(m) for m in model] or list(PARAMETERS),
        contestants=[name for name in asked if name not in left_out],
        rounds=1 if quick else rounds,
        epochs=1 if quick else epochs,
        examples=FEW if quick else ALL,
        products=1 if quick else 20,
        device=str(device),
    )
    before = machine()
    progress = Console(stderr=True, highlight=False)
    measured = measure(plan, progress.print)
    found = standings(plan, measured)
    _show(plan, measured, found, left_out)
    if output:
        content = _json(plan, measured, found, left_out, before)
        output.write_text(json.dumps(content, indent=2) + "\n")
    if measured.failed:
        raise typer.Exit(1)


def _show(
    plan: Plan,
    measured: Measured,
    found: dict[str, dict[str, Standing]],
    left_out: dict[str, str],
) -> None:
    console = wide_console()
    for model, rows in found.items():
        console.print(model_table(model, rows))
    console.print(
        f"median and range; rounds: {plan.rounds}, epochs: {plan.epochs}, images: "
        f"{plan.examples:,}, batch: {BATCH}, device: {plan.device}; images/s, × and share by the "
        "later epochs where there are some; ×: seconds over StructBench's in the same round; "
        f"share: of the float32 matrix product, {Spread.of(measured.gflops).text(',.0f')} GFLOP/s"
    )
    for name, reason in left_out.items():
        console.print(f"left out: {name}: {reason}")
    for (model, name), reason in measured.failed.items():
        console.print(f"failed: {model}, {name}: {reason}", markup=False)


def _json(
    plan: Plan,
    measured: Measured,
    found: dict[str, dict[str, Standing]],
    left_out: dict[str, str],
    before: dict[str, object],
) -> dict[str, object]:
    return {
        "machine": before,
        "plan": asdict(plan),
        "left_out": left_out,
        "failed": {f"{model} {name}": reason for (model, name), reason in measured.failed.items()},
        "matrix_product_gflops": asdict(Spread.of(measured.gflops)),
        "models": {
            model: {name: asdict(standing) for name, standing in rows.items()}
            for model, rows in found.items()
        },
        "turns": [asdict(turn) for turn in measured.turns],
    }


if __name__ == "__main__":
    typer.run(main)
