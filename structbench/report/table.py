"""A table as texts: the same cells on the terminal, in Markdown, in LaTeX and on the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from structbench.report.verdict import Verdict

# Letters, with the space between columns, that have room on a page beside a heading.
NARROW = 100


class Cell(str):
    """A text with what the page shows of it besides.

    verdict: what colours it; run: to whose folder it leads; parts: its words, each with whether it
    is marked as wrong
    """

    verdict: Verdict | None
    run: str
    parts: tuple[tuple[str, bool], ...]

    def __new__(
        cls,
        text: str,
        verdict: Verdict | None = None,
        run: str = "",
        parts: tuple[tuple[str, bool], ...] = (),
    ) -> Cell:
        """The text, with what the terminal and the page show besides."""
        cell = super().__new__(cls, text)
        cell.verdict, cell.run, cell.parts = verdict, run, parts
        return cell


@dataclass(frozen=True)
class Table:
    """A table: its cells as texts, and what they are in a line beneath it.

    keys: how many columns name the row; the others are numbers, and aligned to the right. Where all
    are names, the table is one of words, and the last column may be long
    detail: what another table, or a sentence, sums up
    inside: number of a row → the rows that it opens to, on the page; elsewhere see `opened`
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    keys: int = 1
    detail: bool = False
    inside: Mapping[int, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @property
    def opened(self) -> Table:
        """With the rows inside beneath each row that opens, indented."""

        def rows() -> Iterator[tuple[str, ...]]:
            for number, row in enumerate(self.rows):
                yield row
                for first, *others in self.inside.get(number, ()):
                    yield (f"  {first}", *others)

        return replace(self, rows=tuple(rows()), inside={})

    @property
    def is_prose(self) -> bool:
        """Whether it is one of words."""
        return self.keys == len(self.columns)

    @property
    def widths(self) -> list[int]:
        """Letters that each column needs."""
        return [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]

    @property
    def is_wide(self) -> bool:
        """Whether it has no room beside a heading."""
        return not self.is_prose and sum(self.widths) + 3 * len(self.columns) > NARROW


def words(
    name: str,
    rows: Iterable[tuple[str, ...]],
    columns: tuple[str, ...] = ("", ""),
    title: str = "",
    note: str = "",
) -> Table:
    """A table of words."""
    return Table(name, title, columns, tuple(rows), note, keys=len(columns))


def markdown(table: Table) -> str:
    """As a GitHub table, with its title above and its note beneath."""
    numbers = len(table.columns) - table.keys
    lines = [table.columns, ("---",) * table.keys + ("---:",) * numbers, *table.rows]
    text = "\n".join(f"| {' | '.join(c.replace('|', '∣') for c in line)} |" for line in lines)
    return "\n\n".join(filter(None, (f"**{table.title}**", text, table.note))) + "\n"


# What LaTeX reads as its own.
_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "[": "{[}",  # after a line's end it would be a length
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "−": "$-$", "…": r"\dots{}", "·": r"$\cdot$", "<": "$<$", ">": "$>$",
    "×": r"$\times$", "→": r"$\to$",
}  # fmt: skip


def latex(table: Table) -> str:
    """As a booktabs table."""

    def line(cells: tuple[str, ...]) -> str:
        return " & ".join("".join(_LATEX.get(c, c) for c in cell) for cell in cells) + r" \\"

    parts = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{line((table.title,))[:-3]}}}",
        rf"\begin{{tabular}}{{{'l' * table.keys}{'r' * (len(table.columns) - table.keys)}}}",
        r"\toprule",
        line(table.columns),
        r"\midrule",
        *map(line, table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        *([rf"\par\footnotesize {line((table.note,))[:-3]}"] if table.note else []),
        r"\end{table}",
    ]
    return "\n".join(parts) + "\n"
