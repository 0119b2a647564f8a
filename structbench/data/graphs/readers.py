"""What reads a graph of a user's own from a folder of tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from structbench.data.graphs.edges import Ints
from structbench.data.graphs.features import NodeFeatures, features_in
from structbench.data.graphs.gathered import gathered
from structbench.data.graphs.tables import NodeTable, edge_table, node_table
from structbench.data.own.files import Files
from structbench.data.own.read import OwnGraph
from structbench.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

TABLES = (".csv", ".tsv", ".txt")
# What a file is for: by the first of these words in its name, and its ending.
ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "edges": (("edge",), TABLES),
    "features": (("feature",), (*TABLES, ".json", ".npz")),
    "classes": (("target", "label"), TABLES),
    "nodes": (("node",), TABLES),
}


def sees_folder(files: Files) -> bool:
    """A folder with a table of edges, and one of nodes or of their classes."""
    roles = _roles(files)
    return files.only is None and bool(roles["edges"]) and bool(roles["classes"] + roles["nodes"])


def read_folder(files: Files, options: Mapping[str, Any]) -> OwnGraph:
    """Edges, nodes with their classes, and features where there are any.

    Nodes are in the order of their ids where these are whole numbers, else in that of the tables.
    """
    roles = _roles(files)
    edges = _one(files, roles["edges"], "edges")
    classes = _one(files, roles["classes"] or roles["nodes"], "classes")
    others = roles["features"] + (roles["nodes"] if roles["classes"] else [])
    apart = _one(files, others, "features") if others else None

    table = node_table(files, classes, options, labelled=True, numbers=not apart)
    numbers = {node: i for i, node in enumerate(table.ids)}
    found = features_in(files, apart, options) if apart else _beside(table)
    owners = _owners(found, numbers, files.place(apart or classes))
    told = [*table.told, *found.told]
    if without := len(numbers) - len(owners):
        told.append(f"nodes in {classes} alone, which have no features: {without:,}")
    ends, passed = edge_table(
        files, edges, numbers, files.place(classes), grows=not found.rows.shape[1]
    )
    if not table.headed:
        _require_a_node(table, ends)

    order = _order(numbers)
    place, known = np.argsort(order), list(numbers)
    ids = [known[i] for i in order]
    labels = table.labels + [""] * (len(numbers) - len(table.labels))
    return gathered(
        files.path,
        [labels[i] for i in order],
        place[ends],
        _placed(found.rows, place[owners], len(numbers)),
        (*told, *passed),
        [] if ids == [str(i) for i in range(len(ids))] else ids,
    )


def _roles(files: Files) -> dict[str, list[str]]:
    """What files are for → their names."""
    found: dict[str, list[str]] = {role: [] for role in ROLES}
    for name in files.names:
        path = PurePosixPath(name.lower())
        words = ((role, endings) for role, (w, endings) in ROLES.items() if _has(path.stem, w))
        role, endings = next(words, ("", ()))
        if role and path.suffix in endings:
            found[role].append(name)
    return found


def _has(stem: str, words: tuple[str, ...]) -> bool:
    return any(word in stem for word in words)


def _one(files: Files, names: list[str], what: str) -> str:
    if len(names) > 1:
        raise DataError(f"{files.path}: both {names[0]} and {names[1]} could be the {what}")
    return names[0]


def _beside(table: NodeTable) -> NodeFeatures:
    """The columns of numbers beside the classes."""
    from scipy.sparse import csr_array

    return NodeFeatures(list(table.ids), csr_array(table.features))


def _owners(found: NodeFeatures, numbers: dict[str, int], where: Path) -> Ints:
    """[rows]: of which node each row is; nodes that are met for the first time are added."""
    rows = found.rows.shape[0]
    if found.ids is not None:
        return np.array([numbers.setdefault(node, len(numbers)) for node in found.ids], np.int64)
    if rows != len(numbers):
        raise DataError(f"{where} has features of {rows:,} nodes, and there are {len(numbers):,}")
    counted = [numbers.get(str(row)) for row in range(rows)]
    return np.array(range(rows) if None in counted else counted, np.int64)


def _order(numbers: Mapping[str, int]) -> Ints:
    """The numbers of nodes, rising by their ids where these are whole numbers."""
    if all(node.isascii() and node.isdecimal() for node in numbers):
        return np.array(
            [numbers[node] for node in sorted(numbers, key=lambda node: (int(node), node))]
        )
    return np.arange(len(numbers))


def _require_a_node(table: NodeTable, ends: Ints) -> None:
    """DataError where the first line may say what the columns are called, in words unknown here:
    it would be a node without edges, alone in its class."""
    if table.labels.count(table.labels[0]) == 1 and not (ends == 0).any():
        node, line = next(iter(table.ids.items()))
        raise DataError(
            f"{table.where}:{line}: is {node!r} a node, or what a column is called? Begin with a "
            "line such as id,label"
        )


def _placed(rows: csr_array, owners: Ints, nodes: int) -> csr_array | None:
    """[nodes, features]: each row where its node is; None without features."""
    from scipy.sparse import csr_array

    if not rows.shape[1]:
        return None
    of = np.repeat(owners, np.diff(rows.indptr))
    return csr_array((rows.data, (of, rows.indices)), shape=(nodes, rows.shape[1]))
