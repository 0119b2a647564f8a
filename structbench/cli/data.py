"""`structbench data`."""

from typing import Annotated

import typer

from structbench.cli.arguments import OnlyJson, declared
from structbench.machine.output import print_json


@declared
def data(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A data set to show by itself.")
    ] = None,
    *,
    output: OnlyJson,
) -> None:
    """List the data sets, or show one with the conditions that fit it."""
    from structbench.data import DATASETS
    from structbench.data.spec import default_data_folder
    from structbench.errors import ConfigError, nearest
    from structbench.report import data_tables
    from structbench.report.console import show

    if name is not None and name not in DATASETS:
        raise ConfigError(f"unknown data set {name!r}; {nearest(name, DATASETS)}")
    asked = [name] if name else list(DATASETS)
    facts = [data_tables.facts(DATASETS[each], default_data_folder()) for each in asked]
    if output.as_json:
        import json

        print_json(json.dumps(facts[0] if name else facts, indent=2, ensure_ascii=False))
    else:
        show(data_tables.dataset_view(facts[0]) if name else data_tables.datasets_table(facts))
