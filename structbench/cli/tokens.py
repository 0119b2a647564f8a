"""`structbench tokens`."""

from typing import Annotated

import typer

from structbench.cli.arguments import OnlyJson, declared
from structbench.machine.output import print_json


@declared
def tokens(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A number in words.")],
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Its language: fr, es, zh, …")
    ] = "fr",
    *,
    output: OnlyJson,
) -> None:
    """Show how a text becomes numbers, and a text again.

    By words, by characters and by pieces of words; the symbols are those of the data set `numbers`
    in this language.
    """
    from structbench.data.sequences.speller import require_language
    from structbench.data.spec import default_data_folder
    from structbench.report.console import show
    from structbench.report.token_tables import tokens_of, tokens_view

    require_language(language)
    found = tokens_of(text, language, default_data_folder())
    if output.as_json:
        import json

        print_json(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(tokens_view(found))
