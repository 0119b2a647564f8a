"""`structbench compare` and `structbench report`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from structbench.cli.arguments import (
    DataDir,
    Json,
    Overrides,
    Plugins,
    Precision,
    Quiet,
    RunsDir,
    Smoke,
    Verbose,
    performs_runs,
    with_settings,
)


@performs_runs
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL…",
            help="Families, configs or plugin.py:Name; or one comparison config, e.g. lecture.",
        ),
    ],
    seeds: Annotated[
        int | None, typer.Option(metavar="N", help="Train each model with N seeds.  [default: 5]")
    ] = None,
    condition: Annotated[
        list[str],
        typer.Option(
            metavar="CONDITION",
            help="How to alter the test images.  [default: clean, translate:2,2]",
        ),
    ] = [],  # noqa: B006
    overrides: Overrides = [],  # noqa: B006
    budget: Annotated[
        int | None, typer.Option(metavar="N", help="Scale each model's widths to N parameters.")
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="How far from the budget.  [default: 0.02]"),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What the others are compared with.  [default: the last]"
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="A difference that counts as none.  [default: 0.005]"),
    ] = None,
    ablate_structure: Annotated[
        bool, typer.Option("--ablate-structure", help="Train on permuted pixels too.")
    ] = False,
    precision: Precision = None,
    plugin: Plugins = [],  # noqa: B006
    smoke: Smoke = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    how: dict[str, Any],
) -> None:
    """Train models alike, seed by seed, and say which is better, by how much, how surely."""
    from structbench import api
    from structbench.errors import PartialFailure
    from structbench.experiment.comparison import load_comparison
    from structbench.models.plugins import load_plugins
    from structbench.report.console import progress_console, show
    from structbench.report.live import runs_progress
    from structbench.report.tables import comparison_tables
    from structbench.report.text import counted

    load_plugins(plugin)
    settings = {
        "seeds": seeds,
        "conditions": condition or None,
        "budget": budget,
        "tolerance": tolerance,
        "baseline": baseline,
        "margin": margin,
        "ablate_structure": ablate_structure or None,
        "training.precision": precision,
    }
    comparison = api.compare(
        load_comparison(models, with_settings(overrides, settings)),
        smoke=smoke,
        progress=partial(runs_progress, progress_console(quiet)),
        **how,
    )
    if as_json:
        typer.echo(comparison.model_dump_json(indent=2))
    else:
        show(comparison_tables(comparison, how["runs_dir"] / comparison.name, verbose))
    if comparison.failed:
        failed = counted(len(comparison.failed), "run")
        raise PartialFailure(
            f"{failed} failed; their seeds are left out for all models; --retry-failed tries again"
        )


def report(
    what: Annotated[
        str,
        typer.Argument(metavar="FOLDER", help="Name or folder of a run, comparison or sweep."),
    ],
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = None,
    plugin: Plugins = [],  # noqa: B006
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Write the tables, figures and page of a run, comparison or sweep anew."""
    from structbench import api
    from structbench.models.plugins import load_plugins

    load_plugins(plugin)
    folder = api.write_report(what, runs_dir=runs_dir, data_dir=data_dir)
    typer.echo(str(folder / "report.html"))
    if open_page:
        typer.launch((folder / "report.html").absolute().as_uri())
