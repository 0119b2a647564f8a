"""`structbench schema`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def schema(
    kind: Annotated[
        Literal["experiment", "comparison"], typer.Argument(help="Which kind of config.")
    ] = "experiment",
) -> None:
    """Print the JSON Schema of a config, for editors."""
    import json

    from structbench.experiment.comparison import ComparisonSpec
    from structbench.experiment.schema import Experiment, json_schema

    asked = ComparisonSpec if kind == "comparison" else Experiment
    typer.echo(json.dumps(json_schema(asked), indent=2, ensure_ascii=False))
