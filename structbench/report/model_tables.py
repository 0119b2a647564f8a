"""Models: what there is, and one of them layer by layer."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.layers import Module, Shape, Window, shape_text
from structbench.report.console import plain_table
from structbench.report.table import Table


def models_table(tables: Mapping[str, LayerTable], purposes: Mapping[str, str]) -> RenderableType:
    """One line a family, for the terminal."""
    numbers = ("parameters", "multiply-accumulates")
    table = plain_table("family", *numbers, "what it is", right=numbers)
    for name, layers in tables.items():
        table.add_row(name, f"{layers.parameters:,}", f"{layers.macs:,}", Text(purposes[name]))
    return Group(
        table,
        Text("on MNIST, with default options; `structbench models cnn` shows one", style="dim"),
    )


def layers_table(title: str, layers: LayerTable) -> Table:
    """A model layer by layer, each number with the arithmetic that gives it."""
    return Table(
        "layers",
        f"{title}: {layers.parameters:,} parameters",
        ("layer", "window", "output", "size", "parameters", "worked out", "MACs", "sees"),
        (
            *map(_cells, layers.rows),
            ("total", "", "", "", f"{layers.parameters:,}", "", f"{layers.macs:,}", ""),
        ),
        "window: K kernel, S stride, P padding; size: (M + 2P − K)/S + 1; MACs: "
        "multiply-accumulates of one example's forward pass; sees: receptive field of one output "
        "value, in input pixels",
        keys=4,
        detail=True,
    )


def _cells(row: LayerRow) -> tuple[str, ...]:
    layer, window = row.layer, row.layer if isinstance(row.layer, Window) else None
    sides: Shape = tuple(dict.fromkeys(row.input_shape[1:]))
    # The formula worked out, once for each different side.
    worked = [window.side(side) for side in sides] if window else []
    field = row.receptive_field
    return (
        layer.describe(),
        f"K {window.kernel_size} S {window.stride} P {window.padding}" if window else "",
        shape_text(row.output_shape),
        ", ".join(f"{side.formula} = {side.value}" for side in worked),
        f"{row.parameters.value:,}" if row.parameters.value else "",
        row.parameters.formula,
        f"{row.macs:,}" if row.macs else "",
        "" if isinstance(layer, Module) else f"{field}×{field}" if field else "all",
    )
