"""What a comparison or sweep leaves behind: tables, figures, a page, and its numbers last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from structbench.comparison import COMPARISON, FORMAT, Comparison
from structbench.errors import RunFolderError
from structbench.files import sealed, unsealed, write_bytes, write_json
from structbench.report.grids import Grid, grids, latex, markdown
from structbench.report.rows import (
    COMPARISON_COLUMNS,
    comparison_rows,
    csv_text,
    sweep_columns,
    sweep_rows,
)
from structbench.report.sweep_grids import sweep_grids
from structbench.store import Store
from structbench.sweeps import SWEEP, Sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = "report.html"
FILES: Mapping[type, str] = {Comparison: COMPARISON, Sweep: SWEEP}
Reported = TypeVar("Reported", Comparison, Sweep)


def read_comparison(folder: Path) -> Comparison:
    """The comparison in a folder; RunFolderError where there is none, or it is damaged."""
    return _read(folder, Comparison)


def read_sweep(folder: Path) -> Sweep:
    """The sweep in a folder; RunFolderError where there is none, or it is damaged."""
    return _read(folder, Sweep)


def _read(folder: Path, kind: type[Reported]) -> Reported:
    path = folder / FILES[kind]
    content = unsealed(path, FORMAT)
    try:
        return kind.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RunFolderError(
            f"{path} is no {kind.__name__.lower()}: {place}: {first['msg']}"
        ) from None


def is_current(found: Reported, folder: Path) -> bool:
    """Whether the folder holds the report of these numbers, whatever command asked for it."""
    try:
        written = _read(folder, type(found))
    except RunFolderError:
        return False
    ours = {"command": found.command, "format": found.format}
    return written.model_copy(update=ours) == found


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
    tables: Sequence[Grid],
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
    content = found.model_copy(update={"format": FORMAT}).model_dump(mode="json")
    write_json(folder / FILES[type(found)], sealed(content))
