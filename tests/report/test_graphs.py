"""What is shown of networks that answer for nodes, made by hand: nothing is trained here."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from structbench.data.graphs.examples import Graph, GraphExamples
from structbench.data.specs import data_spec
from structbench.errors import DataError, RunFolderError
from structbench.experiment.run import Run
from structbench.outcome import NO_NUMBER, Outcome
from structbench.report.exhibits import exhibits
from structbench.report.exhibits.attention import FIRST, attention, mixed
from structbench.report.exhibits.by_neighbours import (
    LEAST,
    MOST,
    NONE,
    by_neighbours,
    likeness,
)
from structbench.report.exhibits.material import Material
from structbench.report.exhibits.neighbourhoods import (
    LED,
    NODES,
    TRAILED,
    Neighbourhood,
    asked_of,
    neighbourhoods,
)
from structbench.report.exhibits.nodes import degrees
from structbench.report.exhibits.whole_graph import MOST as LARGEST
from structbench.report.exhibits.whole_graph import whole_graph
from structbench.report.figures.layout import around, laid_out
from structbench.report.figures.style import svg
from structbench.report.page import page
from structbench.report.section import Section
from structbench.report.sections import sections
from structbench.store.runs import Store
from tests.made import made_sources
from tests.made_graphs import (
    Made,
    Rate,
    Split,
    attended,
    karate,
    made_graph,
    made_network,
    made_nodes,
    split_of,
    with_tensors,
)

CLUBS = ("Mr. Hi", "Officer")
KARATE = karate()
LARGE = made_network(400, 5, degree=4, homophily=0.7)
TOPICS = ("Theory", "Rule_Learning", "Neural_Networks", "Case_Based", "Genetic_Algorithms")


def by_unlike(graph: Graph, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Errs as often as neighbours are of another class."""
    share = likeness(graph)[nodes]
    return np.where(share == NONE, 0.5, 1 - share / 100)


MODELS: dict[str, float | Rate] = {"gcn": by_unlike, "gat": 0.2, "fnn": 0.6}


def of_karate(seeds: int = 3, rewired: float = 0.0) -> Made:
    splits = {s: split_of(KARATE, s, 16, 8) for s in range(seeds)}
    return made_nodes(splits, MODELS, "fnn", CLUBS, {"gat": 2}, structure_removed=rewired)


def of_large(seeds: int = 2, baseline: str | None = "fnn") -> Made:
    splits = {s: split_of(LARGE, s, 150, 60) for s in range(seeds)}
    return made_nodes(splits, MODELS, baseline, TOPICS, {"gat": 2})


def said(shown: list[Section]) -> str:
    """All that these say in words."""
    return " ".join(
        [s.text for s in shown]
        + [t.note for s in shown for t in (*s.tables, *s.folded)]
        + [f"{f.caption} {f.alt}" for s in shown for f in s.figures.values()]
    )


@pytest.mark.parametrize(
    ("made", "figures"),
    [
        (of_karate(), {"graph": ["graph"], "neighbours": ["error_by_neighbours"]}),
        (of_large(), {"neighbours": ["error_by_neighbours"], "gallery": ["gallery"]}),
    ],
    ids=["small", "large"],
)
def test_a_page_of_a_small_graph_shows_it_whole_and_of_a_large_one_neighbourhoods(
    made: Made, figures: dict[str, list[str]]
) -> None:
    comparison, material = made
    shown = exhibits(comparison, material)
    assert {s.name: list(s.figures) for s in shown} == {
        "confusion": ["confusion"], **figures, "attention": ["attention_1"],
    }  # fmt: skip
    text = said(shown)
    assert not re.findall("example|image|sentence|rewired", text)
    assert material.class_names[0] in text
    for figure in (figure for section in shown for figure in section.figures.values()):
        assert figure.caption.endswith(".")
        assert figure.alt
    html = page(comparison, sections(comparison, made_sources(comparison, shown)))
    assert all(f'id="{name}"' in html for name in figures)


def test_every_model_has_its_errors_in_the_graph() -> None:
    comparison, material = of_karate()
    shown = whole_graph(comparison, material)
    assert shown
    figure = shown.figures["graph"]
    for name, (_, outcome) in material.first.items():
        found = outcome.predictions["clean"]
        wrong = found.examples[outcome.wrong("clean")]
        title = next(
            a.get_title("left") for a in figure.axes if a.get_title("left").startswith(name)
        )
        assert title.replace("\n", " · ") == f"{name} · {len(wrong)} of 16 wrong"
        told = re.search(rf"{name} gets wrong ([^;]*)[;.]", figure.alt.replace("Mr.", "Mr"))
        assert told
        assert [int(n) for n in re.findall(r"\d+", told[1])] == wrong.tolist()


def test_a_graph_stands_alike_for_every_model_and_every_time() -> None:
    drawn = [svg(whole_graph(*of_karate()).figures["graph"]) for _ in range(2)]  # type: ignore[union-attr]
    assert drawn[0] == drawn[1]
    figure = whole_graph(*of_karate()).figures["graph"]  # type: ignore[union-attr]
    edges = [np.asarray(a.lines[0].get_xydata()) for a in figure.axes]
    assert all(np.array_equal(edges[0], other, equal_nan=True) for other in edges[1:])


def test_components_and_nodes_without_neighbours_lie_apart() -> None:
    pairs = np.array([(0, 1), (1, 2), (2, 0), (3, 4)])
    at = laid_out(7, pairs)
    far = np.linalg.norm(at[:, None] - at[None], axis=2)[np.triu_indices(7, 1)]
    assert np.isfinite(at).all()
    assert far.min() > 0.3
    assert len(laid_out(1, np.zeros((0, 2), np.int64))) == 1


@pytest.mark.parametrize(
    ("share", "told"), [(1.0, "all of whose edges were rewired"), (0.5, "50 % of whose edges")]
)
def test_a_rewired_graph_is_called_so(share: float, told: str) -> None:
    section = whole_graph(*of_karate(seeds=1, rewired=share))
    assert section
    assert told in section.figures["graph"].caption
    shown = by_neighbours(*of_karate(rewired=share))
    assert shown
    assert told in shown.figures["error_by_neighbours"].caption


def test_many_models_and_classes_are_drawn_within_limits() -> None:
    graph = made_network(LARGEST, 40, degree=2, homophily=0.5)
    rates = {f"m{i}": 0.02 * i for i in range(20)}
    made = made_nodes({0: split_of(graph, 0, 60, 40)}, rates, "m0", (), {"m3": 1})
    shown = {s.name: s for s in exhibits(*made)}
    assert "The first 12 of 20 models." in shown["graph"].figures["graph"].caption
    assert "they repeat" in shown["graph"].figures["graph"].caption
    assert "the tables have all" in shown["neighbours"].figures["error_by_neighbours"].caption
    assert len(shown["neighbours"].folded[0].columns) == 22


def test_neighbourhoods_are_of_nodes_that_tell_the_networks_apart() -> None:
    comparison, material = of_large()
    gcn, fnn = (material.first[name][1].wrong("clean") for name in ("gcn", "fnn"))
    asked = asked_of(comparison, material)
    assert len(asked.places) == LED + TRAILED
    assert (fnn & ~gcn)[asked.places[:LED]].all()
    assert (gcn & ~fnn)[asked.places[LED:]].all()
    shown = neighbourhoods(comparison, material)
    assert shown
    assert shown.text == (
        f"gcn alone is right on {(fnn & ~gcn).sum()} nodes, fnn alone on {(gcn & ~fnn).sum()}."
    )
    figure = shown.figures["gallery"]
    assert f"4 of the {(fnn & ~gcn).sum()} that gcn gets right and fnn wrong" in figure.caption
    tested = material.graph("clean")[1][asked.places].tolist()
    assert [int(n) for n in re.findall(r"node (\d+), true", figure.alt)] == tested


def test_one_network_alone_shows_what_it_is_wrong_about() -> None:
    splits = {0: split_of(LARGE, 0, 150, 60)}
    comparison, material = made_nodes(splits, {"gat": 0.3}, None, TOPICS, {"gat": 1})
    asked = asked_of(comparison, material)
    assert material.first["gat"][1].wrong("clean")[asked.places].all()
    shown = {s.name: s for s in exhibits(comparison, material)}
    assert shown["gallery"].heading == "Sure, and wrong"
    assert "that it is wrong about" in shown["attention"].figures["attention_1"].caption


def test_where_no_node_tells_them_apart_it_is_said() -> None:
    splits = {0: split_of(LARGE, 0, 150, 60)}
    made = made_nodes(splits, {"gcn": 0.0, "gat": 0.0, "fnn": 0.0}, "fnn", (), {"gat": 1})
    shown = {s.name: s for s in exhibits(*made)}
    assert not shown["gallery"].figures
    assert "There is no test node of condition clean that gcn gets right" in shown["gallery"].text
    assert shown["attention"].figures, "of nodes that have a choice"


def test_a_neighbourhood_has_two_steps_and_says_what_is_left_out() -> None:
    star = [(0, i) for i in range(1, 41)] + [(i, 40 + i) for i in range(1, 31)]
    graph = made_graph(71, star, np.arange(71) % 3)
    learned = np.array([30, 70])
    of = Neighbourhood.of(graph, 0, learned)
    assert of.nodes[0] == 0
    assert len(of.nodes) == len(of.parents) + 1 <= NODES
    near = of.nodes[1:][np.array(of.parents) == 0]
    assert 30 in near, "what was learned from comes first"
    assert of.steps == (40, 30)
    assert of.left_out == f"12 of 40 neighbours, {len(of.nodes) - 13} of 30 beyond"
    for node, parent in zip(of.nodes[1:], of.parents, strict=True):
        assert graph.edges[of.nodes[parent], node] == 1
    alone = Neighbourhood.of(made_graph(2, [], [0, 1]), 1, learned)
    assert (alone.nodes.tolist(), alone.parents, alone.left_out) == ([1], (), "")


def test_around_a_node_neighbours_are_nearer_than_theirs() -> None:
    at = around((0, 0, 1, 1, 2))
    assert np.allclose(np.linalg.norm(at, axis=1), [0, 1, 1, 2, 2, 2])
    assert around(()).tolist() == [[0, 0]]


def test_degrees_and_like_neighbours_are_counted() -> None:
    graph = made_graph(5, [(0, 1), (0, 2), (0, 3)], [0, 0, 1, 0, 1])
    assert degrees(graph).tolist() == [3, 1, 1, 1, 0]
    assert likeness(graph).tolist() == [67, 100, 0, 100, NONE]
    wide = made_graph(301, [(0, i) for i in range(1, 301)], [0] + [1] * 299 + [0])
    assert likeness(wide)[0] == 1, "0 only where there is none"


def test_errors_by_neighbours_are_counted_over_the_test_nodes_of_all_seeds() -> None:
    comparison, material = of_large(seeds=3)
    section = by_neighbours(comparison, material)
    by_degree, by_likeness = section.folded
    outcomes = [material.store.read(f"m2-s{s}")[1] for s in range(3)]
    for table, value in ((by_degree, degrees(LARGE)), (by_likeness, likeness(LARGE))):
        assert sum(int(row[1].replace(",", "")) for row in table.rows) == 3 * 150
        assert len(table.rows) <= MOST + 1
        few = np.concatenate([value[o.predictions["clean"].examples] for o in outcomes])
        alone = [row for row in table.rows if row[0] in ("0", "alone")]
        assert len(alone) == 1
        assert int(alone[0][1]) == (few == few.min()).sum()
        assert all(int(row[1]) >= LEAST for row in table.rows if row not in alone)
    rows = {row[0]: row for row in by_likeness.rows}
    shares = [
        o.wrong("clean")[likeness(LARGE)[o.predictions["clean"].examples] == 100].mean()
        for o in outcomes
    ]
    assert rows["100 %"][-1].startswith(f"{100 * np.mean(shares):.2f} %")
    assert "95 % t interval over 3 seeds" in section.figures["error_by_neighbours"].caption


def test_there_is_no_interval_over_the_nodes_of_one_graph() -> None:
    section = by_neighbours(*of_large(seeds=1))
    assert all("(" not in cell for table in section.folded for row in table.rows for cell in row)
    caption = section.figures["error_by_neighbours"].caption
    assert "it has no bar, since the nodes of one graph are not independent" in caption


def test_there_is_no_bar_where_a_seed_has_no_such_nodes() -> None:
    pairs = [(i, i + 1) for i in range(0, 80, 2)]
    graph = made_graph(100, pairs, np.arange(100) % 2)
    joined, others = np.arange(80), np.arange(80, 100)
    learned = np.zeros(0, np.int64)
    splits = {
        0: Split(graph, joined[:40], learned),
        1: Split(graph, np.concatenate([joined[40:60], others]), learned),
    }
    section = by_neighbours(*made_nodes(splits, {"gcn": 0.5, "fnn": 0.4}, "fnn"))
    rows = {row[0]: row for row in section.folded[0].rows}
    assert rows["0"][1] == "20"
    assert "(" not in rows["0"][2]
    assert "(" in rows["1"][2]


def test_few_test_nodes_are_not_told_apart() -> None:
    section = by_neighbours(*made_nodes({0: split_of(KARATE, 0, 8, 4)}, {"gcn": 0.5}))
    assert not section.figures
    assert "too few test nodes" in section.text


def test_attention_goes_where_the_weights_say() -> None:
    comparison, material = of_karate(seeds=1)
    shown = attention(comparison, material)
    assert shown
    assert shown.text.endswith("gcn and fnn do not attend.")
    assert "the mean of its 2 heads" in shown.figures["attention_1"].caption
    graph, tested = material.graph("clean")
    nodes = mixed(graph, tested)
    of, at = degrees(graph), np.round(likeness(graph) * degrees(graph) / 100)
    uniform = [np.mean((part / (of + 1))[nodes]) for part in (np.ones(34), at, of - at)]
    gat, plain = shown.tables[0].rows
    assert [float(cell.rstrip(" %")) for cell in plain[1:]] == pytest.approx(
        [100 * x for x in uniform], abs=0.01
    )
    assert sum(float(cell.rstrip(" %")) for cell in gat[1:]) == pytest.approx(100, abs=0.02)
    assert float(gat[2].rstrip(" %")) > float(plain[2].rstrip(" %"))
    assert f"{len(nodes)}; of one seed" in shown.tables[0].note


def test_uniform_attention_is_told_as_such() -> None:
    made = of_karate(seeds=1)
    weights = np.stack([1 / np.repeat(degrees(KARATE) + 1, degrees(KARATE) + 1)]).astype(np.float32)
    shown = attention(*with_tensors(made, "gat", attention=weights))
    assert shown
    assert shown.tables[0].rows[0][1:] == shown.tables[0].rows[1][1:]


def test_of_many_neighbours_those_with_most_attention_are_drawn() -> None:
    graph = made_graph(40, [(0, i) for i in range(1, 30)], np.arange(40) % 2)
    split = Split(graph, np.array([0, 35]), np.array([1, 2]))
    made = made_nodes({0: split}, {"gat": 0.0, "fnn": 0.0}, "fnn", (), {"gat": 1})
    shown = attention(*made)
    assert shown
    figure = shown.figures["attention_1"]
    assert f"Of more than {FIRST} neighbours" in figure.caption
    texts = [t.get_text() for axes in figure.axes for t in axes.texts]
    weights = np.sort(attended(graph, 1)[0, 1:30])[: 29 - FIRST]
    told = f"{29 - FIRST} further neighbours {100 * weights.sum():.0f} %"
    assert any(text.endswith(told) for text in texts), texts


@pytest.mark.parametrize("shape", [(1, 7), (2, 190, 1), (190,)])
def test_attention_of_another_graph_is_a_damaged_run(shape: tuple[int, ...]) -> None:
    made = with_tensors(of_karate(), "gat", attention=np.zeros(shape, np.float32))
    with pytest.raises(RunFolderError, match="its array attention is float32"):
        attention(*made)


def test_attention_that_was_kept_under_another_condition_is_not_drawn() -> None:
    comparison, material = of_karate()
    _, outcome = material.first["gat"]
    other = SimpleNamespace(experiment=SimpleNamespace(conditions=("dropped:0.5", "clean")))
    first = {**material.first, "gat": (cast(Run, other), outcome)}
    assert attention(comparison, replace(material, first=first)) is None


def test_an_answer_that_is_no_number_is_shown_as_none() -> None:
    comparison, material = of_large(seeds=1)
    run, outcome = material.first["fnn"]
    found = outcome.predictions["clean"]
    none = replace(found, predicted=np.full_like(found.predicted, NO_NUMBER))
    changed = replace(outcome, predictions={"clean": none})
    shown = neighbourhoods(
        comparison, replace(material, first={**material.first, "fnn": (run, changed)})
    )
    assert shown
    assert "fnn says no number" in shown.figures["gallery"].alt


def trained_on_karate(seed: int) -> Material:
    """As much of a run as tells what its network was tested on."""
    data = data_spec({"name": "karate"})
    experiment = SimpleNamespace(data=data, seed=seed, conditions=("clean",))
    run = SimpleNamespace(
        experiment=experiment, data_digest=data.dataset.digest(Path()), id=f"gcn-s{seed}"
    )
    test = cast(GraphExamples, data.load(Path(), seed).test)
    found = SimpleNamespace(labels=test.labels, examples=test.rows)
    outcome = SimpleNamespace(predictions={"clean": found})
    first = {"gcn": (cast(Run, run), cast(Outcome, outcome))}
    return Material(first, cast(Store, None), Path())


def test_material_has_the_graph_as_the_networks_saw_it() -> None:
    material = trained_on_karate(seed=3)
    graph, nodes = material.graph("clean")
    assert len(graph) == 34
    assert len(nodes) == 8
    assert not set(nodes.tolist()) & set(material.learned.tolist())
    assert material.class_names == CLUBS


def test_other_test_nodes_are_refused() -> None:
    material = trained_on_karate(seed=3)
    _, outcome = material.first["gcn"]
    outcome.predictions["clean"].examples[:] = 0
    with pytest.raises(DataError, match="is not the data"):
        material.graph("clean")
