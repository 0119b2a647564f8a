"""`structbench compare` and `structbench report`."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from structbench.cli.arguments import (
    Asked,
    Folders,
    OnlyPlugin,
    Output,
    Settings,
    declared,
    require_all,
)
from structbench.launch.execution import Execution, told


@dataclass(frozen=True)
class _Settings(Settings):
    seeds: int | None = field(
        default=None, metadata=told("Train each model with N seeds.  [default: 5]", metavar="N")
    )
    condition: list[str] = field(
        default_factory=list,
        metadata=told(
            "How to alter the test examples.  [default: as the data set says]",
            metavar="CONDITION",
            key="conditions",
        ),
    )
    budget: int | None = field(
        default=None, metadata=told("Scale each model's widths to N parameters.", metavar="N")
    )
    tolerance: float | None = field(
        default=None, metadata=told("How far from the budget.  [default: 0.02]", metavar="SHARE")
    )
    baseline: str | None = field(
        default=None,
        metadata=told("What the others are compared with.  [default: the last]", metavar="NAME"),
    )
    margin: float | None = field(
        default=None,
        metadata=told("A difference that counts as none.  [default: 0.005]", metavar="SHARE"),
    )
    ablate_structure: bool = field(
        default=False, metadata=told("Compare with the structure taken out too.")
    )


@declared
def compare(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL…",
            help="Families, configs or plugin.py:Name; or one comparison config, e.g. lecture.",
        ),
    ],
    settings: _Settings,
    asked: Asked,
    output: Output,
    execution: Execution,
) -> None:
    """Train models alike and say which errs less, and how surely."""
    from structbench import api
    from structbench.experiment.comparison import load_comparison
    from structbench.models.plugins import load_plugins
    from structbench.report.terminal import results_view

    load_plugins(asked.plugin)
    spec = load_comparison(models, [*asked.overrides, *settings.overrides])
    found = api.compare(spec, smoke=asked.smoke, progress=output.progress, **vars(execution))
    folder = execution.runs_dir / found.name
    output.show(found, lambda: results_view(found, folder, output.verbose))
    require_all(found.failed, "their seeds are left out for all models")


@declared
def report(
    what: Annotated[
        str,
        typer.Argument(metavar="FOLDER", help="Name or folder of a run, comparison or sweep."),
    ],
    folders: Folders,
    asked: OnlyPlugin,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Write the tables, figures and page of any result anew."""
    from structbench import api
    from structbench.models.plugins import load_plugins

    load_plugins(asked.plugin)
    folder = api.write_report(what, runs_dir=folders.runs_dir, data_dir=folders.data_dir)
    typer.echo(str(folder / "report.html"))
    if open_page:
        typer.launch((folder / "report.html").absolute().as_uri())
