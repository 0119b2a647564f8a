"""Models for the terminal: what there is, and one of them layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.layers import Module, Shape, Window, shape_text
from structbench.report.console import plain_table


def models_table(tables: Mapping[str, LayerTable], purposes: Mapping[str, str]) -> RenderableType:
    """One line a family."""
    table = plain_table(
        "family",
        "parameters",
        "multiply-accumulates",
        "what it is",
        right=["parameters", "multiply-accumulates"],
    )
    for name, layers in tables.items():
        table.add_row(name, f"{layers.parameters:,}", f"{layers.macs:,}", Text(purposes[name]))
    return Group(
        table,
        Text("on MNIST, with default options; `structbench models cnn` shows one", style="dim"),
    )


def layer_table_view(layers: LayerTable, title: str) -> RenderableType:
    """A model layer by layer, each number with the arithmetic that gives it."""
    table = Grid(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False)
    for column in ("layer", "window", "output", "size", "parameters", "", "MACs", "sees"):
        number = column in ("parameters", "MACs")
        table.add_column(
            column, justify="right" if number else "left", no_wrap=number or not column
        )
    for row in layers.rows:
        table.add_row(
            row.layer.describe(),
            _window(row),
            shape_text(row.output_shape),
            _size(row),
            f"{row.parameters.value:,}" if row.parameters.value else "",
            f"= {row.parameters.formula}" if row.parameters.formula else "",
            f"{row.macs:,}" if row.macs else "",
            _field(row),
        )
    table.add_section()
    table.add_row("total", "", "", "", f"{layers.parameters:,}", "", f"{layers.macs:,}", "")
    legend = (
        "window: K kernel, S stride, P padding · size: (M + 2P − K)/S + 1 · MACs: "
        "multiply-accumulates of one example's forward pass · sees: "
        "receptive field of one output value, in input pixels"
    )
    return Group(table, Text(legend, style="dim"))


def _window(row: LayerRow) -> str:
    layer = row.layer
    if not isinstance(layer, Window):
        return ""
    return f"K {layer.kernel_size} S {layer.stride} P {layer.padding}"


def _size(row: LayerRow) -> str:
    """The formula worked out, once for each different side."""
    if not isinstance(row.layer, Window):
        return ""
    sides: Shape = tuple(dict.fromkeys(row.input_shape[1:]))
    worked = (row.layer.side(side) for side in sides)
    return ", ".join(f"{side.formula} = {side.value}" for side in worked)


def _field(row: LayerRow) -> str:
    if isinstance(row.layer, Module):
        return ""
    return "all" if row.receptive_field is None else f"{row.receptive_field}×{row.receptive_field}"
