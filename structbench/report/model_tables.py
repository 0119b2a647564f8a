"""Models: what there is, and one of them layer by layer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.text import Text

from structbench.data import DATASETS
from structbench.data.examples import Dataset
from structbench.data.spec import default_data_folder
from structbench.errors import ConfigError
from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.layers import Module, Shape, Window, shape_text
from structbench.models.milestones import Counted, Error
from structbench.models.residual_layers import Residual
from structbench.models.spec import ModelSpec
from structbench.models.zoo import PublishedNetwork
from structbench.report.console import plain_table
from structbench.report.table import Table
from structbench.report.text import listed

_OF_OTHERS = (
    "window: K kernel, S stride, P padding; size: (M + 2P − K)/S + 1; MACs: multiply-accumulates "
    "of one example's forward pass; sees: receptive field of one output value, in places of the "
    "input"
)
_OF_GRAPHS = (
    "MACs: multiply-accumulates of one forward pass over the whole graph, which answers for all "
    "nodes; sees: how many edges away from a node those may be that tell of it"
)


def models_table(
    families: Mapping[str, type[ModelSpec]], others: Sequence[str] = ()
) -> RenderableType:
    """One line a family, for the terminal; where its size cannot be told, why.

    others: what may be models too
    """
    numbers = ("parameters", "multiply-accumulates")
    table = plain_table("family", *numbers, "what it is", right=numbers)
    data = {name: first_data(family) for name, family in families.items()}
    for name, family in families.items():
        purpose = next(iter((family.__doc__ or "").strip().splitlines()), "")
        if issubclass(family, PublishedNetwork):
            # Its library takes seconds to import; nor is it made for the first data set.
            table.add_row(name, "", "", purpose)
            continue
        try:
            layers = _with_defaults(family, data[name])
            macs = f"at least {layers.macs:,}" if layers.not_counted else f"{layers.macs:,}"
            table.add_row(name, f"{layers.parameters:,}", macs, purpose)
        except ConfigError as error:
            table.add_row(name, "", "", f"{purpose} ({error})" if purpose else str(error))
    counted = [
        row for name, row in data.items() if not issubclass(families[name], PublishedNetwork)
    ]
    sets = listed(list(dict.fromkeys(_shown(dataset) for dataset in counted if dataset)))
    one = next(iter(families), "cnn")
    hints = (
        *[
            f"on {sets}, with default options; `structbench models {one}` shows one, "
            "`structbench models milestones` the lecture's"
        ]
        * bool(sets),
        *[f"may be models too: {', '.join(others)}"] * bool(others),
    )
    return Group(*[table] * bool(families), *(Text(hint, style="dim") for hint in hints))


_OF_MILESTONES = (
    "layers: convolutions and linear layers that come one after another, without those of "
    "shortcuts and of squeeze and excitation; MACs: multiply-accumulates of one image's forward "
    "pass; both, and parameters, for images of 3×224×224 and 1,000 classes, of LeNet-5 for "
    "1×28×28 and 10. Errors: as published, of ImageNet that none of five guesses is right, of "
    "MNIST that the one is wrong; on validation images from one cut of each or from several, so "
    "that small differences tell little. What the lecture calls SENet, with 152 layers, is "
    "SE-ResNet-152. The repository of Hu et al.: hujie-frank/SENet, table 1"
)


def milestones_table(found: Sequence[Counted]) -> Table:
    """The lecture's milestones: how large each is, and what was published of it."""
    columns = ("year", "network", "layers", "parameters", "MACs")
    return Table(
        "milestones",
        "The lecture's milestones",
        (*columns, "error, alone", "error, together", "source"),
        tuple(map(_milestone, found)),
        _OF_MILESTONES,
        keys=2,
    )


def _milestone(found: Counted) -> tuple[str, ...]:
    of = found.milestone
    counts = (found.layers, found.parameters, found.macs)
    errors = (of.error, of.together)
    return (
        str(of.year),
        of.name,
        *("" if count is None else f"{count:,}" for count in counts),
        *(f"{error.percent} % ({_on(error)})" if error else "" for error in errors),
        found.missing or of.source,
    )


def _on(error: Error) -> str:
    """E.g. `test, 7 networks`."""
    alone = error.networks == "one network"
    return error.tested_on if alone else f"{error.tested_on}, {error.networks}"


def milestone_facts(found: Counted) -> dict[str, Any]:
    """The same of one of them, for a program."""
    of = found.milestone
    return {
        "network": of.name,
        "year": of.year,
        "family": of.spec.family,
        "input_shape": of.problem.input_shape,
        "classes": of.problem.classes,
        "layers": found.layers,
        "parameters": found.parameters,
        "multiply_accumulates": found.macs,
        "not_counted": found.missing,
        "error": asdict(of.error),
        "error_together": of.together and asdict(of.together),
        "source": of.source,
    }


def _shown(dataset: Dataset) -> str:
    pass_over = " (all nodes in one pass)" * (dataset.kind == "graph")
    return f"{dataset.name}{pass_over}"


def first_data(family: type[ModelSpec]) -> Dataset | None:
    """The first data set that the family can be trained on."""
    return next((d for d in DATASETS.values() if d.kind in family.takes), None)


def _with_defaults(family: type[ModelSpec], dataset: Dataset | None) -> LayerTable:
    """The layers with default options; ConfigError in a few words where there are none."""
    if dataset is None:
        raise ConfigError(f"for {listed([f'{kind}s' for kind in sorted(family.takes)])} only")
    if needed := [name for name, field in family.model_fields.items() if field.is_required()]:
        raise ConfigError(f"needs {listed(needed)}")
    problem = dataset.problem(default_data_folder())
    try:
        return family().layer_table(problem)
    except ValidationError as error:
        told = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"its defaults are refused: {told}") from None
    except Exception as error:  # of a user's code, which may raise anything
        kind = "" if isinstance(error, ConfigError) else f"{type(error).__name__}: "
        told = f"{kind}{error}".removeprefix(f"model {family.model_fields['family'].default} ")
        first = next(iter(told.splitlines()), "")
        raise ConfigError(f"does not fit {dataset.name}: {first}") from None


def layers_table(title: str, layers: LayerTable) -> Table:
    """A model layer by layer, each number with the arithmetic that gives it; blocks open."""
    missing = f" (not counted: {', '.join(layers.not_counted)})" if layers.not_counted else ""
    return Table(
        "layers",
        f"{title}: {_parameters(layers)}",
        ("layer", "window", "output", "size", "parameters", "worked out", "MACs", "sees"),
        (
            *(_cells(row, layers) for row in layers.rows),
            (f"total{missing}", "", "", "", f"{layers.parameters:,}", "", f"{layers.macs:,}", ""),
        ),
        _OF_GRAPHS if layers.of_graph else _OF_OTHERS,
        keys=4,
        detail=True,
        inside={
            number: tuple(_inside(row, layers))
            for number, row in enumerate(layers.rows)
            if row.inside
        },
    )


def _parameters(layers: LayerTable) -> str:
    """E.g. `421,642 parameters`."""
    every = f"{layers.parameters + layers.frozen:,} parameters"
    return f"{every}, of which {layers.parameters:,} are trained" if layers.frozen else every


def _inside(block: LayerRow, layers: LayerTable) -> Iterator[tuple[str, ...]]:
    """The rows of a block that are no blocks; where something is added, what that is."""
    for row in block.inside:
        yield from _inside(row, layers) if row.inside else (_cells(row, layers),)
    if isinstance(block.layer, Residual):
        added = block.layer.added(block.input_shape)
        yield (f"added: {added}", "", shape_text(block.output_shape), *[""] * 5)


def _worked_out(row: LayerRow) -> str:
    """The formula; of a block the sum alone, whose terms are worked out inside."""
    if not row.inside:
        return row.parameters.formula
    terms = (inside.parameters.value for inside in row.opened)
    return " + ".join(f"{term:,}" for term in terms if term)


def _cells(row: LayerRow, layers: LayerTable) -> tuple[str, ...]:
    window = row.layer if isinstance(row.layer, Window) else None
    sides: Shape = tuple(dict.fromkeys(row.input_shape[1:]))
    # The formula worked out, once for each different side.
    worked = [window.side(side) for side in sides] if window else []
    return (
        row.text,
        f"K {window.kernel_size} S {window.stride} P {window.padding}" if window else "",
        shape_text(row.output_shape),
        ", ".join(f"{side.formula} = {side.value}" for side in worked),
        f"{row.parameters.value:,}" if row.parameters.value else "",
        _worked_out(row),
        f"{row.macs:,}" if row.macs else "",
        _sees(row, layers.of_graph),
    )


def _sees(row: LayerRow, of_graph: bool) -> str:
    """Of what one output value can see, the sides; of a user's own module nobody knows."""
    if isinstance(row.layer, Module):
        return ""
    if of_graph:
        return str(row.hops)
    return "all" if row.receptive_field is None else shape_text(row.receptive_field)
