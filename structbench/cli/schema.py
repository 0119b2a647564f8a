"""`structbench schema`."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of a config, for editors."""
    import json

    from structbench.experiment.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
