"""`structbench compare` and `structbench report`."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from structbench.cli.arguments import (
    Asked,
    Folders,
    OfARun,
    Output,
    Settings,
    declared,
    require_all,
)
from structbench.launch.execution import SEVERAL_RUNS, Execution, told


def _number_or_list(text: str) -> int | list[int]:
    """`3` is three seeds; `0,42,123`, and `42,` where it is one, are the seeds themselves."""
    try:
        seeds = [int(part) for part in text.strip("[]").removesuffix(",").split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a number of seeds nor a list of them, such as 0,42,123"
        ) from None
    return seeds if "," in text or "[" in text else seeds[0]


@dataclass(frozen=True)
class Seeded(Settings):
    """Settings of whatever trains models with several seeds."""

    seeds: Any = field(
        default=None,
        metadata=told(
            "How many seeds, or which: 3, or 0,42,123.  [default: as the config says, or 5]",
            metavar="N|N,N,…",
            parser=_number_or_list,
        ),
    )


@dataclass(frozen=True)
class _Settings(Seeded):
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
            help="Families, configs or net.py:Net; or one comparison config, e.g. lecture.",
        ),
    ],
    settings: _Settings,
    asked: Asked,
    output: Output,
    execution: Annotated[Execution, *SEVERAL_RUNS],
) -> None:
    """Train models alike and say which errs less, and how surely."""
    from structbench import api
    from structbench.experiment.comparison import load_comparison
    from structbench.models.plugins import load_plugins
    from structbench.report.terminal import results_view

    load_plugins(asked.plugin)
    how = execution.keywords(SEVERAL_RUNS)
    spec = load_comparison(models, [*asked.overrides, *settings.overrides], data=asked.data)
    found = api.compare(spec, smoke=asked.smoke, progress=output.progress, **how)
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
    asked: OfARun,
    output: Annotated[Output, "quiet"],
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Write the tables, figures and page of any result anew."""
    from structbench import api

    asked.load()
    folder = api.write_report(what, runs_dir=folders.runs_dir, data_dir=folders.data_dir)
    typer.echo(str(folder / "report.html"))
    if open_page:
        typer.launch((folder / "report.html").absolute().as_uri())
