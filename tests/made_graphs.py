"""Networks of a graph, made by hand: their answers, and what they attend to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from structbench.data import DATASETS
from structbench.data.graphs.examples import Graph, GraphDataset
from structbench.data.subsets import stratified_order
from structbench.experiment.run import Run
from structbench.outcome import Outcome, Predictions
from structbench.problem import Problem
from structbench.report.exhibits.material import Material
from structbench.results.compare import Asked
from structbench.results.comparison import Comparison
from structbench.store.runs import Store
from tests.made import compared, outcome_of

Rate = Callable[[Graph, NDArray[np.int64]], NDArray[np.float64]]
"""Graph and nodes → the chance that a network errs on each."""


@dataclass(frozen=True)
class Split:
    """A graph, and of which of its nodes a seed asks."""

    graph: Graph
    tested: NDArray[np.int64]
    learned: NDArray[np.int64]


def karate() -> Graph:
    club = DATASETS["karate"]
    assert isinstance(club, GraphDataset)
    return club.graph(Path(), 0)


def made_graph(
    nodes: int, pairs: Sequence[tuple[int, int]], classes: Sequence[int] | NDArray[np.int64]
) -> Graph:
    """These edges, each once, and features that say nothing."""
    from scipy.sparse import coo_array, csr_array

    both = np.array([*pairs, *((b, a) for a, b in pairs)], np.int64).reshape(-1, 2)
    edges = csr_array(
        coo_array((np.ones(len(both), np.float32), tuple(both.T)), shape=(nodes, nodes))
    )
    edges.sum_duplicates()
    edges.data[:] = 1
    return Graph(csr_array(np.ones((nodes, 1), np.float32)), edges, np.array(classes, np.int64))


def made_network(
    nodes: int, classes: int, degree: float = 4, homophily: float = 0.8, seed: int = 0
) -> Graph:
    """Random edges, so many of them within a class; some nodes may have none."""
    rng = np.random.default_rng(seed)
    of = rng.integers(0, classes, nodes)
    pairs = set[tuple[int, int]]()
    while len(pairs) < nodes * degree / 2:
        a, like = int(rng.integers(nodes)), rng.random() < homophily
        others = np.flatnonzero((of == of[a]) == like)
        b = int(rng.choice(others)) if len(others) else a
        if a != b:
            pairs.add((min(a, b), max(a, b)))
    return made_graph(nodes, sorted(pairs), of)


def split_of(graph: Graph, seed: int, tested: int, learned: int) -> Split:
    order = stratified_order(graph.classes, np.random.default_rng(seed))
    return Split(graph, np.sort(order[:tested]), np.sort(order[tested : tested + learned]))


@dataclass(frozen=True)
class MadeMaterial(Material):
    """What would be read from run folders and from the data; one split a seed."""

    splits: Mapping[int, Split] = field(default_factory=dict)
    names: tuple[str, ...] = ()

    def graph_of(
        self, run: Run, outcome: Outcome, condition: str
    ) -> tuple[Graph, NDArray[np.int64]]:
        split = self.splits[outcome.summary.seed]
        return split.graph, split.tested

    @property
    def learned(self) -> NDArray[np.int64]:
        return next(iter(self.splits.values())).learned

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.names


class MadeStore:
    """Outcomes by the names of their runs."""

    def __init__(self, outcomes: Mapping[str, tuple[Run, Outcome]]) -> None:
        self.outcomes = outcomes

    def read(self, name: str) -> tuple[Run, Outcome]:
        return self.outcomes[name]


Made = tuple[Comparison, MadeMaterial]


def made_run(split: Split, conditions: Sequence[str]) -> Run:
    """As much of a run as is looked at."""
    classes = int(split.graph.classes.max()) + 1
    dataset = SimpleNamespace()
    data = SimpleNamespace(problem=Problem("graph", (1,), classes), dataset=dataset)
    return cast(Run, SimpleNamespace(experiment=SimpleNamespace(data=data, conditions=conditions)))


def made_nodes(
    splits: Mapping[int, Split],
    rates: Mapping[str, float | Rate],
    baseline: str | None = None,
    names: tuple[str, ...] = (),
    attending: Mapping[str, int] | None = None,
    conditions: tuple[str, ...] = ("clean",),
    structure_removed: float = 0.0,
) -> Made:
    """Models that err by chance on the nodes of these splits, seed → split.

    rates: model → how often, or for each node how often; attending: model → its heads
    """
    runs = {seed: made_run(split, conditions) for seed, split in splits.items()}
    found = {
        name: [
            _with_attention(
                _outcome(f"m{i}", seed, split, rate, conditions, i),
                split,
                (attending or {}).get(name),
            )
            for seed, split in splits.items()
        ]
        for i, (name, rate) in enumerate(rates.items())
    }
    asked = Asked("graph", "karate", conditions, baseline, 0.005, "structbench compare")
    comparison = compared(found, asked)
    every = {o.summary.run: (runs[o.summary.seed], o) for group in found.values() for o in group}
    first = {name: every[group[0].summary.run] for name, group in found.items()}
    material = MadeMaterial(first, cast(Store, MadeStore(every)), Path(), splits, names)
    return comparison.model_copy(update={"structure_removed": structure_removed}), material


def _outcome(
    model: str, seed: int, split: Split, rate: float | Rate, conditions: Sequence[str], number: int
) -> Outcome:
    rng = np.random.default_rng([seed, number])
    nodes, classes = split.tested, int(split.graph.classes.max()) + 1
    labels = split.graph.classes[nodes]
    bare = outcome_of(model, seed, {c: np.zeros(len(nodes), bool) for c in conditions})
    chance = rate if isinstance(rate, float) else rate(split.graph, nodes)
    answers = {}
    for condition in conditions:
        errs = rng.random(len(nodes)) < chance
        other = (labels + rng.integers(1, classes, len(nodes))) % classes
        sure = rng.uniform(1 / classes, 1, len(nodes)).astype(np.float32)
        answers[condition] = Predictions(np.where(errs, other, labels), sure, labels, nodes)
    return replace(bare, predictions={}).with_predictions(answers, 0.0)


def _with_attention(outcome: Outcome, split: Split, heads: int | None) -> Outcome:
    if heads is None:
        return outcome
    return replace(outcome, tensors={"attention": attended(split.graph, heads)})


def attended(graph: Graph, heads: int, like: float = 3.0) -> NDArray[np.float32]:
    """Each node attends to those of its class so many times as much as to the others."""
    from scipy.sparse import csr_array, eye_array

    both = csr_array(graph.edges + eye_array(len(graph), dtype=np.float32, format="csr"))
    both.sort_indices()
    rows = np.repeat(np.arange(len(graph)), np.diff(both.indptr))
    same = graph.classes[rows] == graph.classes[both.indices]
    scores = np.where(same, like, 1.0) * np.linspace(0.5, 1.5, len(rows))
    weights = scores / np.bincount(rows, scores)[rows]
    return np.stack([weights] * heads).astype(np.float32)


def with_tensors(made: Made, name: str, **tensors: NDArray[Any]) -> Made:
    """Where the first run of a model has kept other arrays."""
    comparison, material = made
    run, outcome = material.first[name]
    changed = replace(outcome, tensors=tensors)
    known = cast(MadeStore, material.store).outcomes
    store = cast(Store, MadeStore({**known, outcome.summary.run: (run, changed)}))
    first = {**material.first, name: (run, changed)}
    return comparison, replace(material, first=first, store=store)
