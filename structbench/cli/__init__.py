"""The command line: each command parses, makes one call, and shows what came of it.

Typer is all that is imported here and in the command modules; everything else is
imported inside the commands, so that `--help` is instant.
"""

import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from structbench.cli import compare, data, models, runs, schema, sweep, tokens, train, translate
from structbench.errors import Interrupted, StructBenchError, Terminated, notices_on_stderr
from structbench.machine.output import discard_stdout, settle_streams


class _Commands(TyperGroup):
    """Where every error a user can meet is caught: its message on stderr, its exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with notices_on_stderr():
                return super().invoke(ctx)
        except (StructBenchError, KeyboardInterrupt) as caught:
            stopped = isinstance(caught, KeyboardInterrupt)
            error: Any = Interrupted("stopped", caught) if stopped else caught
            for line in str(error).splitlines():
                sys.stderr.write(f"structbench: {line}\n")
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    cls=_Commands,
    name="structbench",
    help="Measures what an architecture's prior knowledge is worth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("compare")(compare.compare)
app.command("sweep")(sweep.sweep)
app.command("evaluate")(train.evaluate)
app.command("translate")(translate.translate)
app.command("report")(compare.report)
app.command("data")(data.data)
app.command("tokens")(tokens.tokens)
app.command("models")(models.models)
app.add_typer(runs.app, name="runs")
app.command("schema")(schema.schema)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("structbench"))
        raise typer.Exit


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def main() -> None:
    """The `structbench` command."""
    settle_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except OSError as error:
        discard_stdout()
        # A pipe such as `structbench runs | head` closes early: nobody waits to be told.
        if not isinstance(error, BrokenPipeError):
            told = f"{error.filename}: {error.strerror}" if error.filename else error
            sys.stderr.write(f"structbench: {told}\n")
        sys.exit(1)
