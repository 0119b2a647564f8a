"""The layers of models, as tables of a page."""

from __future__ import annotations

from structbench.experiment.run import Run
from structbench.models.layers import shape_text
from structbench.report.table import Table


def layer_grid(name: str, run: Run) -> Table:
    """A model layer by layer, each number with the arithmetic that gives it."""
    table = run.experiment.layer_table
    rows = [
        (
            row.layer.describe(),
            shape_text(row.output_shape),
            f"{row.parameters.value:,}" if row.parameters.value else "",
            row.parameters.formula,
            f"{row.macs:,}" if row.macs else "",
        )
        for row in table.rows
    ]
    total = ("total", "", f"{table.parameters:,}", "", f"{table.macs:,}")
    columns = ("layer", "output", "parameters", "worked out", "MACs")
    return Table("layers", name, columns, (*rows, total))
