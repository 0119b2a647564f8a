"""Tables of the nodes of a graph and of its edges, as people write them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.columns import Numbers, listed
from structbench.data.graphs.edges import Ints
from structbench.data.graphs.gathered import require_at_most
from structbench.data.graphs.limits import MOST_EDGES, MOST_NODES
from structbench.data.own.files import Files, called
from structbench.data.own.labels import LABEL_COLUMNS
from structbench.data.own.text import is_number, rows_of
from structbench.data.own.watched import watched
from structbench.errors import ConfigError, DataError, nearest

# What columns are called, whatever the case of their letters.
IDS = ("id", "node", "node_id", "nodeid")
LABEL_ENDS = ("_label", "_class", "_target")
ENDS = (
    ("source", "target"), ("from", "to"), ("src", "dst"), ("id_1", "id_2"), ("id1", "id2"),
    ("node_1", "node_2"), ("node1", "node2"), ("u", "v"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class NodeTable:
    """What a table says of nodes, row by row.

    ids: of a node → the line that it stands in
    labels: of each, as it is written; none where they are not asked for
    features: float32 [rows, columns]
    headed: whether the first line says what the columns are called
    """

    where: Path
    ids: dict[str, int]
    labels: list[str]
    features: NDArray[np.float32]
    headed: bool
    told: tuple[str, ...]


def node_table(
    files: Files, name: str, options: Mapping[str, Any], *, labelled: bool, numbers: bool
) -> NodeTable:
    """Nodes, with their classes where they are labelled, and what else are numbers.

    options: `id_column` and `label_column`, where they are said
    DataError, which names the line, where a row cannot be read; ConfigError where there is no
    column of a name that was asked for.
    """
    where, rows = files.place(name), _rows(files, name, "reading nodes")
    line, first = next(rows, (0, []))
    if not labelled and (classes := [cell for cell in first[1:] if is_of_classes(cell)]):
        raise DataError(f"{where} has classes too, in {classes[0]!r}: leave them in one table")
    head = _head(first, where, options, labelled)
    ids, labels, values = dict[str, int](), list[str](), Numbers(where, head.others(first))
    if not head.headed:
        rows = _with(line, first, rows)
    for line, cells in rows:
        if len(cells) != len(first):
            raise DataError(f"{where}:{line}: {len(cells)} columns, not {len(first)} as above")
        node = _id(cells[head.id], where, line)
        if node in ids:
            raise DataError(f"{where}:{line}: node {node!r} is there already, in line {ids[node]}")
        ids[node] = line
        require_at_most(where, len(ids), MOST_NODES, "nodes")
        if head.label is not None:
            labels.append(called(cells[head.label]))
        if numbers:
            values.add(line, cells)
    if not ids:
        raise DataError(f"{where} has no nodes")
    features, told = values.found() if numbers else (np.zeros((len(ids), 0), np.float32), ())
    return NodeTable(where, ids, labels, features, head.headed, told)


class _Head(NamedTuple):
    """Where the id of a node stands, and its class; headed: whether columns are named."""

    id: int
    label: int | None
    headed: bool

    def others(self, first: list[str]) -> dict[int, str]:
        """Column → what it is called."""
        places = (i for i in range(len(first)) if i not in (self.id, self.label))
        return {i: first[i] if self.headed else f"column {i + 1}" for i in places}


def _head(first: list[str], where: Path, options: Mapping[str, Any], labelled: bool) -> _Head:
    names = [cell.casefold() for cell in first]
    ids = [options["id_column"]] if options.get("id_column") in first else []
    ids += [first[i] for i, name in enumerate(names) if name in IDS]
    label = options.get("label_column") if labelled else None
    if not _is_head(first, names, bool(ids) or label in first, labelled):
        if labelled and len(first) < 2:
            raise DataError(f"{where}: a node has an id and a class, with a tab or comma between")
        for key in ("id_column", "label_column") if labelled else ():
            if options.get(key):
                raise ConfigError(f"data.{key}: {where} does not say what its columns are called")
        return _Head(0, 1 if labelled else None, headed=False)
    if labelled and options.get("id_column") not in (None, *first):
        raise ConfigError(_no_column("id_column", options["id_column"], where, first))
    at = first.index(ids[0]) if ids else 0
    return _Head(at, _label_at(first, at, where, label) if labelled else None, headed=True)


def _is_head(first: list[str], names: list[str], known: bool, labelled: bool) -> bool:
    """Whether a line says what the columns are called."""
    if known:
        return True
    if labelled:
        return any(map(is_of_classes, names))
    return not all(is_number(cell) for cell in first[1:])


def is_of_classes(text: str) -> bool:
    """Whether a column that is called so has classes, whatever else there is; not `y` alone, which
    also answers yes."""
    return (name := text.casefold()) in LABEL_COLUMNS[:-1] or name.endswith(LABEL_ENDS)


def _label_at(first: list[str], id_at: int, where: Path, asked: str | None) -> int:
    """Where the classes stand; DataError, or ConfigError where that was asked for, if nowhere."""
    there = [i for i in range(len(first)) if i != id_at]
    if asked is not None:
        found = [i for i in there if first[i] == asked]
        if not found:
            raise ConfigError(_no_column("label_column", asked, where, first))
    else:
        names = {i: first[i].casefold() for i in there}
        exact = next((name for name in LABEL_COLUMNS if name in names.values()), None)
        ending = [i for i, name in names.items() if name.endswith(LABEL_ENDS)]
        found = [i for i, name in names.items() if name == exact] or ending
        found = found or (there if len(there) == 1 else [])
    if len(found) == 1:
        return found[0]
    asked_of = [first[i] for i in found or there or [id_at]]
    raise DataError(
        f"{where}: which column has the classes: {listed(asked_of)}? Say it, as in "
        f"data.label_column={asked_of[0]}"
    )


def _no_column(key: str, asked: str, where: Path, first: list[str]) -> str:
    return f"data.{key}: {where} has no column {asked!r}; {nearest(asked, first)}"


def edge_table(
    files: Files, name: str, numbers: dict[str, int], nodes: Path, *, grows: bool
) -> tuple[Ints, tuple[str, ...]]:
    """[edges, 2], the numbers of the nodes that each edge joins, and what is to be known.

    The first line says what the columns are called where neither of its nodes is anywhere else.

    numbers: id of a node → its number; where it grows, nodes that are met for the first time are
    added, and elsewhere they are a DataError, which names the line; nodes: where all should stand
    """
    where, rows = files.place(name), _rows(files, name, "reading edges")
    line, first = next(rows, (0, ["", ""]))
    source, target, named = _ends_at(first, numbers)
    found = array("q")

    def number(row: int, cell: str) -> int:
        if (known := numbers.get(cell)) is not None:  # as almost all are
            return known
        node = _id(cell, where, row)
        if node not in numbers and not grows:
            raise DataError(f"{where}:{row}: there is no node {node!r} in {nodes.name}")
        return numbers.setdefault(node, len(numbers))

    def add(row: int, cells: list[str]) -> None:
        if len(cells) <= max(source, target):
            raise DataError(f"{where}:{row}: an edge is two nodes, with a tab or comma between")
        found.extend((number(row, cells[source]), number(row, cells[target])))

    for row, cells in rows:
        add(row, cells)
        require_at_most(where, len(found) // 2, MOST_EDGES, "edges")
        require_at_most(where, len(numbers), MOST_NODES, "nodes")
    if len(first) < 2 or (not named and any(called(first[i]) in numbers for i in (source, target))):
        add(line, first)
        named = True
    return np.array(found, np.int64).reshape(-1, 2), tuple(_passed(first, source, target, name))


def _ends_at(first: list[str], numbers: Mapping[str, int]) -> tuple[int, int, bool]:
    """The columns of the two nodes, and whether they are known by what they are called."""
    names = [cell.casefold() for cell in first]
    for pair in ENDS:
        if all(name in names for name in pair) and not any(name in numbers for name in pair):
            return names.index(pair[0]), names.index(pair[1]), True
    return 0, 1, False


def _passed(first: list[str], source: int, target: int, name: str) -> Iterator[str]:
    """Whether an edge has more than its ends."""
    if others := len(first) - len({source, target}):
        more = f"{others} columns" if others > 1 else "a column"
        yield f"{name} has {more} beside the two nodes of an edge: nothing reads that"


def _rows(files: Files, name: str, doing: str) -> Iterator[tuple[int, list[str]]]:
    lines = files.content(name).count(b"\n") + 1
    return watched(rows_of(files, name), lines, doing)


def _with(
    line: int, first: list[str], rows: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    if first:
        yield line, first
    yield from rows


def _id(cell: str, where: Path, line: int) -> str:
    if not cell:
        raise DataError(f"{where}:{line}: a node without an id")
    return cell if cell.isascii() else called(cell)
