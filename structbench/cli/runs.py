"""`structbench runs` and `structbench runs verify`."""

from typing import Annotated

import typer

from structbench.cli.arguments import OnlyJson, OnlyPlugin, RunsFolder, declared

app = typer.Typer(invoke_without_command=True)


@app.callback()
@declared
def runs(context: typer.Context, folder: RunsFolder, output: OnlyJson) -> None:
    """List the runs, finished and not."""
    if context.invoked_subcommand:
        return
    from structbench.report.console import results_console
    from structbench.report.run_tables import runs_list

    entries = list(folder.store.entries())
    if not entries and not output.as_json:
        typer.echo(f"no runs in {folder.runs_dir}; start with: structbench train cnn")
        return
    rows = [
        {"run": e.name, "state": e.state, "reason": e.reason, "outcome": e.summary} for e in entries
    ]
    output.show(rows, lambda: runs_list(entries, results_console().width))


@app.command("verify")
@declared
def verify(
    folder: RunsFolder,
    asked: OnlyPlugin,
    names: Annotated[
        list[str], typer.Argument(metavar="[RUN_OR_COMPARISON]…", help="Which. Default: all.")
    ] = [],  # noqa: B006
) -> None:
    """Check every file of runs and comparisons against its SHA-256."""
    from structbench import api
    from structbench.errors import RunFolderError
    from structbench.models.plugins import load_plugins
    from structbench.report.console import show
    from structbench.report.run_tables import checks_table
    from structbench.report.text import counted

    load_plugins(asked.plugin)
    checks = api.verify(names, runs_dir=folder.runs_dir)
    show(checks_table(checks))
    if damaged := sum(bool(check.problems) for check in checks):
        raise RunFolderError(f"{counted(damaged, 'folder')} of {len(checks):,} damaged")
