"""Graphs as people have them in files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from structbench.data.graphs.examples import Graph, GraphExamples
from structbench.data.graphs.spec import OwnGraphSpec
from structbench.experiment.load import load_experiment
from tests.data.graphs.graphs import NOWHERE, pairs_of

EDGES = "source,target\na,b\nb,c\nc,d\nd,a\n"
NODES = "id,label\na,x\nb,x\nc,y\nd,y\n"
NUMBERED = {"a_edges.csv": "0,1\n1,2\n2,3\n", "a_target.csv": "id,target\n0,x\n1,x\n2,y\n3,y\n"}
PAIRS = {("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")}


def archive(**arrays: Any) -> bytes:
    """An .npz."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder, with these files in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def spec_at(path: Path, *settings: str) -> OwnGraphSpec:
    """What `--data PATH` makes of a config."""
    found = load_experiment("gcn", [f"data.{of}" for of in settings], data=path).data
    assert isinstance(found, OwnGraphSpec)
    return found


def parts_at(
    path: Path, *settings: str, seed: int = 0
) -> tuple[GraphExamples, GraphExamples, GraphExamples]:
    """What a seed learns from, validates on and tests."""
    data = spec_at(path, *settings).load(NOWHERE, seed)
    found = data.train, data.validation, data.test
    assert all(isinstance(part, GraphExamples) for part in found)
    return found  # type: ignore[return-value]


def graph_at(path: Path, *settings: str) -> Graph:
    """The graph that lies there."""
    return parts_at(path, *settings)[2].graph


def named_pairs(graph: Graph) -> set[tuple[str, str]]:
    """The edges by what their ends are called, each pair in the order of the letters."""
    every = ((graph.name(a), graph.name(b)) for a, b in pairs_of(graph))
    return {(min(pair), max(pair)) for pair in every}


def classes_at(path: Path, *settings: str) -> dict[str, str | None]:
    """Node → its class."""
    spec, graph = spec_at(path, *settings), graph_at(path, *settings)
    names = spec.content.classes
    return {
        graph.name(i): names[of] if of >= 0 else None for i, of in enumerate(graph.classes.tolist())
    }
