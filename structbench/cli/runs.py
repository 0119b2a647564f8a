"""`structbench runs` and `structbench runs verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from structbench.cli.arguments import Json, Plugins, RunsDir

app = typer.Typer(invoke_without_command=True)


@app.callback()
def runs(context: typer.Context, runs_dir: RunsDir = Path("runs"), as_json: Json = False) -> None:
    """List the runs, finished and not."""
    if context.invoked_subcommand:
        return
    from structbench.store.runs import Store

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
    from structbench.report.console import output, show
    from structbench.report.run_tables import runs_list

    show(runs_list(entries, output().width))


@app.command("verify")
def verify(
    names: Annotated[
        list[str], typer.Argument(metavar="[RUN_OR_COMPARISON]…", help="Which. Default: all.")
    ] = [],  # noqa: B006
    runs_dir: RunsDir = Path("runs"),
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Check every file of runs and comparisons against its SHA-256."""
    from structbench import api
    from structbench.errors import RunFolderError
    from structbench.models.plugins import load_plugins
    from structbench.report.console import show
    from structbench.report.run_tables import checks_table
    from structbench.report.text import counted

    load_plugins(plugin)
    checks = api.verify(names, runs_dir=runs_dir)
    show(checks_table(checks))
    if damaged := sum(bool(check.problems) for check in checks):
        raise RunFolderError(f"{counted(damaged, 'folder')} of {len(checks):,} damaged")
