"""`structbench runs`."""

from __future__ import annotations

from pathlib import Path

import typer

from structbench.cli.arguments import Json, RunsDir


def runs(runs_dir: RunsDir = Path("runs"), as_json: Json = False) -> None:
    """List the runs, finished and not."""
    from structbench.store import Store

    entries = list(Store(runs_dir).entries())
    if as_json:
        import json

        rows = [
            {
                "run": e.name,
                "state": e.state,
                "reason": e.reason,
                "outcome": e.summary and e.summary.model_dump(mode="json"),
            }
            for e in entries
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    if not entries:
        typer.echo(f"no runs in {runs_dir}; start with: structbench train cnn")
        return
    from structbench.report.console import show
    from structbench.report.tables import runs_table

    show(runs_table(entries))
