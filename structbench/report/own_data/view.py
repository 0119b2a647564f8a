"""What is seen of data of a user's own, on the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from structbench.data.own.doubts import shown
from structbench.data.own.read import OwnPairs
from structbench.report.console import plain_table
from structbench.report.data_tables import input_and_answer
from structbench.report.own_data.choice import largest, spread
from structbench.report.own_data.seen import Seen
from structbench.report.text import counted

# Rows of the table of classes; of more the largest are shown.
MOST_CLASSES = 20
# Pairs of sentences that are shown, and letters of each.
PAIRS, LETTERS = 5, 56
# Letters of what was done on reading.
LONG = 300
# What to begin with, by kind.
MODELS = {
    "image": "cnn fnn",
    "signal": "cnn fnn",
    "sequence": "transformer fnn",
    "graph": "gcn fnn",
}
NO_DOUBTS = {
    "image": "every class has examples on both sides; no copies, none of one value",
    "signal": "every class has examples on both sides; no copies, none of one value",
    "sequence": "no pair is there twice, no sentence has two translations or is on both sides",
    "graph": "every class has several nodes; every node has edges and features",
}


def view(seen: Seen, data: dict[str, Any], sheet: Path) -> RenderableType:
    """data: the facts; sheet: where the picture is"""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    for label, text in _lines(seen, data):
        grid.add_row(label, Text(text))
    parts: list[RenderableType] = [Text(seen.path, "bold"), grid, Text()]
    if seen.classes:
        parts += [*_classes(seen), Text()]
    if isinstance(seen.read, OwnPairs):
        parts += [_pairs(seen.read), Text()]
    parts += [Text(f"• {shown(told, LONG)}") for told in seen.told]
    parts += [Text(f"doubt: {doubt.told}", "yellow") for doubt in seen.doubts]
    if not seen.doubts:
        parts.append(Text(f"no doubts: {NO_DOUBTS[seen.kind]}", "green"))
    parts += [Text(f"contact sheet: {sheet}"), Text(_hint(seen), "dim")]
    return Group(*parts)


def _lines(seen: Seen, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "kind", data["kind"]
    yield "examples", _examples(data)
    if data.get("labelled", 0) < data.get("nodes", 0):
        yield "labelled", f"{data['labelled']:,} of {data['nodes']:,} nodes"
    for label, text in input_and_answer(data):
        if label == "graph":
            parts = counted(data["components"], "component")
            text += f"; {parts}; at most {data['largest_degree']:,} edges of a node"
        yield label, f"{data['classes']:,}" if label == "classes" else text
    yield "files", f"{data['files']:,}"
    yield "SHA-256", data["sha256"]
    yield "by default", f"tested under {', '.join(data['default_conditions'])}"
    yield "conditions", ", ".join(data["conditions"])


def _examples(data: dict[str, Any]) -> str:
    text = f"{data['train_examples']:,} to train, {data['test_examples']:,} to test"
    if "nodes" in data:
        return f"{text}; nodes, which the seed draws"
    if data["test_share"] is None:
        return f"{text}, as the files have them"
    return f"{text}: a share of {data['test_share']:g}, chosen once (data.test_share)"


def _classes(seen: Seen) -> Iterator[RenderableType]:
    """A row for each class, or for each of the largest."""
    nodes = seen.kind == "graph"
    numbers = ("nodes",) if nodes else ("examples", "to train", "to test")
    table = plain_table("class", *numbers, right=numbers)
    for i in largest([of.examples for of in seen.classes], MOST_CLASSES):
        name, *sizes = seen.classes[i]
        table.add_row(shown(name), *(f"{size:,}" for size in sizes[: len(numbers)]))
    yield table
    if (more := len(seen.classes) - MOST_CLASSES) > 0:
        sizes = sorted(of.examples for of in seen.classes)[:more]
        told = f"and {more:,} classes of {sizes[0]:,} to {sizes[-1]:,} {numbers[0]} each"
        yield Text(told, "dim")


def _pairs(read: OwnPairs) -> RenderableType:
    table = plain_table("source", "answer")
    for i in spread(len(read.sources), PAIRS):
        table.add_row(shown(read.sources[i], LETTERS), shown(read.answers[i], LETTERS))
    return table


def _hint(seen: Seen) -> str:
    asked = "".join(f" --set {shlex.quote(override)}" for override in seen.overrides)
    path = shlex.quote(seen.path)
    return (
        f"`structbench compare {MODELS[seen.kind]} --data {path}{asked}` compares networks on them"
    )
