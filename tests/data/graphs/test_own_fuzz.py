"""Whatever lies in files of a graph: it is read, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.errors import ConfigError, DataError
from tests.data.graphs.graphs import NOWHERE, require_canonical
from tests.data.graphs.own import archive, spec_at, written

FILES = {
    "g_edges.csv": b"id_1,id_2\n0,1\n1,2\n2,3\n3,0\n",
    "g_target.csv": b"id,name,ml_target\n0,a,0\n1,b,0\n2,c,1\n3,d,1\n",
    "g_features.json": b'{"0": [1, 2], "1": [2], "2": [], "3": [0]}',
}
GRAPH = archive(
    edges=np.array([[0, 1], [1, 2], [2, 3]]), labels=np.array([0, 0, 1, 1]), features=np.eye(4)
)
CELLS = st.text(st.sampled_from('019.-+eaNxé,;\t"\n\r #\0{}[]:'), max_size=40).map(str.encode)

# A few words, so that some tables are right.
WORDS = st.sampled_from([*"001122abxx", "", "NA", "id", "label", "1.5", "-1", "nan", "1e400", '"'])
TABLES = st.lists(st.lists(WORDS, min_size=2, max_size=3).map(",".join), max_size=8)


def is_read_or_refused(path: Path) -> None:
    try:
        data = spec_at(path).load(NOWHERE, 0)
    except (DataError, ConfigError) as error:
        told = str(error)
    else:
        told = ""
        require_canonical(data.test.graph)  # type: ignore[attr-defined]
        assert (data.test.labels >= 0).all()
        assert (data.train.labels >= 0).all()
    assert "\n" not in told


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Cut off, with a piece put in, or with other bits."""
    place = draw(st.integers(0, len(content)))
    how = draw(st.sampled_from(["cut", "piece", "bits"]))
    if how == "cut":
        return content[:place]
    if how == "piece":
        piece = draw(st.one_of(CELLS, st.binary(max_size=8)))
        return content[:place] + piece + content[draw(st.integers(place, len(content))) :]
    bits = bytearray(content)
    for at in draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        bits[at] ^= draw(st.integers(1, 255))
    return bytes(bits)


@given(st.data())
def test_damaged_tables(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    files = {**FILES, name: data.draw(damaged(FILES[name]))}
    is_read_or_refused(written(tmp_path_factory.mktemp("graph"), files))


@given(st.data())
def test_any_cells(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = ("edges.csv", "nodes.csv", "features.csv")[: data.draw(st.integers(2, 3))]
    files = {name: "\n".join(data.draw(TABLES)).encode() for name in names}
    is_read_or_refused(written(tmp_path_factory.mktemp("graph"), files))


@given(damaged(GRAPH))
def test_damaged_archives(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("graph") / "graph.npz"
    path.write_bytes(content)
    is_read_or_refused(path)


@given(damaged(archive(features=np.eye(4))))
def test_damaged_features(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    files = {name: of for name, of in FILES.items() if "json" not in name}
    files["features.npz"] = content
    is_read_or_refused(written(tmp_path_factory.mktemp("graph"), files))
