"""Data of one's own of every kind, as facts, on the terminal and as a contact sheet."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from structbench.data import DATASETS
from structbench.data.graphs.examples import Graph
from structbench.data.own import places
from structbench.data.own.doubts import Uses
from structbench.data.own.read import OwnGraph, OwnGrids, OwnPairs
from structbench.data.spec import default_data_folder
from structbench.report.own_data.choice import largest, spread
from structbench.report.own_data.facts import facts
from structbench.report.own_data.grid_sheets import POINTS, of_dots, of_points
from structbench.report.own_data.seen import DOUBTS, Seen
from structbench.report.own_data.sheet import draw_sheet
from structbench.report.own_data.view import view

LIKE = {"image": "mnist", "signal": "mnist1d", "sequence": "numbers", "graph": "karate"}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The SHA-256 of a file that was named."""
    monkeypatch.setattr(places, "_named", {})
    monkeypatch.setattr(places, "_open", {})
    (tmp_path / "some.data").write_bytes(b"some")
    return places.open_data(tmp_path / "some.data")


def seen(kind: str, read: Any, file: str, tested: Any, path: str = "my [b]data[/b]") -> Seen:
    """As if it was read from a file; sizes that a config has are those of a data set like it."""
    dataset = DATASETS[LIKE[kind]]
    content = SimpleNamespace(sha256=file)
    spec: Any = SimpleNamespace(kind=kind, content=content, dataset=dataset, test_share=0.25)
    asked = np.asarray(tested)
    uses = Uses(np.ones_like(asked) if kind == "graph" else ~asked, asked)
    doubts = tuple(DOUBTS[type(read)](read, uses))
    return Seen(path, ["data.test_share=0.25"], spec, read, uses, ("2 were resized",), doubts)


def images(classes: int, shape: tuple[int, ...], count: int = 2) -> OwnGrids:
    rng = np.random.default_rng(0)
    labels = np.arange(count * classes) % classes
    grids = rng.integers(0, 256, (len(labels), *shape), dtype=np.uint8)
    return OwnGrids(grids, labels, tuple(f"class {i}" for i in range(classes)))


PAIRS = OwnPairs(
    ("un", "deux " * 90, "trois [red]", "<quatre>", "你好"), ("one", "two", "three", "four", "hi"),
    np.array([False, False, False, True, True]),
)  # fmt: skip


def shown(of: Seen, width: int = 80) -> str:
    file = StringIO()
    Console(file=file, width=width, markup=False).print(view(of, facts(of), Path("sheet.png")))
    return file.getvalue()


def some_graph(nodes: int) -> OwnGraph:
    """A ring of nodes beside some that are alone; every fifth has no class."""
    from scipy.sparse import csr_array, eye_array

    ring = np.arange(nodes - 3)
    edges = np.zeros((nodes, nodes), np.float32)
    edges[ring, np.roll(ring, 1)] = edges[np.roll(ring, 1), ring] = 1
    classes = np.where(np.arange(nodes) % 5 == 4, -1, np.arange(nodes) % 3)
    graph = Graph(eye_array(nodes, format="csr"), csr_array(edges), classes)
    return OwnGraph(graph, ("red", "green", "blue"))


def every_kind(file: str) -> dict[str, Seen]:
    tested = np.arange(12) % 4 == 3
    signals = OwnGrids(
        np.random.default_rng(1).normal(size=(12, 2, 900)).astype(np.float32),
        np.arange(12) % 3, ("a", "b", "a class with a very long name"), tested,
    )  # fmt: skip
    return {
        "image": seen("image", images(6, (3, 20, 30)), file, tested),
        "signal": seen("signal", signals, file, tested),
        "sequence": seen("sequence", PAIRS, file, PAIRS.tested),
        "graph": seen("graph", some_graph(23), file, np.ones(23, bool)),
    }


@pytest.mark.parametrize("kind", LIKE)
def test_each_kind_is_drawn(kind: str, file: str, tmp_path: Path) -> None:
    draw_sheet(every_kind(file)[kind], tmp_path / "sheet.svg")
    text = (tmp_path / "sheet.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert len(text) < 400_000


def test_a_sheet_of_many_classes_shows_the_largest(file: str, tmp_path: Path) -> None:
    read = images(40, (1, 3, 3), 1)
    more = OwnGrids(
        np.concatenate([read.grids, read.grids[:1]]), np.append(read.labels, 39), read.classes
    )
    of = seen("image", more, file, np.arange(41) % 2 == 1)
    draw_sheet(of, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert "class 39 " in shown(of)
    assert "class 20 " not in shown(of)
    assert "and 20 classes of 1 to 1 examples each" in shown(of)


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_seen_fits_and_is_read_as_it_stands(width: int, file: str) -> None:
    for kind, of in every_kind(file).items():
        text = shown(of, width)
        assert max(map(len, text.splitlines())) <= width
        assert text.startswith("my [b]data[/b]")
        assert of.sha256 in text, "in one line"
        assert "• 2 were resized" in text
        assert f"kind        {kind}" in text
        hint = "--data 'my [b]data[/b]' --set data.test_share=0.25` compares"
        assert hint in " ".join(text.split())


def test_doubts_are_shown_or_that_there_are_none(file: str) -> None:
    kinds = every_kind(file)
    assert "no doubts: every class has examples on both sides" not in shown(kinds["image"])
    assert "doubt: 3 of 6 classes have no example to test on" in shown(kinds["image"])
    assert "no doubts: no pair is there twice" in shown(kinds["sequence"])
    assert "doubt: 3 of 23 nodes have no edge" in " ".join(shown(kinds["graph"]).split())


def test_sentences_are_shown_and_cut(file: str) -> None:
    text = shown(every_kind(file)["sequence"], 120)
    assert "trois [red]" in text
    assert "你好" in text
    assert "deux deux" in text
    assert "…" in text


def test_what_a_file_says_does_not_control_the_terminal(file: str) -> None:
    read = images(2, (1, 3, 3), 8)
    named = OwnGrids(read.grids, read.labels, ("\x1b[31m", "b\r"))
    text = shown(seen("image", named, file, np.arange(16) < 1))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "�[31m" in text
    assert "1 of 2 classes has no example to test on: b�" in text


def test_the_facts_of_classes(file: str) -> None:
    found = facts(every_kind(file)["image"])
    assert found["class_sizes"][0] == {"name": "class 0", "examples": 2, "train": 2, "test": 0}
    assert (found["train_examples"], found["test_examples"], found["test_share"]) == (9, 3, 0.25)
    assert found["files"] == 1
    assert "licence" not in found


def test_the_facts_of_a_graph(file: str) -> None:
    found = facts(every_kind(file)["graph"])
    assert (found["labelled"], found["components"], found["largest_degree"]) == (19, 4, 2)
    assert [of["examples"] for of in found["class_sizes"]] == [7, 6, 6]


def test_a_real_graph_is_drawn_without_the_picture_of_its_nodes(file: str, tmp_path: Path) -> None:
    cora: Any = DATASETS["cora"]
    read = OwnGraph(cora.graph(default_data_folder(), 0), cora.class_names)
    draw_sheet(seen("graph", read, file, np.ones(2708, bool)), tmp_path / "sheet.svg")
    assert (tmp_path / "sheet.svg").stat().st_size < 100_000


def test_the_largest_come_in_their_order() -> None:
    assert largest([3, 9, 3, 1, 7], 3) == [0, 1, 4]
    assert largest([1, 2], 3) == [0, 1]


def test_those_that_are_shown_are_spread_over_all() -> None:
    assert spread(9, 3) == [0, 4, 8]
    assert spread(2, 5) == [0, 1]
    assert spread(1, 5) == [0]


@pytest.mark.parametrize(
    ("shape", "dots"),
    [
        ((1, 28, 28), (84, 84)),
        ((3, 1000, 500), (100, 50)),
        ((1, 1000, 1), (1000, 1)),
        ((1, 150, 96), (150, 96)),
    ],
)
def test_an_image_has_about_as_many_dots_as_are_seen(
    shape: tuple[int, int, int], dots: tuple[int, int]
) -> None:
    image = np.full(shape, 0.5, np.float32)
    assert of_dots(image).shape[1:] == dots
    assert np.allclose(of_dots(image), 0.5)


def test_of_a_long_signal_no_peak_is_lost() -> None:
    signal = np.zeros(16_000)
    signal[7_777], signal[9_999] = 5, -5
    drawn = of_points(signal)
    assert (len(drawn), drawn.max(), drawn.min()) == (POINTS, 5, -5)
