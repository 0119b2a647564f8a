"""`structbench sweep`."""

from typing import Annotated

import typer

from structbench.cli.arguments import Asked, Output, declared, require_all
from structbench.cli.compare import Seeded
from structbench.launch.execution import SEVERAL_RUNS, Execution


@declared
def sweep(
    config: Annotated[
        str, typer.Argument(metavar="CONFIG", help="A YAML file, or e.g. sweeps/sample_size.")
    ],
    settings: Annotated[Seeded, "seeds"],
    asked: Asked,
    output: Output,
    execution: Annotated[Execution, *SEVERAL_RUNS],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the runs and the time they need; train nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Perform at most N runs now.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")
    ] = False,
) -> None:
    """Compare models at every point of a grid of settings."""
    from structbench import api
    from structbench.experiment.sweep import load_sweep
    from structbench.models.plugins import load_plugins
    from structbench.report.terminal import forecast_list, results_view

    load_plugins(asked.plugin)
    how = execution.keywords(SEVERAL_RUNS)
    overrides, smoke = [*asked.overrides, *settings.overrides], asked.smoke
    spec = load_sweep(config, overrides, data=asked.data)
    if dry_run:
        expected = api.forecast_sweep(spec, smoke=smoke, **how)
        output.show(expected, lambda: forecast_list(expected))
        return
    watched = {"progress": output.progress, **how}
    found = api.sweep(spec, smoke=smoke, fail_fast=fail_fast, limit=limit, **watched)
    if found is None:
        typer.echo("the limit is reached and runs are left; the same command goes on", err=True)
        return
    folder = execution.runs_dir / found.name
    output.show(found, lambda: results_view(found, folder, output.verbose))
    require_all(found.excluded, "at its point a seed is left out for all models")
