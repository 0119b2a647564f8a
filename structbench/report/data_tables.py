"""Data sets for the terminal: what there is, and what one of them can be altered by."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from structbench.data.conditions import CONDITIONS
from structbench.data.examples import Dataset
from structbench.data.graphs.examples import GraphDataset
from structbench.models.layers import shape_text
from structbench.problem import Problem
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
        **_of_symbols(problem),
        **_of_a_graph(dataset),
        **({"class_names": dataset.class_names} if dataset.class_names else {}),
        "licence": dataset.licence,
        "source": dataset.source,
        "default_conditions": dataset.conditions,
        "conditions": {
            row.usage(name): row.purpose for name, row in CONDITIONS[dataset.kind].items()
        },
    }


def _of_symbols(problem: Problem) -> dict[str, int]:
    """Nothing where examples are numbers and their answer is one class."""
    sizes = {"vocabulary": problem.vocabulary, "answer_length": problem.answer_length}
    return {name: size for name, size in sizes.items() if size}


def _of_a_graph(dataset: Dataset) -> dict[str, Any]:
    """Nothing where examples are no nodes of one."""
    if not isinstance(dataset, GraphDataset):
        return {}
    within, judged = dataset.within, dataset.edges if dataset.judged is None else dataset.judged
    return {
        "nodes": dataset.nodes,
        "edges": dataset.edges,
        "mean_degree": 2 * dataset.edges / dataset.nodes,
        **({} if within is None or not judged else {"homophily": within / judged}),
        "drawn_by_seed": dataset.drawn,
    }


def datasets_table(found: Sequence[Mapping[str, Any]]) -> RenderableType:
    """One line a data set. found: the facts of each"""
    columns = ("data set", "kind", "train", "test", "input", "classes", "licence")
    table = plain_table(*columns, right=("train", "test", "classes"))
    for data in found:
        table.add_row(data["name"], *_sizes(data), data["licence"])
    hint = (
        "`structbench data mnist` shows one; a config names it: data.name\n"
        "`structbench data PATH` looks at data of your own"
    )
    return Group(table, Text(hint, style="dim"))


def dataset_view(data: Mapping[str, Any]) -> RenderableType:
    """The facts of a data set, and the conditions that fit it."""
    kind, train, test, *_ = _sizes(data)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for label, text in (
        ("kind", kind),
        ("examples", f"{train} to train, {test} to test" + _drawn(data)),
        *input_and_answer(data),
        ("licence", data["licence"]),
        ("source", data["source"]),
        ("tested by default", ", ".join(data["default_conditions"])),
    ):
        grid.add_row(label, Text(text))
    conditions = plain_table("condition", "what it does")
    for usage, purpose in data["conditions"].items():
        conditions.add_row(usage, purpose)
    return Group(Text(data["name"], style="bold"), grid, conditions)


def input_and_answer(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What goes into a network and what is asked of it, each with its label."""
    *_, shape, classes = _sizes(data)
    if "nodes" in data:
        return (
            ("graph", _graph(data)),
            ("input", f"{data['input_shape'][0]:,} features of each node, and the edges"),
            ("classes", classes + _named(data)),
        )
    if "vocabulary" not in data:
        return ("input", shape), ("classes", classes + _named(data))
    return (
        ("input", f"{shape} places, {data['vocabulary']:,} symbols"),
        ("answer", f"{data['answer_length']:,} places, {classes} symbols"),
    )


def _named(data: Mapping[str, Any]) -> str:
    """What the classes are called, where they are no numbers."""
    names = data.get("class_names")
    return f": {', '.join(names)}" if names else ""


def _graph(data: Mapping[str, Any]) -> str:
    sizes = f"{data['nodes']:,} nodes, {data['edges']:,} edges"
    mean = f"a node has {data['mean_degree']:.1f} on average"
    if "homophily" not in data:
        return f"{sizes}; {mean}"
    return f"{sizes}; {mean}; {100 * data['homophily']:.0f} % join nodes of one class"


def _drawn(data: Mapping[str, Any]) -> str:
    """How it is said that examples are nodes, and what the seed draws."""
    if "nodes" not in data:
        return ""
    return f"; nodes, which the seed draws{' after the graph' if data['drawn_by_seed'] else ''}"


def _sizes(data: Mapping[str, Any]) -> tuple[str, ...]:
    train, test, classes = (
        f"{data[key]:,}" for key in ("train_examples", "test_examples", "classes")
    )
    return data["kind"], train, test, shape_text(data["input_shape"]), classes
