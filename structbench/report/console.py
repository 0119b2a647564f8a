"""Where output goes: results to stdout, progress to stderr."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table as Grid
from rich.text import Text

from structbench.report.table import Cell, Table
from structbench.report.verdict import Verdict

# Wide enough for most tables; a file or a pipe has no width of its own to keep to.
PIPE_WIDTH = 160
GAP = 2
# Names, paths and messages are a user's texts: a bracket in one is a bracket, no markup.
LITERAL: Mapping[str, Any] = {"markup": False, "emoji": False, "highlight": False}
STYLES: Mapping[Verdict, str] = {
    "less": "bold green", "more": "bold red", "equivalent": "green", "open": "dim",
}  # fmt: skip


def results_console() -> Console:
    """Stdout; a listing knows from it how wide it may be."""
    console = Console(**LITERAL)
    return console if console.is_terminal else Console(**LITERAL, width=PIPE_WIDTH)


def show(result: RenderableType) -> None:
    """Print a result on stdout; a listing keeps its lines, however long."""
    results_console().print(result, soft_wrap=isinstance(result, Text))


class LiteralGrid(Grid):
    """A table whose cells are read as they stand, on any console."""

    def add_row(self, *cells: RenderableType | None, **more: Any) -> None:
        """A row; texts in it are no markup."""
        super().add_row(*(Text(c) if isinstance(c, str) else c for c in cells), **more)


def plain_table(*columns: str, right: Collection[str] = ()) -> LiteralGrid:
    """A table without lines; the columns named in `right` are aligned to the right."""
    grid = LiteralGrid(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for column in columns:
        grid.add_column(Text(column), justify="right" if column in right else "left")
    return grid


def titled(table: Table) -> RenderableType:
    """A table between its title and its note."""
    title, note = Text(table.title, "bold"), Text(table.note, "dim")
    return Group(*[title] * bool(title), Blocks(table), *[note] * bool(note))


class Blocks:
    """A table on the terminal: where it is too wide, in blocks that repeat what names the rows."""

    def __init__(self, table: Table):
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One block, or several with their own head."""
        for columns in _blocks(self.table.widths, self.table.keys, options.max_width):
            yield self._block(columns)

    def _block(self, columns: Sequence[int]) -> Grid:
        names = [self.table.columns[i] for i in columns]
        numbers = self.table.columns[self.table.keys :]
        grid = plain_table(*names, right=numbers)
        grid.show_header = any(names)
        for row in self.table.rows:
            grid.add_row(*(_coloured(row[i]) for i in columns))
        return grid


def _coloured(cell: str) -> Text:
    return Text(cell, STYLES[cell.verdict] if isinstance(cell, Cell) and cell.verdict else "")


def _blocks(widths: Sequence[int], keys: int, room: int) -> Iterator[list[int]]:
    """The numbers of the columns that have room beside those that name the rows; where those take
    more than half of it, only the first one is repeated, in fewer letters."""
    block = names = list(range(keys))
    if keys > 1 and sum(widths[j] + GAP for j in names) > room / 2:
        names, widths = [0], [min(widths[0], 2 * room // 5), *widths[1:]]
    for i in range(keys, len(widths)):
        if len(block) > len(names) and sum(widths[j] + GAP for j in (*block, i)) - GAP > room:
            yield block
            block = names
        block = [*block, i]
    yield block


def listing(
    columns: Sequence[str],
    rows: Iterable[tuple[Sequence[str], str]],
    right: Collection[str] = (),
) -> Text:
    """A long table as lines of text: 10,000 rows take 0.2 s, laid out by rich 5 s.

    rows: cells, and a style; a row with fewer cells ends with a remark, for which no column
        is made wider
    """
    shown: list[tuple[Sequence[str], str]] = [(columns, "bold"), *rows]
    widths = [0] * len(columns)
    for cells, _ in shown:
        for i, cell in enumerate(cells if len(cells) == len(columns) else cells[:-1]):
            widths[i] = max(widths[i], len(cell))
    lines = Text()
    for number, (cells, style) in enumerate(shown):
        padded = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=False)
        )
        end = "\n" if number + 1 < len(shown) else ""
        lines.append("  ".join(padded).rstrip() + end, style)
    return lines


def progress_console(quiet: bool) -> Console:
    """A console on stderr, silent if asked to be."""
    return Console(**LITERAL, stderr=True, quiet=quiet)
