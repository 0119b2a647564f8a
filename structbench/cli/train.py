"""`structbench train` and `structbench evaluate`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from structbench.cli.arguments import (
    Asked,
    OfARun,
    Output,
    Settings,
    declared,
)
from structbench.launch.execution import ONE_RUN, Execution, told


@dataclass(frozen=True)
class _Settings(Settings):
    seed: int | None = field(
        default=None, metadata=told("Seed of all chance in the run.", metavar="N")
    )


@declared
def train(
    config: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="A YAML file, a packaged one (cnn, fnn), or a model: net.py:Net."
        ),
    ],
    settings: _Settings,
    asked: Asked,
    output: Annotated[Output, "as_json", "quiet"],
    execution: Annotated[Execution, *ONE_RUN],
    force: Annotated[
        bool, typer.Option("--force", help="Train anew even if the run is finished.")
    ] = False,
) -> None:
    """Train the network of a config; shows the run if it is finished."""
    from structbench import api
    from structbench.experiment.load import load_experiment
    from structbench.models.plugins import load_plugins
    from structbench.report.console import progress_console
    from structbench.report.progress import training_progress
    from structbench.report.run_tables import outcome_table

    load_plugins(asked.plugin)
    experiment = load_experiment(config, [*asked.overrides, *settings.overrides], data=asked.data)
    how = execution.keywords(ONE_RUN)
    with training_progress(progress_console(output.quiet), experiment.model.family) as on_progress:
        outcome = api.train(
            experiment, smoke=asked.smoke, force=force, on_progress=on_progress, **how
        )
    folder = execution.runs_dir / outcome.summary.run
    kind = experiment.data.kind
    output.show(outcome.summary, lambda: outcome_table(outcome.summary, folder, kind))


@declared
def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name or folder of a finished run.")],
    condition: Annotated[
        list[str],
        typer.Option(metavar="CONDITION", help="How to alter the test examples, e.g. rotate:30."),
    ],
    execution: Annotated[Execution, "runs_dir", "data_dir", "wait"],
    asked: OfARun,
    output: Annotated[Output, "as_json", "quiet"],
) -> None:
    """Test a finished run under further conditions."""
    from structbench import api
    from structbench.report.run_tables import outcome_table
    from structbench.store.run_files import read_run

    asked.load()
    runs_dir, data_dir = execution.runs_dir, execution.data_dir
    outcome = api.evaluate(
        run, condition, runs_dir=runs_dir, data_dir=data_dir, wait=execution.wait
    )
    summary, root = outcome.summary, runs_dir if Path(run).name == run else Path(run).parent
    folder = root / summary.run
    kind = read_run(folder).experiment.data.kind
    output.show(summary, lambda: outcome_table(summary, folder, kind))
