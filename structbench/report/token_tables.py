"""How a text becomes numbers, and a text again, in each way that symbols are made."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.data.sequences.spec import SequenceSpec
from structbench.data.sequences.tokens import TOKENS
from structbench.errors import ConfigError

SIGNS = "symbols 0, 1 and 2: no piece, an unknown one, an empty place; ␣ and ▁: a space"


def tokens_of(text: str, language: str, folder: Path) -> list[dict[str, Any]]:
    """For each way: the pieces of a text, their numbers, the text back, and what is unknown.

    The symbols are those of the data set `numbers` in this language. Where a package is missing
    there is only what is `missing`. ConfigError for an empty text or an unknown language.
    """
    if not text.strip():
        raise ConfigError(f"{text!r} is an empty text")
    return [_found(text, language, tokens, folder) for tokens in TOKENS]


def _found(text: str, language: str, tokens: str, folder: Path) -> dict[str, Any]:
    spec = SequenceSpec.model_validate({"source": language, "tokens": tokens})
    try:
        vocabulary, _ = spec.dataset.vocabularies(folder)
    except ConfigError as error:
        return {"tokens": tokens, "missing": str(error)}
    numbers = vocabulary.encoded(text)
    return {
        "tokens": tokens,
        "symbols": len(vocabulary),
        "pieces": vocabulary.pieces(text),
        "numbers": numbers,
        "text": vocabulary.decoded(numbers),
        "unknown": vocabulary.unknown(text),
    }


def tokens_view(found: Sequence[Mapping[str, Any]]) -> RenderableType:
    """A block for each way."""
    return Group(*map(_block, found), Text(SIGNS, "dim"))


def _block(way: Mapping[str, Any]) -> RenderableType:
    if "missing" in way:
        return Text(way["missing"])
    title = Text(f"{way['tokens']}: ", "bold").append(f"{way['symbols']:,} symbols", "not bold")
    pieces = [piece.replace(" ", "␣") for piece in way["pieces"]]
    grid = Table.grid(padding=(0, 2, 0, 2))
    for label, text in (
        ("pieces", " ".join(pieces)),
        ("numbers", " ".join(map(str, way["numbers"]))),
        ("text", way["text"]),
        *[("unknown", " ".join(way["unknown"]))] * bool(way["unknown"]),
    ):
        grid.add_row(label, Text(text))
    return Group(title, grid)
