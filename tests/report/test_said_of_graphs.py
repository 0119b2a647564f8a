"""Of a graph: nothing over its nodes, what other seeds are, and nodes instead of examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from structbench.data.conditions import CONDITIONS
from structbench.data.graphs.conditions import GRAPH_CONDITIONS
from structbench.report.page import page
from structbench.report.places import Found
from structbench.report.rows import csv_text
from structbench.report.run_tables import outcome_table
from structbench.report.sections import sections
from structbench.report.sentences import headline, sentences
from structbench.report.table import latex, markdown
from structbench.report.tables import tables
from structbench.report.terminal import results_view
from structbench.results.comparison import Comparison, SeedDraws
from structbench.results.sweep import Sweep
from tests.made import crossed, errors, made, made_sources, made_sweep, outcome_of, uneven

FOUR = ("clean", "drop_edges:0.5", "add_edges:1", "rewire_edges:0.5")


@pytest.fixture(autouse=True)
def _conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they do is no matter here."""
    names = (name.partition(":")[0] for name in FOUR)
    known = dict.fromkeys(names, GRAPH_CONDITIONS["clean"])
    monkeypatch.setitem(CONDITIONS, "graph", known)


def graph(
    *names: str,
    seeds: int = 1,
    conditions: tuple[str, ...] = FOUR[:2],
    ablation: bool = False,
    draws: SeedDraws = "split",
) -> Comparison:
    return made(names, seeds, conditions, ablation, "graph", draws)[0]


def swept(*names: str, seeds: int = 1, draws: SeedDraws = "split") -> Sweep:
    sweep = made_sweep(names, seeds=seeds, kind="graph", draws=draws)
    # The strength of the made sweep is one of images.
    return sweep.model_copy(update={"strengths": {}, "areas": ()})


# Made where they are asked for: to make all of them takes seconds.
Make = Callable[[], Found]
ONE_SEED: dict[str, Make] = {
    "one run": partial(graph, "gcn"),
    "several models": partial(graph, "gcn", "sage", "fnn", conditions=FOUR),
    "structure taken out": partial(graph, "gcn", "fnn", ablation=True),
    "new graphs": partial(graph, "gcn", "fnn", draws="graph"),
    "sweep": partial(swept, "gcn", "fnn"),
    "large sweep": partial(swept, "gcn", "sage", "fnn"),
}
SEVERAL: dict[str, Make] = {
    "ten seeds": partial(graph, "gcn", "sage", "fnn", seeds=10),
    "structure taken out": partial(graph, "gcn", "fnn", seeds=3, ablation=True),
    "large sweep": partial(swept, "gcn", "sage", "fnn", seeds=3),
}


def shown(result: RenderableType) -> str:
    """On a terminal."""
    console = Console(width=200, file=StringIO())
    with console.capture() as captured:
        console.print(result)
    return captured.get()


def said(found: Found) -> str:
    """All that people read of it: files, page, captions and terminal."""
    parts = sections(found, made_sources(found, ()))
    figures = [figure for part in parts for figure in part.figures.values()]
    terminal = shown(results_view(found, Path("runs"), verbose=True))
    html = re.sub(r"<style>.*?</style>", "", page(found, parts), flags=re.DOTALL)
    texts = (
        *map(markdown, tables(found)), *map(latex, tables(found)), csv_text(found), html,
        *(f"{figure.caption} {figure.alt}" for figure in figures), terminal,
    )  # fmt: skip
    return " ".join(" ".join(texts).split())


def samples(content: Any) -> Iterator[dict[str, Any]]:
    """What every number of a result says that it is over."""
    if isinstance(content, dict):
        if isinstance(content.get("sample"), dict):
            yield content["sample"]
        content = list(content.values())
    if isinstance(content, list):
        for inner in content:
            yield from samples(inner)


OVER_EXAMPLES = ("Wilson", "Newcombe", "McNemar", "crossed bootstrap", "only …", "p = ", "p < ")


@pytest.mark.parametrize("make", ONE_SEED.values(), ids=ONE_SEED)
def test_one_seed_has_no_interval_and_no_test_anywhere(make: Make) -> None:
    found = make()
    assert list(samples(json.loads(found.model_dump_json()))) == []
    text = said(found)
    for told in (*OVER_EXAMPLES, " % interval", " … ", "p_value 0", "tested)"):
        assert told not in text.replace(" … fnn", ""), told
    assert "nodes of one graph are not independent" in text.lower()
    require_nodes(text)


def require_nodes(text: str) -> None:
    """They are not called images or examples."""
    assert "test nodes" in text
    assert not re.findall(
        r"[^.;]*\b(?:images?|(?:test|training|clean|one) examples?)\b[^.;]*", text
    )


def require_explained(text: str, draws: SeedDraws, new: str) -> None:
    """Every interval says what other seeds are."""
    # That of how often a model errs less is over the same seeds, but of seeds.
    explained = re.findall(r"(?:t|ratios\)) interval over (?!a)[^;.:)]*", text)
    assert explained
    for told in explained:
        assert f"so over {new}" in told
    assert "the seed draws the" in text
    assert ("the seed draws the graph, the nodes" in text) == (draws == "graph")


@pytest.mark.parametrize("make", SEVERAL.values(), ids=SEVERAL)
def test_several_seeds_have_intervals_over_seeds_alone(make: Make) -> None:
    found = make()
    over = list(samples(json.loads(found.model_dump_json())))
    assert over
    assert all(sample["examples"] is None for sample in over)
    text = said(found)
    for told in ("Wilson", "Newcombe", "McNemar", "crossed bootstrap", "seeds and examples"):
        assert told not in text
    require_nodes(text)
    require_explained(text, "split", "new splits of this graph")


def test_where_each_seed_draws_a_graph_every_interval_says_so() -> None:
    one, three = (swept("gcn", "fnn", seeds=seeds, draws="graph") for seeds in (1, 3))
    for found in (graph("gcn", "fnn", seeds=3, ablation=True, draws="graph"), uneven(one, three)):
        require_explained(said(found), "graph", "new graphs")


def test_other_kinds_say_nothing_of_what_other_seeds_are() -> None:
    text = said(made(seeds=2)[0])
    assert "so over" not in text
    assert "the seed draws" not in text


def test_what_the_sentences_of_a_graph_say() -> None:
    one, dropped = sentences(graph("gcn", "fnn"))
    assert re.fullmatch(
        r"gcn − fnn is \S+ percentage points on the clean graph\. Nodes of one graph are not "
        r"independent, so there is no interval\. This compares two trained networks \(seed 0\), "
        r"not two architectures: another seed may say otherwise\.",
        one,
    )
    assert "percentage points under drop_edges:0.5. Nodes" in dropped
    many = graph("gcn", "sage", "fnn")
    assert sentences(many)[0] == (
        "On the clean graph, it is not settled whether any model errs less or more often than "
        "fnn (the networks of seed 0 alone: nodes of one graph are not independent, so intervals "
        "are over seeds)."
    )
    assert "are tested" not in headline(many)
    several = sentences(graph("gcn", "fnn", seeds=10))[0]
    assert "over 10 seeds, so over new splits of this graph; p" in several


def test_a_graph_is_looked_at_as_it_is() -> None:
    assert headline(graph("gcn", "fnn")) == sentences(graph("gcn", "fnn"))[0]


def test_each_seed_tests_other_nodes_and_all_of_them_the_same_number() -> None:
    (note, *_) = (t.note for t in tables(graph("gcn", "fnn", seeds=3)))
    assert note.startswith("misclassification of 100 test nodes, others for each seed, mean ± ")
    assert "multiply-accumulates of one pass over the whole graph" in note
    (note, *_) = (t.note for t in tables(graph("gcn", "fnn")))
    assert note.startswith("misclassification of 100 test nodes, of one trained network each")


def test_one_run_of_a_graph_has_no_interval_over_its_nodes() -> None:
    summary = outcome_of("gcn", 0, {"clean": errors(0.2, 0)}).summary
    text = shown(outcome_table(summary, Path("runs"), "graph"))
    assert "Wilson" not in text
    assert "no intervals: nodes of one graph are not independent" in text
    assert "2,000 of one pass over the whole graph" in text


def test_a_point_with_one_seed_left_says_why_it_has_no_interval() -> None:
    found = uneven(swept("gcn", "fnn"), swept("gcn", "fnn", seeds=3))
    table = next(t for t in tables(found) if t.name == "differences")
    column = table.columns.index("95 % interval")
    assert [bool(row[column]) for row in table.rows] == [False, True, True]
    assert "with one seed none (nodes of one graph are not independent)" in table.note
    assert page(found, sections(found, made_sources(found)))


def test_the_axes_of_a_graph_have_names() -> None:
    sweep = crossed("data.structure_removed", kind="graph")
    assert any("ends at share of edges rewired 0.7" in text for text in sentences(sweep)), (
        sentences(sweep)
    )
    assert tables(sweep)[0].columns[0] == "share of edges rewired"
    assert "data.structure_removed" in csv_text(sweep)
    assert crossed("data.structure_removed").axes == sweep.axes
    worth = swept("gcn", "fnn", seeds=3)
    assert "times as many labelled nodes as gcn" in headline(worth)
    assert worth.worth[0].of == "labelled nodes"


def test_a_lead_may_end_and_begin_again() -> None:
    sweep = crossed("data.homophily", kind="graph", worse=(False, False, True, True, False))
    ends, begins = sweep.crossings
    assert (ends.rises, begins.rises) == (True, False)
    assert 0.25 < ends.level < 0.5 < 0.75 < begins.level < 1
    assert ends.interval
    assert begins.interval
    told = [text for text in sentences(sweep) if "the lead of" in text]
    assert f"the lead of cnn over fnn ends at homophily {ends.level:.3g} (" in told[0]
    assert f"the lead of cnn over fnn begins at homophily {begins.level:.3g} (" in told[1]
    table = next(t for t in tables(sweep) if t.name == "crossings")
    assert table.columns[-1] == "homophily"
    assert [row[2] for row in table.rows] == ["ends", "begins"]
