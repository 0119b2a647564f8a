"""A contact sheet: some of the data at a glance, as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from structbench.errors import ConfigError
from structbench.machine.files import write_bytes
from structbench.problem import Kind
from structbench.report.own_data.seen import Seen

ENDINGS = (".svg", ".png")


def require_sheet(file: Path) -> None:
    """ConfigError where no picture can be written to a file of this name."""
    if file.suffix not in ENDINGS:
        raise ConfigError(f"--sheet {file}: the file's name should end in .svg or .png")


def draw_sheet(seen: Seen, file: Path) -> None:
    """Write the picture; RunFolderError where that fails."""
    import structbench.machine.drawing  # noqa: F401  first: the others import matplotlib
    from structbench.report.figures.style import CaptionedFigure, png, svg
    from structbench.report.own_data.graph_sheet import graph_sheet
    from structbench.report.own_data.grid_sheets import image_sheet, signal_sheet
    from structbench.report.own_data.pair_sheet import pair_sheet

    sheets: Mapping[Kind, Callable[[Seen], CaptionedFigure]] = {
        "image": image_sheet, "signal": signal_sheet, "sequence": pair_sheet, "graph": graph_sheet,
    }  # fmt: skip
    figure = sheets[seen.kind](seen)
    write_bytes(file, svg(figure).encode() if file.suffix == ".svg" else png(figure), durable=False)
