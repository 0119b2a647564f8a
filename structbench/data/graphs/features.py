"""Features of nodes that stand in a file of their own: a table, JSON or an archive."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.gathered import require_at_most
from structbench.data.graphs.limits import MOST_FEATURES, MOST_NODES, MOST_VALUES
from structbench.data.graphs.tables import node_table
from structbench.data.own.archive import arrays_of, keys_of
from structbench.data.own.files import Files, called
from structbench.data.own.limits import bytes_text
from structbench.data.own.text import text_of
from structbench.data.own.watched import watched
from structbench.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# As Python's objects, JSON takes some ten times its size.
LARGEST_JSON = 2**30
DENSE = ("features", "node_features", "x")
# What the arrays of a CSR matrix are called: behind nothing, as scipy saves it, or a name.
CSR = ("data", "indices", "indptr", "shape")


@dataclass(frozen=True, eq=False)
class NodeFeatures:
    """Rows of features.

    ids: whose row each is; None: of one node after the other
    rows: [rows, features], of what can be read as features
    """

    ids: list[str] | None
    rows: csr_array
    told: tuple[str, ...] = ()


def features_in(files: Files, name: str, options: Mapping[str, Any]) -> NodeFeatures:
    """What a file says, by its ending; DataError where it cannot be read."""
    if name.lower().endswith(".json"):
        return _listed(files, name)
    if name.lower().endswith(".npz"):
        return NodeFeatures(None, _in_archive(files, name))
    from scipy.sparse import csr_array

    table = node_table(files, name, options, labelled=False, numbers=True)
    return NodeFeatures(list(table.ids), csr_array(table.features), table.told)


def _listed(files: Files, name: str) -> NodeFeatures:
    """As MUSAE's files have it: {"0": [3, 17, 5], …}, of each node the numbers of its features."""
    from scipy.sparse import csr_array

    where = files.place(name)
    said = _json(files, name)
    require_at_most(where, len(said), MOST_NODES, "nodes")
    columns, starts = array("q"), array("q", [0])
    for node, numbers in watched(said.items(), len(said), "reading features"):
        if not isinstance(numbers, list) or not all(type(i) is int for i in numbers):
            raise DataError(f"{where}: node {node!r} should have a list of numbers of features")
        wrong = next((i for i in numbers if not 0 <= i < MOST_FEATURES), None)
        if wrong is not None:
            raise DataError(
                f"{where}: node {node!r} has feature {str(wrong)[:20]}: they are numbered from 0, "
                f"below {MOST_FEATURES:,}"
            )
        columns.extend(sorted(set(numbers)))
        starts.append(len(columns))
        if len(columns) > MOST_VALUES:
            raise DataError(f"{where}: more than {MOST_VALUES:,} features")
    if not columns:
        raise DataError(f"{where}: no node has a feature")
    parts = np.ones(len(columns), np.float32), np.array(columns), np.array(starts)
    rows = csr_array(parts, shape=(len(said), max(columns) + 1))
    ids = [called(node.strip()) for node in said]
    if twice := [node for node, count in Counter(ids).items() if count > 1]:
        raise DataError(f"{where}: node {twice[0]!r} is there twice")
    return NodeFeatures(ids, rows)


def _json(files: Files, name: str) -> dict[str, Any]:
    where, text = files.place(name), text_of(files, name)
    if len(text) > LARGEST_JSON:
        raise DataError(
            f"{where} has {bytes_text(len(text))}, more than {bytes_text(LARGEST_JSON)}: save the "
            "features as .npz"
        )

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
            raise DataError(f"{where}: node {twice!r} is there twice")
        return found

    try:
        said = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}:{error.lineno}: no JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # brackets in brackets, numbers of 5,000 digits
        raise DataError(f"{where}: no JSON of numbers of features") from None
    if not isinstance(said, dict):
        raise DataError(f'{where} should map each node to its features, as in {{"0": [3, 17]}}')
    return said


def _in_archive(files: Files, name: str) -> csr_array:
    keys = keys_of(files, name)
    dense = next((key for key in DENSE if key in keys), None)
    arrays = arrays_of(files, name, (dense,) if dense else CSR)
    where = files.place(name)
    if dense:
        return matrix_of(arrays[dense], where)
    if len(arrays) < len(CSR):
        raise DataError(
            f"{where} should have an array `features`, or a CSR matrix as scipy.sparse.save_npz "
            "saves it"
        )
    return stored(arrays, "", where)


def matrix_of(array: NDArray[Any], where: object) -> csr_array:
    """Of a dense array [nodes, features]; DataError where it is none of numbers."""
    from scipy.sparse import csr_array

    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "biuf":
        raise DataError(
            f"{where}: features should be numbers, [nodes, features], not {array.dtype} "
            f"{list(array.shape)}"
        )
    require_at_most(where, int(np.count_nonzero(array)), MOST_VALUES, "features other than 0")
    with np.errstate(over="ignore"):
        return csr_array(array.astype(np.float32))


def stored(arrays: Mapping[str, NDArray[Any]], before: str, where: object) -> csr_array:
    """The CSR matrix of arrays that are called data, indices, indptr and shape.

    before: what stands before these names
    DataError where they are none
    """
    from scipy.sparse import csr_array

    data, indices, starts, shape = (arrays[before + key].ravel() for key in CSR)
    numbers = all(of.dtype.kind in "iu" for of in (indices, starts, shape))
    if not (numbers and data.dtype.kind in "biuf" and len(shape) == 2 and shape.min() > 0):
        raise DataError(f"{where}: {before}data, {before}indices, … are no CSR matrix")
    rows, columns = (int(side) for side in shape)
    if not (
        len(starts) == rows + 1
        and starts[0] == 0
        and starts[-1] == len(data) == len(indices)
        and (starts[1:] >= starts[:-1]).all()
        and (not len(indices) or 0 <= indices.min() <= indices.max() < columns)
    ):
        raise DataError(f"{where}: {before}data, {before}indices, … are no CSR matrix")
    with np.errstate(over="ignore"):
        values = data.astype(np.float32)
    parts = values, indices.astype(np.int64), starts.astype(np.int64)
    require_at_most(where, columns, MOST_FEATURES, "columns")
    return csr_array(parts, shape=(rows, columns))
