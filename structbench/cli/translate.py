"""`structbench translate`."""

from pathlib import Path
from typing import Annotated

import typer

from structbench.cli.arguments import Folders, OfARun, Output, declared


@declared
def translate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name or folder of a finished run.")],
    sentence: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SENTENCE]…", help='What to answer, e.g. "vingt et un".  [default: stdin]'
        ),
    ] = None,
    *,
    alignment: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg|FILE.png", help="Draw what the network attends to."),
    ] = None,
    folders: Folders,
    asked: OfARun,
    output: Annotated[Output, "as_json", "quiet"],
) -> None:
    """Answer sentences by a finished run that learned sequences."""
    from structbench import api
    from structbench.errors import notice
    from structbench.report.translation_tables import (
        draw,
        facts,
        remarks,
        require_drawable,
        translations_table,
    )

    asked.load()
    sentences = sentence or _lines()
    if alignment:
        require_drawable(alignment, sentences)
    found = api.translate(run, sentences, runs_dir=folders.runs_dir, data_dir=folders.data_dir)
    for remark in remarks(found):
        notice(remark)
    if alignment:
        draw(found[0], alignment)
    output.show(facts(found), lambda: translations_table(found))


def _lines() -> list[str]:
    """Those of stdin that are not empty."""
    import sys

    return [line.strip() for line in sys.stdin if line.strip()]
