"""`python -m tests.benchmarks.coverage`: how often intervals over seeds cover what is true.

A graph network and an fnn are really trained, with each of many seeds: on networks that each seed
draws, or on one graph that it splits. The truth is the mean difference over all of them.
`tests/statistics/test_new_graphs.py` is the same in small.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from structbench.data.spec import default_data_folder
from structbench.experiment.run import make_run
from structbench.experiment.schema import Experiment
from structbench.perform import perform
from tests.benchmarks.machine import machine
from tests.new_graphs import Errors, at_its_level, over_nodes, over_seeds

SOCIAL = {"name": "social", "nodes": 200, "train_size": 20, "test_size": 180}
CORA = {"name": "cora", "train_per_class": 20, "test_size": 1000}
MODELS = {"gcn": {"family": "gcn", "hidden": 16}, "fnn": {"family": "fnn", "hidden": [16]}}


def wrong(model: str, data: dict[str, object], seed: int, steps: int) -> Errors:
    """What a network that is trained with this seed gets wrong."""
    asked = {
        "model": MODELS[model],
        "data": data,
        "training": {"steps": steps, "optimizer": {"name": "adam", "learning_rate": 0.01}},
        "conditions": ["clean"],
        "seed": seed,
    }
    folder = default_data_folder()
    run = make_run(Experiment.model_validate(asked), "cpu", folder)
    return perform(run, folder).outcome.wrong("clean")


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A few seeds: does it run?")] = False,
    seeds: Annotated[int, typer.Option(min=10, help="Trainings of each network.")] = 1000,
    cora: Annotated[bool, typer.Option("--cora", help="Splits of Cora, not new graphs.")] = False,
    output: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
) -> None:
    """Measure how often 95 % intervals cover the mean difference of a gcn and an fnn."""
    torch.set_num_threads(1)
    before, data = machine(), CORA if cora else SOCIAL
    seeds, steps = (10, 2) if quick else (seeds, 100)
    a, b = ([wrong(model, data, seed, steps) for seed in range(seeds)] for model in MODELS)
    own, other = ([float(one.mean()) for one in of] for of in (a, b))
    rows = {
        f"paired t over {n} seeds": (over_seeds(own, other, n), seeds // n) for n in (2, 3, 5, 10)
    }
    rows["Newcombe's over the nodes of one seed"] = (over_nodes(a, b), seeds)
    means = [100 * sum(of) / seeds for of in (own, other)]
    title = f"{data['name']}: gcn {means[0]:.2f}, fnn {means[1]:.2f} % wrong, {seeds} seeds"
    table = Table("interval", title=title, title_justify="left")
    for column in ("intervals", "cover, %", "as chance would have it"):
        table.add_column(column, justify="right")
    for name, (share, intervals) in rows.items():
        fits = "yes" if at_its_level(share, intervals) else "no"
        table.add_row(name, f"{intervals:,}", f"{100 * share:.1f}", fits)
    Console(highlight=False).print(table)
    if output:
        found = {name: {"coverage": share, "n": n} for name, (share, n) in rows.items()}
        output.write_text(json.dumps({"machine": before, **found}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
