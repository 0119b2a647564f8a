"""A table as texts: the same cells on the terminal, in Markdown, in LaTeX and on the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table: its cells as texts, and what they are in a line beneath it.

    The first column names the row; the others are aligned to the right.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def markdown(grid: Table) -> str:
    """As a GitHub table, with its title above and its note beneath."""
    lines = [grid.columns, ("---", *["---:"] * (len(grid.columns) - 1)), *grid.rows]
    table = "\n".join(f"| {' | '.join(c.replace('|', '∣') for c in line)} |" for line in lines)
    return "\n\n".join(filter(None, (f"**{grid.title}**", table, grid.note))) + "\n"


# What LaTeX reads as its own.
_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "−": "$-$", "…": r"\dots{}", "·": r"$\cdot$", "<": "$<$", ">": "$>$",
    "×": r"$\times$",
}  # fmt: skip


def latex(grid: Table) -> str:
    """As a booktabs table."""

    def line(cells: tuple[str, ...]) -> str:
        return " & ".join("".join(_LATEX.get(c, c) for c in cell) for cell in cells) + r" \\"

    body = [line(row) for row in grid.rows]
    parts = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{line((grid.title,))[:-3]}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(grid.columns) - 1)}}}",
        r"\toprule",
        line(grid.columns),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *([rf"\par\footnotesize {line((grid.note,))[:-3]}"] if grid.note else []),
        r"\end{table}",
    ]
    return "\n".join(parts) + "\n"
