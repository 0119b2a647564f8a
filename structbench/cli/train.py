"""`structbench train` and `structbench evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from structbench.cli.arguments import (
    DataDir,
    Device,
    Json,
    Overrides,
    Plugins,
    Precision,
    Quiet,
    RunsDir,
    Smoke,
    Threads,
    Wait,
    with_settings,
)

if TYPE_CHECKING:
    from structbench.outcome import Summary


def train(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="A YAML file, or the name of a packaged one: cnn, fnn."
        ),
    ],
    overrides: Overrides = [],  # noqa: B006
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of all chance in the run.")
    ] = None,
    device: Device = "auto",
    precision: Precision = None,
    threads: Threads = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = None,
    plugin: Plugins = [],  # noqa: B006
    smoke: Smoke = False,
    force: Annotated[
        bool, typer.Option("--force", help="Train anew even if the run is finished.")
    ] = False,
    wait: Wait = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the network of a config, or show the run if it is finished."""
    from structbench import api
    from structbench.experiment.load import load_experiment
    from structbench.models.plugins import load_plugins
    from structbench.report.console import progress_console
    from structbench.report.progress import training_progress

    load_plugins(plugin)
    asked = with_settings(overrides, {"seed": seed, "training.precision": precision})
    experiment = load_experiment(config, asked)
    with training_progress(progress_console(quiet), experiment.model.family) as on_progress:
        outcome = api.train(
            experiment,
            device=device,
            threads=threads,
            runs_dir=runs_dir,
            data_dir=data_dir,
            smoke=smoke,
            force=force,
            wait=wait,
            on_progress=on_progress,
        )
    _show(outcome.summary, runs_dir, as_json)


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name or folder of a finished run.")],
    condition: Annotated[
        list[str],
        typer.Option(metavar="CONDITION", help="How to alter the test images, e.g. rotate:30."),
    ],
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = None,
    plugin: Plugins = [],  # noqa: B006
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Test a finished run under further conditions."""
    from structbench import api
    from structbench.models.plugins import load_plugins

    load_plugins(plugin)
    outcome = api.evaluate(run, condition, runs_dir=runs_dir, data_dir=data_dir, wait=wait)
    _show(outcome.summary, runs_dir if Path(run).name == run else Path(run).parent, as_json)


def _show(summary: Summary, runs_dir: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
        return
    from structbench.report.console import show
    from structbench.report.run_tables import outcome_table

    show(outcome_table(summary, runs_dir / summary.run))
