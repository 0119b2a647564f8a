"""A graph in one archive of numpy (.npz)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.graphs.edges import Ints
from structbench.data.graphs.features import CSR, DENSE, matrix_of, stored
from structbench.data.graphs.gathered import gathered
from structbench.data.own.archive import arrays_of, only_archive
from structbench.data.own.files import Files, called
from structbench.data.own.labels import texts_of
from structbench.data.own.read import OwnGraph
from structbench.errors import ConfigError, DataError

# What arrays are called. A matrix of edges or of features may be stored as CSR, as the graphs of
# Shchur et al. (2018) are: adj_data, adj_indices, …
BY_END = "edge_index"
EDGES, LABELS = ("edges", BY_END), ("labels", "node_labels", "y")
_ADJ, _ATTR = (tuple(f"{before}_{key}" for key in CSR) for before in ("adj", "attr"))
# What stands for a class that is not known, where all classes are whole numbers.
_NONE = -1


def sees_archive(files: Files) -> bool:
    """One .npz with edges and the classes of nodes."""
    keys = only_archive(files)
    return bool(keys & {*EDGES, "adj_indices"}) and bool(keys & set(LABELS))


def read_archive(files: Files, options: Mapping[str, Any]) -> OwnGraph:
    """Nodes are numbered from 0, in the order of their classes.

    DataError where an array is missing or damaged; ConfigError where columns are asked for.
    """
    if options:
        raise ConfigError(f"data.{next(iter(options))}: an .npz has arrays, and no columns")
    name = files.names[0]
    where, every = files.place(name), (*EDGES, *LABELS, *DENSE, *_ADJ, *_ATTR)
    arrays = arrays_of(files, name, every)
    labels = _labels(next(arrays[key] for key in LABELS if key in arrays), where)
    dense = next((arrays[key] for key in DENSE if key in arrays), None)
    features = None
    if dense is not None:
        features = matrix_of(dense, where)
    elif all(key in arrays for key in _ATTR):
        features = stored(arrays, "attr_", where)
    if features is not None and features.shape[0] != len(labels):
        rows = features.shape[0]
        raise DataError(f"{where}: features of {rows:,} nodes, and classes of {len(labels):,}")
    return gathered(where, labels, _ends(arrays, len(labels), where), features)


def _labels(array: NDArray[Any], where: Path) -> list[str]:
    """Of each node its class as text, empty where there is none."""
    if array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim == 1 and array.dtype.kind in "if":
        none = (array == _NONE) | np.isnan(array)
        if none.any() and len(only := np.unique(array[~none])) == 1:
            raise DataError(
                f"{where}: all classes are {only[0]:.12g}, and {_NONE} is that of nodes without one"
            )
        known = iter(texts_of(array[~none], where))
        return ["" if without else next(known) for without in none.tolist()]
    return [called(text.strip()) for text in texts_of(array, where)]


def _ends(arrays: Mapping[str, NDArray[Any]], nodes: int, where: Path) -> Ints:
    """[edges, 2]"""
    key = next((key for key in EDGES if key in arrays), "")
    if not key:
        if not all(key in arrays for key in _ADJ):
            raise DataError(f"{where} lacks one of {', '.join(_ADJ)}")
        matrix = stored(arrays, "adj_", where)
        if matrix.shape != (nodes, nodes):
            raise DataError(f"{where}: adj is {list(matrix.shape)}, and there are {nodes:,} nodes")
        matrix.eliminate_zeros()
        rows = np.repeat(np.arange(nodes), np.diff(matrix.indptr))
        return np.stack([rows, matrix.indices.astype(np.int64)], axis=1)
    array = arrays[key]
    # Of two edges only what it is called tells which axis is which: edge_index is [2, edges].
    turned = (key == BY_END and array.shape[:1] == (2,)) or array.shape[1:] != (2,)
    if array.ndim == 2 and array.shape[0] == 2 and turned:
        array = array.T
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise DataError(
            f"{where}: edges should be whole numbers, [edges, 2], not {array.dtype} "
            f"{list(array.shape)}"
        )
    wrong = array[(array < 0) | (array >= nodes)]
    if len(wrong):
        raise DataError(f"{where}: an edge ends at node {wrong[0]}, and there are {nodes:,} nodes")
    return array.astype(np.int64)
