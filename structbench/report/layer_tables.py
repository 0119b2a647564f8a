"""The layers of models, as tables of a page."""

from __future__ import annotations

from structbench.models.layer_table import LayerTable
from structbench.models.layers import shape_text
from structbench.report.table import Table


def layers_table(name: str, layers: LayerTable) -> Table:
    """A model layer by layer, each number with the arithmetic that gives it."""
    rows = [
        (
            row.layer.describe(),
            shape_text(row.output_shape),
            f"{row.parameters.value:,}" if row.parameters.value else "",
            row.parameters.formula,
            f"{row.macs:,}" if row.macs else "",
        )
        for row in layers.rows
    ]
    total = ("total", "", f"{layers.parameters:,}", "", f"{layers.macs:,}")
    columns = ("layer", "output", "parameters", "worked out", "MACs")
    title = f"{name}: {layers.parameters:,} parameters"
    return Table("layers", title, columns, (*rows, total), keys=2)
