"""A sweep: a comparison at each point of a grid, what they say together, and their curves.

Curves run along the first axis, or along the levels of a strength.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from structbench import statistics as st
from structbench.experiment.axes import key_text
from structbench.experiment.sweep import Strength, level_text
from structbench.options import Items, Options
from structbench.problem import GRAPHS, Kind
from structbench.results.comparison import (
    BySeed,
    Change,
    Comparison,
    Excluded,
    Misclassification,
    Texts,
)

FORMAT: Literal[3] = 3

SWEEP = "sweep.json"

# Axis → what a model's size is along it. Such curves have a worth.
EXAMPLES, LABELLED_NODES = "training examples", "labelled nodes"
SIZES = {"data.train_size": EXAMPLES, "data.train_per_class": EXAMPLES, "budget": "parameters"}
# Axis → what it is called where the data is a graph.
OF_GRAPHS = {
    "data.train_size": LABELLED_NODES,
    "data.train_per_class": f"{LABELLED_NODES} of each class",
    "data.structure_removed": "share of edges rewired",
    "data.homophily": "homophily",
    "data.telling": "distance of the groups' features",
    "data.degree": "mean degree",
    "data.nodes": "nodes",
    "data.groups": "groups",
    "data.features": "features",
}
# An axis whose largest value is so many times its smallest is drawn as a log axis.
LOG_FROM = 30.0


def axis_text(axis: str, kind: Kind) -> str:
    """What the key of an axis is called where the data is of this kind."""
    return (kind in GRAPHS and OF_GRAPHS.get(axis)) or key_text(axis)


def is_depth(axis: str) -> bool:
    """Whether networks grow deeper along an axis of this key."""
    return axis.startswith("models.") and axis.endswith(".depth")


class Point(Options):
    """One point of the grid."""

    levels: dict[str, Any]
    """Axis → level."""
    config: str
    """File in the sweep's folder: `structbench compare` makes the comparison's own report of it."""
    train_examples: int
    comparison: Comparison


def varies(model: str, points: Sequence[Point]) -> bool:
    """Whether the model is another at some of the points: it may lack the option that varies."""
    return len({point.comparison.models[model].runs for point in points}) > 1


class WorthAt(Options):
    """How many times the examples, or parameters, of a model its baseline needs."""

    of: str
    """`training examples`, of a graph `labelled nodes`, or `parameters`."""
    at: dict[str, Any]
    """The levels of the other axes."""
    condition: str
    model: str
    baseline: str
    level: float
    """Misclassification that both are to reach."""
    ratio: float
    """Of the baseline's size to the model's: above 1, the model needs less. Geometric mean over
    seeds, or the bound."""
    bound: st.Bound
    """`more than` or `less than` where the level is beyond what was measured; else empty."""
    interval: st.Interval | None
    """t over seeds of the log ratios; null for a bound or with one seed."""
    by_seed: Annotated[tuple[float, ...] | None, Items]
    n: int
    """Seeds."""


class CrossingAt(Options):
    """Where along an axis a model's lead over the baseline ends, or begins."""

    axis: str
    """Its key."""
    at: dict[str, Any]
    """The levels of the other axes."""
    condition: str
    model: str
    baseline: str
    level: float
    """On the axis, where model − baseline is 0: the mean over seeds, each seed's own curve being
    linear between the levels that were measured."""
    rises: bool
    """Whether the model errs less often than the baseline below it, and more often above it."""
    interval: st.Interval | None
    """t over seeds; null with one seed."""
    by_seed: Annotated[tuple[float, ...], Items]
    n: int
    """Seeds."""


class Area(Options):
    """A model's mean misclassification over the levels of a strength: the area under its curve."""

    strength: str
    at: dict[str, Any]
    model: str
    misclassification: BySeed
    difference: st.Interval | None
    """Minus the baseline's, paired t over seeds; null for the baseline and with one seed."""


class Sweep(Options):
    """The content of sweep.json."""

    format: Literal[3] = FORMAT
    name: str = ""
    """Of the sweep's folder."""
    title: str
    smoke: bool
    seeds: int
    """How many were asked for."""
    conditions: Texts
    """Those asked for by name; the strengths add theirs."""
    baseline: str
    axes: dict[str, Annotated[tuple[Any, ...], Items]]
    strengths: dict[str, Strength]
    command: str
    """The command that makes this sweep anew."""
    points: Annotated[tuple[Point, ...], Items, Field(min_length=1)]
    excluded: Annotated[tuple[Excluded, ...], Items] = ()
    worth: Annotated[tuple[WorthAt, ...], Items] = ()
    areas: Annotated[tuple[Area, ...], Items] = ()
    changes: Annotated[tuple[Change, ...], Items] = ()
    crossings: Annotated[tuple[CrossingAt, ...], Items] = ()

    @property
    def kind(self) -> Kind:
        """Of the data."""
        return self.points[0].comparison.kind

    @property
    def models(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.points[0].comparison.models)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each other model with the baseline."""
        return [(name, self.baseline) for name in self.models if name != self.baseline]


@dataclass(frozen=True)
class Line:
    """One model's curve. x: [points], rising; found and seeds: one a point."""

    x: tuple[float, ...]
    found: tuple[Misclassification, ...]
    seeds: tuple[tuple[int, ...], ...]

    @property
    def common_seeds(self) -> list[int]:
        """Those with a finished run at every point."""
        return [seed for seed in self.seeds[0] if all(seed in seeds for seeds in self.seeds)]

    def errors(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Shares of these seeds: [seeds, points]."""
        return np.array(
            [
                [f.by_seed[s.index(seed)] for f, s in zip(self.found, self.seeds, strict=True)]
                for seed in seeds
            ]
        )


@dataclass(frozen=True)
class Curves:
    """The models' curves under one condition, or along one strength.

    axis: what x is; ticks: x → its label, where x is no number; at: levels of the other axes;
    key: of the axis; empty along a strength
    """

    axis: str
    condition: str
    at: Mapping[str, Any]
    lines: Mapping[str, Line]
    points: tuple[Point, ...]
    ticks: Mapping[float, str]
    key: str = ""
    strength: str = ""

    @property
    def title(self) -> str:
        """What tells it from the other panels."""
        return " · ".join(filter(None, (self.strength or self.condition, self.place)))

    @property
    def place(self) -> str:
        """The levels of the other axes."""
        kind = self.points[0].comparison.kind
        return ", ".join(f"{axis_text(k, kind)} {level_text(v)}" for k, v in self.at.items())

    @property
    def is_size(self) -> bool:
        """Whether x is a size: such curves have a worth."""
        return self.key in SIZES

    @property
    def is_log(self) -> bool:
        """Whether x is a size, or spans magnitudes."""
        if self.is_size:
            return True
        x = [value for line in self.lines.values() for value in line.x]
        return not self.ticks and min(x) > 0 and max(x) >= LOG_FROM * min(x)


def axis_curves(sweep: Sweep) -> list[Curves]:
    """Curves along the first axis: one for each condition and combination of the other axes."""
    if not sweep.axes:
        return []
    axis, *others = sweep.axes
    slices: dict[str, list[Point]] = {}
    for point in sweep.points:
        slices.setdefault(json.dumps([point.levels[key] for key in others]), []).append(point)
    return [
        _along(sweep, axis, condition, points)
        for points in slices.values()
        for condition in sweep.conditions
    ]


def _along(sweep: Sweep, axis: str, condition: str, points: list[Point]) -> Curves:
    numbers = [_number(axis, point) for point in points]
    named = None in numbers
    if not named:
        points = sorted(points, key=lambda point: _number(axis, point) or 0.0)

    def place(i: int, model: str) -> float:
        if axis == "budget":
            return float(points[i].comparison.models[model].parameters)
        return float(i) if named else _number(axis, points[i]) or 0.0

    lines = {
        model: Line(
            tuple(place(i, model) for i in range(len(points))),
            tuple(p.comparison.models[model].misclassification[condition] for p in points),
            tuple(p.comparison.seeds for p in points),
        )
        for model in sweep.models
    }
    at = {key: level for key, level in points[0].levels.items() if key != axis}
    ticks = {float(i): level_text(p.levels[axis]) for i, p in enumerate(points)} if named else {}
    what = _name_of_x(axis, sweep.kind)
    return Curves(what, condition, at, lines, tuple(points), ticks, key=axis)


def _name_of_x(axis: str, kind: Kind) -> str:
    if SIZES.get(axis) == EXAMPLES:
        return LABELLED_NODES if kind in GRAPHS else EXAMPLES
    return SIZES.get(axis, axis_text(axis, kind))


def _number(axis: str, point: Point) -> float | None:
    """The point's place on the axis; None where its level is no number."""
    if SIZES.get(axis) == EXAMPLES:
        return float(point.train_examples)  # null stands for all of them
    level = point.levels[axis]
    return float(level) if isinstance(level, (bool, int, float)) else None


def strength_curves(sweep: Sweep) -> list[Curves]:
    """Curves along each strength, at each point of the grid."""
    return [
        Curves(
            name,
            strength.condition,
            point.levels,
            {
                model: Line(
                    tuple(map(float, strength.levels)),
                    tuple(found.misclassification[c] for c in strength.conditions),
                    (point.comparison.seeds,) * len(strength.levels),
                )
                for model, found in point.comparison.models.items()
            },
            (point,),
            {},
            strength=name,
        )
        for name, strength in sweep.strengths.items()
        for point in sweep.points
    ]
