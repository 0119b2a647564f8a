"""`structbench schema`."""

from typing import Annotated, Literal

import typer

from structbench.machine.output import print_json


def schema(
    kind: Annotated[
        Literal["experiment", "comparison", "sweep"], typer.Argument(help="Which kind of config.")
    ] = "experiment",
) -> None:
    """Print the JSON Schema of a config, for editors."""
    import json

    from structbench.experiment.comparison import ComparisonSpec
    from structbench.experiment.schema import Experiment, json_schema
    from structbench.experiment.sweep import SweepSpec
    from structbench.options import Options

    kinds: dict[str, type[Options]] = {
        "experiment": Experiment,
        "comparison": ComparisonSpec,
        "sweep": SweepSpec,
    }
    print_json(json.dumps(json_schema(kinds[kind]), indent=2, ensure_ascii=False))
