"""Whole jobs, start-up and report included: `python -m tests.benchmarks.job`.

StructBench's command and its peers' scripts in turns, each in a fresh process on the CPU: first
with the machine to itself, then beside one busy process.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.contestants import missing
from tests.benchmarks.job_rounds import BUSY, QUIET, JobStanding, job_standings, measure_jobs
from tests.benchmarks.jobs import JOBS, PEERS, REFERENCE, Contestant, Job, Peer, StructBench
from tests.benchmarks.machine import machine
from tests.benchmarks.show import text, wide_console

FEW = 500

if TYPE_CHECKING:
    Name = str
    Who = str
else:
    Name = StrEnum("Name", list(JOBS))
    Who = StrEnum("Who", [REFERENCE, *PEERS])


def main(
    job: Annotated[list[Name], typer.Option(help="Which.")] = ["compare-lecture"],  # noqa: B006
    peer: Annotated[list[Who], typer.Option(help="Who takes part. Default: all.")] = [],  # noqa: B006
    options: Annotated[
        list[str], typer.Option(help="StructBench once more, with these: '--jobs 1 --threads 2'.")
    ] = [],  # noqa: B006
    baseline: Annotated[
        Path | None, typer.Option(help="Another checkout of StructBench that takes part.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each contestant.")] = 3,
    seeds: Annotated[int | None, typer.Option(min=1, help="Default: the job's own.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: the job's own, 3.")] = None,
    busy: Annotated[
        bool | None, typer.Option("--busy/--quiet", help="Beside what. Default: both.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One round, seed and epoch, 500 images.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure whole jobs of StructBench and its peers."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the peers are told to use the CPU
    asked = [str(p) for p in peer] or [REFERENCE, *PEERS]
    left_out = {name: reason for name in asked if (reason := missing(name))}
    contestants = _contestants([n for n in asked if n not in left_out], options, baseline)
    jobs = {str(name): _asked(JOBS[name], seeds, epochs, quick) for name in job}
    conditions = [QUIET, BUSY] if busy is None else [BUSY if busy else QUIET]
    before, tell = machine(), Console(stderr=True, highlight=False).print
    measured = measure_jobs(1 if quick else rounds, jobs, conditions, contestants, tell)
    found = {name: job_standings([t for t in measured.turns if t.job == name]) for name in jobs}
    failed = {", ".join(entry): reason for entry, reason in measured.failed.items()}
    _show(jobs, found, left_out, failed)
    if output:
        content = {
            "machine": before,
            "jobs": {name: asdict(each) for name, each in jobs.items()},
            "left_out": left_out,
            "failed": failed,
            "standings": {
                name: {who: asdict(standing) for who, standing in rows.items()}
                for name, rows in found.items()
            },
            "turns": [asdict(turn) for turn in measured.turns],
        }
        output.write_text(json.dumps(content, indent=2) + "\n")
    if failed:
        raise typer.Exit(1)


def _asked(job: Job, seeds: int | None, epochs: int | None, quick: bool) -> Job:
    if epochs:
        job = job.trained(epochs)
    if quick:
        job, seeds = job.quick(FEW), seeds or 1
    return job.of(seeds) if seeds else job


def _contestants(
    names: Sequence[str], options: Sequence[str], baseline: Path | None
) -> dict[str, Contestant]:
    """By their names in the table."""
    found: dict[str, Contestant] = {
        name: StructBench() if name == REFERENCE else Peer(name) for name in names
    }
    found |= {f"{REFERENCE} {given}": StructBench(shlex.split(given)) for given in options}
    if baseline:
        if not (baseline / "structbench").is_dir():
            raise typer.BadParameter(f"{baseline} is no checkout of StructBench")
        found["baseline"] = StructBench(root=baseline.resolve())
    return found


def _show(
    jobs: Mapping[str, Job],
    found: Mapping[str, Mapping[str, JobStanding]],
    left_out: Mapping[str, str],
    failed: Mapping[str, str],
) -> None:
    console = wide_console()
    for name, rows in found.items():
        console.print(_table(" ".join(jobs[name].command), rows))
    console.print(
        "median and range, of whole commands; ×: seconds over StructBench's in the same round; "
        "peak: of all processes together, pages that they share counted once (PSS)"
    )
    for reasons, what in ((left_out, "left out"), (failed, "failed")):
        for who, reason in reasons.items():
            console.print(f"{what}: {who}: {reason}", markup=False)


def _table(command: str, rows: Mapping[str, JobStanding]) -> Table:
    table = Table(title=f"structbench {command}", title_justify="left")
    table.add_column("contestant", no_wrap=True)
    for column in (
        *(f"{beside}, {unit}" for beside in (QUIET, BUSY) for unit in ("s", "×")),
        *("busy/quiet", "peak, MB", "errs, %"),
    ):
        table.add_column(column, justify="right")
    for who, standing in rows.items():
        table.add_row(who, *_cells(standing))
    return table


def _cells(standing: JobStanding) -> tuple[str, ...]:
    seconds, ratio = standing.seconds, standing.ratio
    return (
        *(t for b in (QUIET, BUSY) for t in (text(seconds.get(b), ".1f"), text(ratio.get(b)))),
        text(standing.slower),
        text(standing.together_mb, ",.0f"),
        ", ".join(f"{model} {error:.2%}" for model, error in standing.misclassification.items()),
    )


if __name__ == "__main__":
    typer.run(main)
