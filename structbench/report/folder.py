"""What a comparison or sweep leaves behind: tables, figures, a page, and its numbers last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
    from numpy.typing import NDArray

    from structbench.report.figures.style import CaptionedFigure

PAGE = "report.html"


def write_report(comparison: Comparison, folder: Path, store: Store, data_folder: Path) -> None:
    """Write tables, figures and page, then comparison.json."""
    from structbench.report import figures
    from structbench.report.exhibits import exhibits
    from structbench.report.exhibits.material import Material
    from structbench.report.layer_tables import layer_grid
    from structbench.report.page import page
    from structbench.report.provenance import origins

    material = Material.of(comparison, store, data_folder)
    shown = exhibits(comparison, material)
    drawn = _present(
        misclassification=figures.misclassification(comparison),
        leads=figures.leads(comparison),
        training_loss=figures.training_loss(comparison, losses(comparison, store)),
        structure=figures.structure(comparison),
    )
    where = list(origins(comparison, store))
    layers = {name: layer_grid(name, run) for name, (run, _) in material.first.items()}
    _write(
        comparison,
        folder,
        grids(comparison, verbose=True),
        csv_text(COMPARISON_COLUMNS, comparison_rows(comparison)),
        {**drawn, **{name: figure for s in shown for name, figure in s.figures.items()}},
        page(comparison, drawn, shown, layers, where, _runs(store, folder)),
    )


def write_sweep(sweep: Sweep, folder: Path, store: Store) -> None:
    """Write tables, figures and page, then sweep.json."""
    from structbench.report import figures
    from structbench.report.sweep_page import sweep_page

    drawn = _present(
        curves=figures.curves(sweep),
        differences=figures.differences(sweep),
        worth=figures.worth(sweep),
        training_loss=figures.loss_along(sweep),
    )
    _write(
        sweep,
        folder,
        sweep_grids(sweep, verbose=True),
        csv_text(sweep_columns(sweep), sweep_rows(sweep)),
        drawn,
        sweep_page(sweep, drawn, store, _runs(store, folder)),
    )


def losses(comparison: Comparison, store: Store) -> dict[str, list[NDArray[np.float64]]]:
    """Model → for each seed the training loss of each epoch: [epochs]."""
    return {
        name: [
            np.array([epoch.train_loss for epoch in store.read(run)[1].summary.history])
            for run in model.runs
        ]
        for name, model in comparison.models.items()
    }


def _present(**figures: CaptionedFigure | None) -> dict[str, CaptionedFigure]:
    return {name: figure for name, figure in figures.items() if figure}


def _runs(store: Store, folder: Path) -> str:
    """The runs folder as a relative path from the page."""
    return Path(relpath(store.root, folder)).as_posix()


def _write(
    found: Comparison | Sweep,
    folder: Path,
    tables: Sequence[Table],
    csv: str,
    drawn: Mapping[str, CaptionedFigure],
    html: str,
) -> None:
    from structbench.report.figures.style import png, svg

    write_bytes(folder / "table.md", "\n".join(map(markdown, tables)).encode())
    write_bytes(folder / "table.tex", "\n".join(map(latex, tables)).encode())
    write_bytes(folder / "table.csv", csv.encode())
    for name, figure in drawn.items():
        write_bytes(folder / "figures" / f"{name}.svg", svg(figure).encode())
        write_bytes(folder / "figures" / f"{name}.png", png(figure))
    write_bytes(folder / PAGE, html.encode())
    write_results(found, folder)
