"""Data sets for the terminal: what there is, and what one of them can be altered by."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.data.conditions import CONDITIONS
from structbench.data.examples import Dataset
from structbench.models.layers import shape_text
from structbench.report.console import plain_table


def facts(dataset: Dataset, folder: Path) -> dict[str, Any]:
    """What is known of a data set without reading it; `folder` is where it lies or will lie."""
    problem = dataset.problem(folder)
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "train_examples": dataset.train_examples,
        "test_examples": dataset.test_examples,
        "input_shape": problem.input_shape,
        "classes": problem.classes,
        **({"vocabulary": problem.vocabulary} if problem.vocabulary else {}),
        **({"answer_length": problem.answer_length} if problem.answer_length else {}),
        "licence": dataset.licence,
        "source": dataset.source,
        "default_conditions": dataset.conditions,
        "conditions": {
            row.usage(name): row.purpose for name, row in CONDITIONS[dataset.kind].items()
        },
    }


def datasets_table(found: Sequence[Mapping[str, Any]]) -> RenderableType:
    """One line a data set. found: the facts of each"""
    columns = ("data set", "kind", "train", "test", "input", "classes", "licence")
    table = plain_table(*columns, right=("train", "test", "classes"))
    for data in found:
        table.add_row(data["name"], *_sizes(data), data["licence"])
    hint = "`structbench data mnist` shows one; a config names it: data.name"
    return Group(table, Text(hint, style="dim"))


def dataset_view(data: Mapping[str, Any]) -> RenderableType:
    """The facts of a data set, and the conditions that fit it."""
    kind, train, test, shape, classes = _sizes(data)
    symbols = "vocabulary" in data
    grid = Table.grid(padding=(0, 2, 0, 0))
    for label, text in (
        ("kind", kind),
        ("examples", f"{train} to train, {test} to test"),
        ("input", f"{shape} places, {data['vocabulary']:,} symbols" if symbols else shape),
        *[("answer", f"{data['answer_length']:,} places, {classes} symbols")] * symbols,
        *[("classes", classes)] * (not symbols),
        ("licence", data["licence"]),
        ("source", data["source"]),
        ("tested by default", ", ".join(data["default_conditions"])),
    ):
        grid.add_row(label, Text(text))
    conditions = plain_table("condition", "what it does")
    for usage, purpose in data["conditions"].items():
        conditions.add_row(usage, purpose)
    return Group(Text(data["name"], style="bold"), grid, conditions)


def _sizes(data: Mapping[str, Any]) -> tuple[str, ...]:
    train, test, classes = (
        f"{data[key]:,}" for key in ("train_examples", "test_examples", "classes")
    )
    return data["kind"], train, test, shape_text(data["input_shape"]), classes
