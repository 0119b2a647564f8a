"""`python -m tests.benchmarks.graphs`: passes over a graph beside torch_geometric's, in turns.

Everything is measured with one thread, each turn in a process of its own; ratios are of the same
round. Nothing here imports torch, which would be counted as memory of the turns (`finish`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.graphs.asked import EDGES, LARGE, MOST, SMALL
from tests.benchmarks.machine import machine
from tests.benchmarks.process import finish
from tests.benchmarks.rounds import one_round
from tests.benchmarks.show import wide_console
from tests.benchmarks.spread import Spread

OURS, THEIRS = "structbench", "torch_geometric"
Entry = tuple[str, str, str]


class Turn(NamedTuple):
    """What a process found: milliseconds a pass, and its peak in 10⁶ bytes."""

    entry: Entry
    milliseconds: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.milliseconds:.3g} ms a pass, {self.peak_mb:,.0f} MB"


def entries(quick: bool) -> list[Entry]:
    """What is measured: (network, graph, who)."""
    if quick:
        return [(network, SMALL, who) for network in ("gcn", "gat") for who in (OURS, THEIRS)]
    of_both = [(network, name) for name in ("cora", LARGE) for network in ("gcn", "gat")]
    alone = [(n, name) for name in (*EDGES.values(), MOST) for n in ("gcn", "gat")]
    return [(*each, who) for each in of_both for who in (OURS, THEIRS)] + [
        (*each, OURS) for each in alone
    ]


def turn(network: str, name: str, who: str, passes: int) -> Turn:
    """One training in a fresh process."""
    module = "tests.benchmarks.graphs.passes"
    done = finish("-m", module, network, who, name, str(passes))
    found = json.loads(done.stdout)
    return Turn((network, name, who), found["milliseconds"], done.peak_mb)


def main(
    quick: Annotated[bool, typer.Option("--quick", help="One round: does it run?")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 5,
    passes: Annotated[int, typer.Option(min=1, help="Of each training.")] = 30,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure passes of gcn and gat over Cora and over made graphs."""
    before, asked = machine(), entries(quick)
    rounds, passes = (1, 3) if quick else (rounds, passes)
    progress = Console(stderr=True, highlight=False)
    failed: dict[Entry, str] = {}
    found: dict[Entry, dict[int, Turn]] = defaultdict(dict)
    for index in range(rounds):
        taken = partial(turn, passes=passes)
        for each in one_round(index, asked, taken, failed, progress.print):
            found[each.entry][index] = each
    rows = [_row(entry, found) for entry in asked if entry[2] == OURS and entry in found]
    _show(rows)
    if output:
        output.write_text(json.dumps({"machine": before, "passes": rows}, indent=2) + "\n")
    if failed:
        raise typer.Exit(1)


def _row(entry: Entry, found: dict[Entry, dict[int, Turn]]) -> dict[str, object]:
    network, name, _ = entry
    own, theirs = found[entry], found.get((network, name, THEIRS), {})
    of = {index: each.milliseconds for index, each in own.items()}
    spreads = {
        "structbench_ms": Spread.of([*of.values()]),
        "structbench_mb": Spread.of([each.peak_mb for each in own.values()]),
    }
    if theirs:
        other = {index: each.milliseconds for index, each in theirs.items()}
        spreads["torch_geometric_ms"] = Spread.of([*other.values()])
        spreads["torch_geometric_mb"] = Spread.of([each.peak_mb for each in theirs.values()])
        if ratio := Spread.of_ratios(other, of):
            spreads["ratio"] = ratio
    return {"network": network, "graph": name, **{k: asdict(s) for k, s in spreads.items()}}


COLUMNS = {
    "structbench_ms": "structbench, ms",
    "torch_geometric_ms": "torch_geometric, ms",
    "ratio": "ratio",
    "structbench_mb": "structbench, MB",
    "torch_geometric_mb": "torch_geometric, MB",
}


def _show(rows: list[dict[str, object]]) -> None:
    title = "a pass over a graph (nodes,edges,features,values a node), one thread"
    table = Table("network", "graph", title=title, title_justify="left")
    for column in COLUMNS.values():
        table.add_column(column, justify="right")
    for row in rows:
        cells = (row.get(key) for key in COLUMNS)
        texts = [Spread(**c).text(".3g") if isinstance(c, dict) else "" for c in cells]
        table.add_row(str(row["network"]), str(row["graph"]), *texts)
    wide_console().print(table)


if __name__ == "__main__":
    typer.run(main)
