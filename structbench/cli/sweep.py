"""`structbench sweep`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structbench.cli.arguments import (
    Json,
    Overrides,
    Plugins,
    Quiet,
    Smoke,
    Verbose,
    performs_runs,
)

if TYPE_CHECKING:
    from structbench.launch.forecast import Forecast


@performs_runs
def sweep(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="A YAML file, or e.g. sweeps/sample_size.")
    ],
    overrides: Overrides = [],  # noqa: B006
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the runs and the time they need; train nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Perform at most N runs now.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")
    ] = False,
    plugin: Plugins = [],  # noqa: B006
    smoke: Smoke = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    how: dict[str, Any],
) -> None:
    """Compare models at every point of a grid: what a prior is worth in data, parameters, …"""
    from structbench import api
    from structbench.errors import PartialFailure
    from structbench.experiment.sweep import load_sweep
    from structbench.models.plugins import load_plugins
    from structbench.report.console import progress_console, show
    from structbench.report.live import runs_progress
    from structbench.report.terminal import forecast_list, results_view
    from structbench.report.text import counted

    load_plugins(plugin)
    spec = load_sweep(config, overrides)
    if dry_run:
        expected = api.forecast_sweep(spec, smoke=smoke, **how)
        if as_json:
            typer.echo(_json(expected))
        else:
            show(forecast_list(expected))
        return
    found = api.sweep(
        spec,
        smoke=smoke,
        fail_fast=fail_fast,
        limit=limit,
        progress=partial(runs_progress, progress_console(quiet)),
        **how,
    )
    if found is None:
        typer.echo("the limit is reached and runs are left; the same command goes on", err=True)
        return
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        show(results_view(found, how["runs_dir"] / found.name, verbose))
    if found.excluded:
        failed = counted(len(found.excluded), "run")
        raise PartialFailure(
            f"{failed} failed; at its point a seed is left out for all models; "
            "--retry-failed tries again"
        )


def _json(expected: Forecast) -> str:
    import json
    from dataclasses import asdict

    return json.dumps(asdict(expected), indent=2, ensure_ascii=False)
