"""Data sets for the terminal: what there is, and what one of them can be altered by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.data.conditions import CONDITIONS
from structbench.data.examples import Dataset
from structbench.models.layers import shape_text
from structbench.options import Options
from structbench.report.console import plain_table


class Facts(Options):
    """What is known of a data set without reading it."""

    name: str
    kind: str
    train_examples: int
    test_examples: int
    input_shape: tuple[int, ...]
    classes: int
    licence: str
    source: str
    default_conditions: tuple[str, ...]
    conditions: dict[str, str]
    """How a condition is written → what it does."""


def facts(dataset: Dataset, folder: Path) -> Facts:
    """Those of a data set in a data folder."""
    problem, known = dataset.problem(folder), CONDITIONS[dataset.kind]
    return Facts(
        name=dataset.name,
        kind=dataset.kind,
        train_examples=dataset.train_examples,
        test_examples=dataset.test_examples,
        input_shape=problem.input_shape,
        classes=problem.classes,
        licence=dataset.licence,
        source=dataset.source,
        default_conditions=dataset.conditions,
        conditions={row.usage(name): row.purpose for name, row in known.items()},
    )


def datasets_table(found: Sequence[Facts]) -> RenderableType:
    """One line a data set."""
    columns = ("data set", "kind", "train", "test", "input", "classes", "licence")
    table = plain_table(*columns, right=("train", "test", "classes"))
    for data in found:
        table.add_row(data.name, *_sizes(data), data.licence)
    hint = "`structbench data mnist` shows one; a config names it: data.name"
    return Group(table, Text(hint, style="dim"))


def dataset_view(data: Facts) -> RenderableType:
    """A data set, and the conditions that fit it."""
    kind, train, test, shape, classes = _sizes(data)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for label, text in (
        ("kind", kind),
        ("examples", f"{train} to train, {test} to test"),
        ("input", shape),
        ("classes", classes),
        ("licence", data.licence),
        ("source", data.source),
        ("tested by default", ", ".join(data.default_conditions)),
    ):
        grid.add_row(label, Text(text))
    conditions = plain_table("condition", "what it does")
    for usage, purpose in data.conditions.items():
        conditions.add_row(usage, purpose)
    return Group(Text(data.name, style="bold"), grid, conditions)


def _sizes(data: Facts) -> tuple[str, ...]:
    return (
        data.kind,
        f"{data.train_examples:,}",
        f"{data.test_examples:,}",
        shape_text(data.input_shape),
        f"{data.classes:,}",
    )
