"""Graphs of a user's own: every way in which they may be written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, save_npz

from structbench.data.graphs.examples import NO_CLASS
from structbench.data.own.read import OwnGraph
from structbench.errors import ConfigError, DataError
from tests.data.graphs.graphs import require_canonical
from tests.data.graphs.own import (
    EDGES,
    NODES,
    NUMBERED,
    PAIRS,
    archive,
    classes_at,
    graph_at,
    named_pairs,
    parts_at,
    spec_at,
    written,
)

CLASSES = {"a": "x", "b": "x", "c": "y", "d": "y"}
WAYS: dict[str, dict[str, str]] = {
    "heads": {"edges.csv": EDGES, "nodes.csv": NODES},
    "no heads": {"edges.csv": "a,b\nb,c\nc,d\nd,a\n", "nodes.csv": "a,x\nb,x\nc,y\nd,y\n"},
    "tabs, CRLF and a mark at the start": {
        "edges.tsv": "\ufeff" + EDGES.replace(",", "\t").replace("\n", "\r\n"),
        "nodes.tsv": NODES.replace(",", "\t"),
    },
    "semicolons and quotes": {
        "edges.csv": '"a";"b"\n"b";"c"\n"c";"d"\n"d";"a"\n',
        "nodes.csv": NODES.replace(",", ";"),
    },
    "a head in words of one's own": {
        "edges.csv": EDGES.replace("source,target", "von,nach"),
        "nodes.csv": NODES,
    },
    "ends by what columns are called": {
        "edges.csv": "weight,To,From\n1,b,a\n1,c,b\n1,d,c\n1,a,d\n",
        "nodes.csv": "class,town,node\nx,Bern,a\nx,Rom,b\ny,Ulm,c\ny,Bonn,d\n",
    },
    "loops, doubles, both directions": {"edges.csv": EDGES + "a,a\na,b\nb,a\n", "nodes.csv": NODES},
    "in a folder, among other files": {
        "my graph/x_edges.csv": EDGES,
        "my graph/x_labels.csv": NODES,
        "my graph/README.txt": "edges and nodes",
    },
    "the only other column": {"edges.csv": EDGES, "nodes.csv": NODES.replace("label", "club")},
    "a name that ends so": {
        "edges.csv": EDGES,
        "x_target.csv": NODES.replace("id,label", "id,ml_target"),
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_graph_however_it_is_written(tmp_path: Path, way: str) -> None:
    written(tmp_path, WAYS[way])
    graph = graph_at(tmp_path)
    require_canonical(graph)
    assert named_pairs(graph) == PAIRS
    assert classes_at(tmp_path) == CLASSES
    assert (graph.features.toarray() == np.eye(4)).all()


def test_what_was_done_is_told(tmp_path: Path) -> None:
    nodes = "id,label,town,age\na,x,Bern,1\nb,x,Rom,2\nc,,Ulm,0\nd,y,Bonn,4\ne,NA,Rom,5\n"
    written(tmp_path, {"edges.csv": EDGES + "a,a\na,b\nb,a\n", "nodes.csv": nodes})
    _, _, test = parts_at(tmp_path, "test_size=1")
    assert test.notices == (
        "a node's features are age of nodes.csv; no numbers, and passed over: town",
        "nodes without a feature other than 0: 1 of 5",
        "nodes without a class: 2 of 5; they are there as neighbours, and neither learned from nor "
        "tested",
        "of 7 edges left out: 1 that join a node with itself, 2 that are there already, in this "
        "direction or the other",
        "the graph has 2 components, the largest of 4 nodes; nodes without an edge: 1",
    )


def test_features_of_another_order_than_1_are_told(tmp_path: Path) -> None:
    for age, told in ((-250, True), (100, False)):
        folder = written(tmp_path / str(age), {"edges.csv": EDGES, "nodes.csv": AGED.format(age)})
        _, _, test = parts_at(folder)
        assert any("reach 250: networks learn badly" in of for of in test.notices) == told


@given(st.data())
def test_any_graph_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever the order of the lines, the ids, and the missing classes."""
    count = data.draw(st.integers(3, 9))
    letters = st.text("abcü 字'\"#", min_size=1, max_size=4).map(str.strip).filter(bool)
    ids = data.draw(
        st.one_of(
            st.permutations([str(i) for i in range(count)]),
            st.lists(st.integers(0, 10**6).map(str), min_size=count, max_size=count, unique=True),
            st.lists(letters, min_size=count, max_size=count, unique=True),
        )
    )
    classes = ["x", "x", "y", *data.draw(st.lists(st.sampled_from(["x", "y", ""]), min_size=count))]
    classes = classes[:count]
    features = [[i + 1, i % 2] for i in range(count)]
    every = st.sampled_from(range(count))
    ends = data.draw(st.lists(st.tuples(every, every), min_size=1, max_size=20))
    ends.append((0, 1))

    def quoted(*cells: object) -> str:
        return ",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells) + "\n"

    lines = [quoted(ids[i], classes[i], *features[i]) for i in range(count)]
    folder = written(
        tmp_path_factory.mktemp("graph"),
        {
            "edges.csv": "source,target\n" + "".join(quoted(ids[a], ids[b]) for a, b in ends),
            "nodes.csv": "id,label,one,two\n" + "".join(data.draw(st.permutations(lines))),
        },
    )
    graph = graph_at(folder, "test_size=1")
    require_canonical(graph)
    known = {name: i for i, name in enumerate(ids)}
    number = [known[graph.name(i)] for i in range(count)]
    assert named_pairs(graph) == {
        (min(ids[a], ids[b]), max(ids[a], ids[b])) for a, b in ends if a != b
    }
    assert graph.features.toarray().tolist() == [features[i] for i in number]
    found = classes_at(folder, "test_size=1")
    assert found == {ids[i]: classes[i] or None for i in range(count)}
    if all(name.isdecimal() for name in ids):
        assert [int(graph.name(i)) for i in range(count)] == sorted(map(int, ids))


def test_features_in_files_of_their_own(tmp_path: Path) -> None:
    """A table, JSON, a dense and a sparse archive of the same features say the same."""
    dense = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], np.float32)
    sparse = tmp_path / "sparse.npz"
    save_npz(sparse, csr_array(dense))
    lists = {str(i): np.flatnonzero(row).tolist() for i, row in enumerate(dense) if i != 2}
    table = "id,u,v,w\n" + "".join(f"{i},{','.join(map(str, dense[i]))}\n" for i in (3, 1, 0, 2))
    written_so: dict[str, str | bytes] = {
        "features.csv": table,
        "musae_features.json": json.dumps(lists),
        "features.npz": archive(features=dense),
        "node_features.npz": sparse.read_bytes(),
    }
    for name, content in written_so.items():
        folder = written(tmp_path / f"with {name}", {**NUMBERED, name: content})
        assert (graph_at(folder).features.toarray() == dense).all(), name
    apart = {"edges.csv": NUMBERED["a_edges.csv"], "labels.csv": NUMBERED["a_target.csv"]}
    folder = written(tmp_path / "nodes beside labels", {**apart, "nodes.csv": table})
    assert (graph_at(folder).features.toarray() == dense).all()


def test_rows_of_an_archive_are_nodes_in_the_order_of_the_table_or_of_their_numbers(
    tmp_path: Path,
) -> None:
    features = archive(features=np.arange(1, 5)[:, None])
    files = {"edges.csv": EDGES, "nodes.csv": "id,label\nd,y\nc,y\nb,x\na,x\n"}
    graph = graph_at(written(tmp_path / "names", {**files, "features.npz": features}))
    assert {graph.name(i): int(graph.features[i, 0]) for i in range(4)} == {
        "d": 1, "c": 2, "b": 3, "a": 4
    }  # fmt: skip
    numbers = {**NUMBERED, "a_target.csv": "id,target\n3,y\n2,y\n1,x\n0,x\n"}
    graph = graph_at(written(tmp_path / "numbers", {**numbers, "features.npz": features}))
    assert graph.features.toarray().ravel().tolist() == [1, 2, 3, 4]
    assert graph.classes.tolist() == [0, 0, 1, 1]


def test_nodes_that_only_edges_or_features_name_have_no_class(tmp_path: Path) -> None:
    edges = {"edges.csv": EDGES + "d,e\n"}
    assert classes_at(written(tmp_path / "edges", {**edges, "labels.csv": NODES}))["e"] is None
    features = {"features.csv": "id,size\n" + "".join(f"{i},1\n" for i in "abcde")}
    folder = written(tmp_path / "features", {**edges, **features, "labels.csv": NODES})
    assert classes_at(folder)["e"] is None
    assert (graph_at(folder).features.toarray() == 1).all()


def test_columns_can_be_said(tmp_path: Path) -> None:
    """As in the files of Twitch: edges name the last column, and no column is called a label."""
    target = "id,days,mature,new_id\n7,5,True,3\n8,5,True,2\n9,5,False,1\n10,3,False,0\n"
    files = {"t_edges.csv": "from,to\n0,1\n1,2\n2,3\n", "t_target.csv": target}
    written(tmp_path, {**files, "t_features.json": '{"0": [0], "1": [0], "2": [1], "3": [1]}'})
    settings = ("label_column=mature", "id_column=new_id")
    assert classes_at(tmp_path, *settings) == {"0": "False", "1": "False", "2": "True", "3": "True"}
    with pytest.raises(DataError, match=r"which column has the classes: days, mature, new_id\?"):
        spec_at(tmp_path)
    with pytest.raises(ConfigError, match=r"no column 'matur'; did you mean 'mature'\?"):
        spec_at(tmp_path, "label_column=matur")
    with pytest.raises(ConfigError, match=r"data\.id_column: .* has no column 'new'"):
        spec_at(tmp_path, "label_column=mature", "id_column=new")


GRAPH = {"edges": np.array([[0, 1], [1, 2], [2, 3], [3, 0]]), "labels": np.array([0, 0, 1, 1])}


def test_archives(tmp_path: Path) -> None:
    eye = csr_array(np.eye(4, dtype=np.float32))
    ring = csr_array(np.eye(4, k=1) + np.eye(4, k=-3))
    matrices = {
        f"{before}_{key}": np.array(getattr(of, key))
        for before, of in (("adj", ring), ("attr", eye))
        for key in ("data", "indices", "indptr", "shape")
    }
    ways = {
        "own": {**GRAPH, "features": np.eye(4)},
        "without features": GRAPH,
        "torch_geometric's": {
            "edge_index": GRAPH["edges"].T, "y": GRAPH["labels"][:, None], "x": np.eye(4)
        },
        "of Shchur et al.": {
            **matrices, "labels": GRAPH["labels"], "class_names": np.array([None, "b"], object)
        },
    }  # fmt: skip
    for way, arrays in ways.items():
        path = tmp_path / f"{way}.npz"
        path.write_bytes(archive(**arrays))
        graph = graph_at(path)
        require_canonical(graph)
        assert named_pairs(graph) == {("0", "1"), ("1", "2"), ("2", "3"), ("0", "3")}, way
        assert graph.classes.tolist() == [0, 0, 1, 1], way
        assert (graph.features.toarray() == np.eye(4)).all(), way


def test_of_two_edges_the_name_says_which_axis_is_which(tmp_path: Path) -> None:
    ends = np.array([[0, 1], [2, 3]])
    for name, joined in (
        ("edges", {("0", "1"), ("2", "3")}),
        ("edge_index", {("0", "2"), ("1", "3")}),
    ):
        path = tmp_path / f"{name}.npz"
        path.write_bytes(archive(**{name: ends, "labels": GRAPH["labels"]}))
        assert named_pairs(graph_at(path, "test_share=0.5")) == joined


@pytest.mark.parametrize(
    "labels", [[-1, 5, 7, 7], [np.nan, 5, 7, 7], ["", "5", "7", "7"], ["NA", "5", "7", "7"]]
)
def test_classes_that_an_archive_does_not_know(tmp_path: Path, labels: list[object]) -> None:
    path = tmp_path / "graph.npz"
    path.write_bytes(archive(**{**GRAPH, "labels": np.array(labels)}))
    assert classes_at(path) == {"0": None, "1": "5", "2": "7", "3": "7"}


def test_whole_numbers_that_others_wrote_as_measures(tmp_path: Path) -> None:
    """As pandas does where some are missing."""
    nodes = "id,label\na,2.0\nb,10.0\nc,2.0\nd,\n"
    written(tmp_path, {"edges.csv": EDGES, "nodes.csv": nodes})
    assert spec_at(tmp_path).content.classes == ("2", "10")


def test_a_column_called_y_may_be_a_place(tmp_path: Path) -> None:
    nodes = "id,x,y,label\na,1,2,u\nb,3,4,u\nc,5,6,v\nd,7,8,v\n"
    written(tmp_path, {"edges.csv": EDGES, "nodes.csv": nodes})
    assert graph_at(tmp_path).features.shape == (4, 2)


def test_what_is_kept_is_what_was_read(tmp_path: Path) -> None:
    nodes = "id,label,age\na,x,1\nb,,2\nc,x,3\nd,y,0\n"
    written(tmp_path, {"edges.csv": EDGES, "nodes.csv": nodes})
    graph = graph_at(tmp_path)
    again = OwnGraph.of_parts(OwnGraph(graph, ("x", "y"), ("told",)).parts)
    require_canonical(again.graph)
    assert (again.classes, again.told) == (("x", "y"), ("told",))
    assert again.graph.names == ("a", "b", "c", "d")
    assert again.graph.classes.tolist() == [0, NO_CLASS, 0, 1]
    assert (again.graph.features != graph.features).nnz == 0
    assert named_pairs(again.graph) == PAIRS


AGED = "id,label,age\na,x,1\nb,x,{}\nc,y,3\nd,y,4\n"
WRONG: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a node twice": (
        {"edges.csv": EDGES, "nodes.csv": NODES + "a,x\n"},
        "nodes.csv:6: node 'a' is there already, in line 2",
    ),
    "an edge to nowhere": (
        {"edges.csv": EDGES + "a,z\n", "nodes.csv": AGED.format(2)},
        "edges.csv:6: there is no node 'z' in nodes.csv",
    ),
    "half an edge": ({"edges.csv": EDGES + "a\n", "nodes.csv": NODES}, "edges.csv:6: an edge is"),
    "spaces between": ({"edges.csv": "a b\nb c\n", "nodes.csv": NODES}, "edges.csv:2: an edge is"),
    "an end without a name": (
        {"edges.csv": EDGES + ",a\n", "nodes.csv": NODES},
        "edges.csv:6: a node without an id",
    ),
    "a longer line": ({"edges.csv": EDGES, "nodes.csv": NODES + "e,x,1\n"}, "nodes.csv:6: 3 col"),
    "a word among numbers": (
        {"edges.csv": EDGES, "nodes.csv": AGED.format("old")},
        "nodes.csv:3: 'old' is no number in 'age', which has numbers in other lines",
    ),
    "no number among numbers": (
        {"edges.csv": EDGES, "nodes.csv": AGED.format("")},
        "nodes.csv:3: there is no number in 'age'",
    ),
    "not a number": (
        {"edges.csv": EDGES, "nodes.csv": AGED.format("nan")},
        "nodes.csv:3: 'age' is not a finite number",
    ),
    "too large for float32": (
        {"edges.csv": EDGES, "nodes.csv": AGED.format("1e39")},
        "nodes.csv:3: 'age' is not a finite number",
    ),
    "a head that may be a node": (
        {"edges.csv": EDGES, "nodes.csv": NODES.replace("id,label", "person,club")},
        "nodes.csv:1: is 'person' a node, or what a column is called?",
    ),
    "classes in two tables": (
        {"edges.csv": EDGES, "labels.csv": NODES, "nodes.csv": AGED.format(2)},
        "nodes.csv has classes too, in 'label'",
    ),
    "two tables of edges": (
        {**NUMBERED, "b_edges.csv": "0,1\n"},
        "both a_edges.csv and b_edges.csv could be the edges",
    ),
    "no edge": ({"edges.csv": "a,a\n", "nodes.csv": NODES}, "no edge joins two nodes"),
    "an empty file of edges": ({"edges.csv": "", "nodes.csv": NODES}, "no edge joins two nodes"),
    "an empty file of nodes": ({"edges.csv": EDGES, "nodes.csv": ""}, "nodes.csv: a node has an"),
    "a head and no nodes": ({"edges.csv": EDGES, "nodes.csv": "id,label\n"}, "csv has no nodes"),
    "one class": ({"edges.csv": EDGES, "nodes.csv": "id,label\na,x\nb,x\n"}, "are of one class"),
    "no class": ({"edges.csv": EDGES, "nodes.csv": "id,label\na,\nb,NA\n"}, "no node has a class"),
    "measured": (
        {"edges.csv": EDGES, "nodes.csv": "id,label\na,1.5\nb,1\n"},
        "classes should be whole numbers or texts, and 1.5 is measured",
    ),
    "no table of nodes": ({"edges.csv": EDGES}, "is none of: "),
    "broken JSON": ({**NUMBERED, "features.json": '{"0": [1,'}, "features.json:1: no JSON: "),
    "JSON of lists": ({**NUMBERED, "features.json": "[[1]]"}, "should map each node to its feat"),
    "JSON of measures": ({**NUMBERED, "features.json": '{"0": [1.5]}'}, "node '0' should have a"),
    "JSON of truth": ({**NUMBERED, "features.json": '{"0": [true]}'}, "node '0' should have a"),
    "a huge feature": (
        {**NUMBERED, "features.json": f'{{"0": [{10**400}]}}'},
        "node '0' has feature 10000000000000000000: they are numbered from 0, below 1,000,000",
    ),
    "a node twice in JSON": (
        {**NUMBERED, "features.json": '{"0": [1], "0": [2]}'},
        "features.json: node '0' is there twice",
    ),
    "JSON in JSON": ({**NUMBERED, "features.json": "[" * 100_000}, "no JSON of numbers of feat"),
    "JSON of nothing": ({**NUMBERED, "features.json": "{}"}, "no node has a feature"),
    "too few rows": (
        {**NUMBERED, "features.npz": archive(features=np.eye(3))},
        "features.npz has features of 3 nodes, and there are 4",
    ),
    "objects": (
        {**NUMBERED, "features.npz": archive(features=np.array([{}], object))},
        "features holds objects of Python, which could run code",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_one_line_with_the_file(tmp_path: Path, case: str) -> None:
    files, told = WRONG[case]
    with pytest.raises(DataError) as error:
        spec_at(written(tmp_path, files))
    assert str(tmp_path) in str(error.value)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"edges": np.array([[0, 4]])}, "an edge ends at node 4, and there are 4 nodes"),
        ({"edges": np.array([[0.0, 1.0]])}, "edges should be whole numbers, [edges, 2]"),
        ({"edges": np.zeros((0, 2), int)}, "no edge joins two nodes"),
        ({"features": np.eye(3)}, "features of 3 nodes, and classes of 4"),
        ({"features": np.full((4, 1), np.inf)}, "features have to be finite numbers"),
        ({"features": np.array([["a"]] * 4)}, "features should be numbers, [nodes, features]"),
        ({"labels": np.array([1, -1, 1, 1])}, "all classes are 1, and -1 is that of nodes without"),
        ({"labels": np.array([0.5, 1, 1, 1])}, "labels should be whole numbers or texts"),
        ({"labels": np.array([{}] * 4, object)}, "labels holds objects of Python"),
    ],
)
def test_what_is_wrong_with_an_archive(
    tmp_path: Path, more: dict[str, np.ndarray], told: str
) -> None:
    path = tmp_path / "graph.npz"
    path.write_bytes(archive(**{**GRAPH, **more}))
    with pytest.raises(DataError) as error:
        spec_at(path)
    assert told in str(error.value)
    assert str(path) in str(error.value)


def test_an_archive_has_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    path.write_bytes(archive(**GRAPH))
    with pytest.raises(ConfigError, match=r"data\.label_column: an \.npz has arrays"):
        spec_at(path, "label_column=labels")
