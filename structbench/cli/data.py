"""`structbench data`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from structbench.cli.arguments import Asked, Output, RunsFolder, declared
from structbench.machine.output import print_json


@declared
def data(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|PATH",
            help="A data set to show by itself, or a file or folder of your own.",
        ),
    ] = None,
    *,
    asked: Annotated[Asked, "overrides"],
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg|FILE.png",
            help="Draw the contact sheet there.  [default: data-KIND-SHA256.png among the runs]",
        ),
    ] = None,
    output: Annotated[Output, "as_json", "quiet"],
    runs: RunsFolder,
) -> None:
    """List the data sets, or show one, or data of your own.

    Of your own: what StructBench sees in a file or folder, what is to be doubted in it, and a
    contact sheet. How to read it is set with --set data.KEY=VALUE, e.g. data.kind=image. A word
    alone is a data set: write ./mnist for a folder of that name.
    """
    from structbench.data import DATASETS
    from structbench.data.spec import default_data_folder
    from structbench.errors import ConfigError
    from structbench.report import data_tables
    from structbench.report.console import show

    if name is not None and name not in DATASETS:
        _show_own(name, asked.overrides, sheet, output, runs.runs_dir)
        return
    if asked.overrides or sheet:
        option = "--set" if asked.overrides else "--sheet"
        raise ConfigError(f"{option} is for data of your own: structbench data PATH")
    shown = [name] if name else list(DATASETS)
    facts = [data_tables.facts(DATASETS[each], default_data_folder()) for each in shown]
    if output.as_json:
        _print(facts[0] if name else facts)
    else:
        show(data_tables.dataset_view(facts[0]) if name else data_tables.datasets_table(facts))


def _show_own(
    path: str, overrides: list[str], sheet: Path | None, output: Output, runs_dir: Path
) -> None:
    """What is seen at a path. With JSON a sheet is drawn only where a file for it is named."""
    from structbench.report.console import show
    from structbench.report.own_data.facts import facts
    from structbench.report.own_data.seen import seen_at
    from structbench.report.own_data.sheet import draw_sheet, require_sheet
    from structbench.report.own_data.view import view

    _require_path(path)
    if sheet:
        require_sheet(sheet)
    with output.reading():
        seen = seen_at(path, overrides)
        found = facts(seen)
    if output.as_json:
        if sheet:
            draw_sheet(seen, sheet)
        _print({**found, "sheet": str(sheet) if sheet else None})
        return
    drawn = sheet or runs_dir / f"data-{seen.kind}-{seen.sha256[:10]}.png"
    draw_sheet(seen, drawn)
    show(view(seen, found, drawn))


def _require_path(text: str) -> None:
    """ConfigError where it is a word that is neither a data set nor a file or folder."""
    from structbench.data import DATASETS
    from structbench.errors import ConfigError, nearest

    path = Path(text).expanduser()
    if path.suffix or len(path.parts) > 1 or text.startswith((".", "~")) or path.exists():
        return  # what is wrong with it is said when it is looked at
    raise ConfigError(
        f"unknown data set {text!r}, and no file or folder is called so; {nearest(text, DATASETS)}"
    )


def _print(found: Any) -> None:
    print_json(json.dumps(found, indent=2, ensure_ascii=False))
