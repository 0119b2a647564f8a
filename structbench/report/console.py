"""Where output goes: results to stdout, progress to stderr."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

# Wide enough for every table; a file or a pipe has no width of its own to keep to.
PIPE_WIDTH = 160


def show(result: RenderableType) -> None:
    """Print a result on stdout; a Text keeps its lines, however long."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_WIDTH)
    console.print(result, soft_wrap=isinstance(result, Text))


def plain_table(*columns: str, right: Collection[str] = ()) -> Table:
    """A table without lines; the columns named in `right` are aligned to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(Text(column), justify="right" if column in right else "left")
    return table


def progress_console(quiet: bool) -> Console:
    """A console on stderr, silent if asked to be."""
    return Console(stderr=True, quiet=quiet)
