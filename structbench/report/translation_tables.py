"""Answers to a user's own sentences: as a table, as JSON, and what a network attends to as a
picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from structbench.errors import ConfigError
from structbench.machine.files import write_bytes
from structbench.report.console import titled
from structbench.report.table import Table
from structbench.report.text import percent

if TYPE_CHECKING:
    from structbench.translation import Translation


def translations_table(found: Sequence[Translation]) -> RenderableType:
    """A row for each sentence that was answered."""
    rows = tuple((t.sentence, t.text, percent(t.probability)) for t in found if t.answered)
    columns = ("sentence", "answer", "probability of the whole answer")
    return titled(Table("translations", "", columns, rows, keys=2))


def facts(found: Sequence[Translation]) -> list[dict[str, Any]]:
    """What is told of each sentence, for JSON; the answer is null where there is none."""
    return [
        {
            "sentence": t.sentence,
            "answer": t.text if t.answered else None,
            "probability": t.probability if t.answered else None,
            "unknown": t.unknown,
            "remark": t.remark,
        }
        for t in found
    ]


def remarks(found: Sequence[Translation]) -> Iterator[str]:
    """What is to be known beside the answers, a line each."""
    for t in found:
        if t.unknown:
            pieces = ", ".join(map(repr, t.unknown))
            yield f"{t.sentence!r}: the network does not know {pieces}"
        if t.remark:
            yield t.remark if repr(t.sentence) in t.remark else f"{t.sentence!r}: {t.remark}"


def require_drawable(file: Path, sentences: Sequence[str]) -> None:
    """ConfigError where an alignment cannot be drawn to this file, or not of these sentences."""
    if file.suffix not in (".svg", ".png"):
        raise ConfigError(f"--alignment {file}: the file's name should end in .svg or .png")
    if len(sentences) != 1:
        raise ConfigError(f"--alignment draws one sentence; {len(sentences):,} are given")


def draw(of: Translation, file: Path) -> None:
    """Write a picture of what the network attends to in this sentence; ConfigError where it does
    not attend."""
    if of.attention is None:
        raise ConfigError("the network does not attend: there is no alignment to draw")
    from structbench.report.figures import alignment
    from structbench.report.figures.style import png, svg

    figure = alignment.attention(of.attention, of.source, of.answer)
    drawn = svg(figure).encode() if file.suffix == ".svg" else png(figure)
    write_bytes(file, drawn)
