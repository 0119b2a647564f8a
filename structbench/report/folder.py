"""What a comparison or sweep leaves behind: tables, figures, a page, and its numbers last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from structbench.machine.files import write_bytes
from structbench.report.grids import grids
from structbench.report.rows import (
    COMPARISON_COLUMNS,
    comparison_rows,
    csv_text,
    sweep_columns,
    sweep_rows,
)
from structbench.report.sweep_grids import sweep_grids
from structbench.report.table import Table, latex, markdown
from structbench.results.comparison import Comparison
from structbench.results.sweep import Sweep
from structbench.store.results import write_results
from structbench.store.runs import Store

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = "report.html"


def write_report(comparison: Comparison, folder: Path, store: Store, data_folder: Path) -> None:
    """Write tables, figures and page, then comparison.json."""
    from structbench.report.exhibits import gather
    from structbench.report.figures import figures
    from structbench.report.page import page

    exhibits = gather(comparison, store, data_folder)
    drawn = figures(comparison, exhibits)
    _write(
        comparison,
        folder,
        grids(comparison, verbose=True),
        csv_text(COMPARISON_COLUMNS, comparison_rows(comparison)),
        drawn,
        page(comparison, exhibits, drawn, _runs(store, folder)),
    )


def write_sweep(sweep: Sweep, folder: Path, store: Store) -> None:
    """Write tables, figures and page, then sweep.json."""
    from structbench.report.sweep_figures import sweep_figures
    from structbench.report.sweep_page import sweep_page

    drawn = sweep_figures(sweep)
    _write(
        sweep,
        folder,
        sweep_grids(sweep, verbose=True),
        csv_text(sweep_columns(sweep), sweep_rows(sweep)),
        drawn,
        sweep_page(sweep, drawn, store, _runs(store, folder)),
    )


def _runs(store: Store, folder: Path) -> str:
    """The runs folder as a relative path from the page."""
    return Path(relpath(store.root, folder)).as_posix()


def _write(
    found: Comparison | Sweep,
    folder: Path,
    tables: Sequence[Table],
    csv: str,
    drawn: Mapping[str, Figure],
    html: str,
) -> None:
    from structbench.report.plates import png, svg

    write_bytes(folder / "table.md", "\n".join(map(markdown, tables)).encode())
    write_bytes(folder / "table.tex", "\n".join(map(latex, tables)).encode())
    write_bytes(folder / "table.csv", csv.encode())
    for name, figure in drawn.items():
        write_bytes(folder / "figures" / f"{name}.svg", svg(figure).encode())
        write_bytes(folder / "figures" / f"{name}.png", png(figure))
    write_bytes(folder / PAGE, html.encode())
    write_results(found, folder)
