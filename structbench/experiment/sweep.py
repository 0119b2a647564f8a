"""What a sweep asks: a contest of models at every point of a grid of settings.

A point is a ComparisonSpec, and its runs are those that `compare` and `train` make of it. So a
sweep finds what is finished, and a longer axis trains only what is new.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from structbench.data.alterations import read_condition
from structbench.errors import BudgetError, ConfigError
from structbench.experiment.axes import Key, Levels, key_text, of_every_model
from structbench.experiment.comparison import ComparisonSpec, Contest, Name, Plan, make_plan
from structbench.experiment.load import build, kind_of, paths, read_config
from structbench.experiment.run import Run
from structbench.experiment.schema import of_the_datas_kind
from structbench.experiment.strict_yaml import Document
from structbench.options import Options
from structbench.training.recipe import Recipe

# In a sweep's folder: what makes it again, and the comparison at each point.
CONFIG, POINTS = "sweep.yaml", "points"

MOST_POINTS = 10_000
# Where the level goes in the condition of a strength.
LEVEL = "{level}"


class Strength(Options):
    """A condition that grows stronger: every trained network is tested at each level."""

    condition: Annotated[str, Field(max_length=100)]
    """With {level} where the level goes, e.g. `translate:{level},0`."""
    levels: Levels
    """Numbers that rise: a list, a range or a log range."""

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The condition at each level, as its canonical text."""
        texts = (self.condition.replace(LEVEL, f"{level:.12g}") for level in self.levels)
        return tuple(str(read_condition(text)) for text in texts)

    @model_validator(mode="after")
    def _conditions_are_some(self) -> Strength:
        if LEVEL not in self.condition:
            raise ValueError(f"condition: say with {LEVEL} where the level goes")
        if not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in self.levels):
            raise ValueError("levels: should be numbers")
        if len(self.levels) < 2 or any(a >= b for a, b in zip(self.levels, self.levels[1:])):  # noqa: B905
            raise ValueError("levels: should be two or more, and rise")
        try:
            _ = self.conditions
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self


def _of_the_datas_kind(strengths: dict[str, Strength], info: ValidationInfo) -> dict[str, Strength]:
    for name, strength in strengths.items():
        of_the_datas_kind(strength.conditions, info, name, "condition")
    return strengths


class SweepSpec(Contest):
    """The models of a sweep, what is the same for all of them, and what is varied."""

    name: Name = "sweep"
    """What its folder is called."""
    axes: Annotated[dict[Key, Levels], Field(max_length=4)] = Field(default_factory=dict)
    """Key of the config, e.g. data.train_size → its values: a list, a range or a log range. Every
    model is trained with every seed at each combination; curves run along the first axis.
    `models.*.OPTION` is the option of every model that has it."""
    strengths: Annotated[
        dict[Name, Strength], Field(max_length=20), AfterValidator(_of_the_datas_kind)
    ] = Field(default_factory=dict)
    """Name → a condition at growing levels; costs an evaluation, no training."""

    @model_validator(mode="after")
    def _something_varies(self) -> SweepSpec:
        if not self.axes and not self.strengths:
            raise ValueError("a sweep needs axes or strengths")
        if (points := math.prod(map(len, self.axes.values()))) > MOST_POINTS:
            raise ValueError(f"axes: {points:,} points are more than {MOST_POINTS:,}")
        for axis in self.axes:
            if (every := of_every_model(axis)) != axis and every in self.axes:
                raise ValueError(f"axes: {every} varies {axis} too: leave one of them out")
        return self

    @property
    def all_conditions(self) -> tuple[str, ...]:
        """Those that are asked for by name, and the levels of the strengths."""
        levels = (text for strength in self.strengths.values() for text in strength.conditions)
        return tuple(dict.fromkeys((*self.conditions, *levels)))


@dataclass(frozen=True)
class PointSpec:
    """One point of the grid: axis → level, the comparison there, and its place, counted from 1."""

    levels: Mapping[str, Any]
    spec: ComparisonSpec
    place: int

    @property
    def config(self) -> str:
        """The file in the sweep's folder that asks for this comparison alone."""
        texts = (f"{k.split('.')[-1]}={json.dumps(v)}" for k, v in self.levels.items())
        told = "".join(c if c.isalnum() or c in "=.,-_" else "_" for c in ",".join(texts))
        return f"{POINTS}/{self.place:03d}{'-' if told else ''}{told[:60]}.yaml"

    @property
    def title(self) -> str:
        """What tells it from the other points; empty where there are none."""
        return ", ".join(f"{key_text(k)} {level_text(level)}" for k, level in self.levels.items())


def named_at(name: str, point: PointSpec) -> str:
    """A model's name with the point it is at."""
    return f"{name} at {point.title}" if point.title else name


def level_text(level: Any) -> str:
    """A level as people read it: 10,000, 0.5, adam, [64, 32]."""
    if isinstance(level, bool) or level is None or isinstance(level, (dict, list, tuple)):
        return json.dumps(level, ensure_ascii=False)
    return f"{level:,}" if isinstance(level, (int, float)) else str(level)


def load_sweep(
    config: str | Path, overrides: Sequence[str] = (), *, data: str | Path | None = None
) -> SweepSpec:
    """Read a sweep: a path, or a packaged one such as `sweeps/sample_size`.

    overrides: texts `key.path=value`, e.g. `seeds=3`
    data: see `load_experiment`

    ConfigError lists everything that is wrong
    with the config or at a point of its grid, each with its place
    """
    document = read_config(config)
    if (kind := kind_of(document)) != "sweep":
        raise ConfigError(f"{config} has no axes and no strengths: it is a config of one {kind}")
    spec = build(SweepSpec, document, overrides, data)
    sweep_points(spec, document.origins)
    return spec


def sweep_points(
    spec: SweepSpec, origins: Mapping[tuple[str | int, ...], str] | None = None
) -> list[PointSpec]:
    """The points of the grid, the last axis fastest; ConfigError lists those that cannot be.

    origins: where values of the config stand, for the messages
    """
    base = spec.model_dump(mode="json", exclude={"name", "axes", "strengths"})
    base["conditions"] = list(spec.all_conditions)
    found, wrong = [], dict[str, None]()
    for place, levels in enumerate(product(*spec.axes.values()), 1):
        point = dict(zip(spec.axes, levels, strict=True))
        document = Document(copy.deepcopy(base), {(): "config"})
        for axis in sorted(point, key=_is_option):
            origin = (origins or {}).get(("axes", axis), (origins or {}).get(("axes",), "config"))
            for path in paths(document, tuple(axis.split("."))):
                _place(document, spec, path, point[axis], origin)
        try:
            found.append(PointSpec(point, build(ComparisonSpec, document), place))
        except ConfigError as error:
            wrong |= dict.fromkeys(str(error).splitlines())
    if wrong:
        raise ConfigError("\n".join(wrong))
    return found


def _is_option(key: str) -> bool:
    """Whether it is no name of an optimiser, schedule or model, which decides what options are."""
    return key.rpartition(".")[2] not in ("name", "family")


def _place(
    document: Document, spec: SweepSpec, path: tuple[str, ...], level: Any, origin: str
) -> None:
    """Set what stands at the path to the level. origin: where the axis stands"""
    *way, last = path
    inner: Any = document.data
    asked: Any = spec
    for step in way:
        if not isinstance(inner.get(step), dict):
            inner[step] = {}
        inner = inner[step]
        asked = asked.get(step) if isinstance(asked, Mapping) else getattr(asked, step, None)
    if not _is_option(last) and isinstance(asked, Options):
        # What nobody wrote are the defaults of another name.
        for unwritten in inner.keys() - asked.model_fields_set:
            del inner[unwritten]
    if last == "epochs" and isinstance(asked, Recipe) and "steps" not in asked.model_fields_set:
        inner.pop("steps", None)  # a graph's default, which would count instead
    inner[last] = copy.deepcopy(level)
    document.origins |= {(): origin, **{path[: i + 1]: origin for i in range(len(path))}}


@dataclass(frozen=True)
class SweepPlan:
    """The runs of a sweep on this machine: for each point of the grid those of its comparison."""

    spec: Contest
    points: tuple[tuple[PointSpec, Plan], ...]

    @property
    def conditions(self) -> tuple[str, ...]:
        """Those that are asked for by name: what is shown while the runs are performed."""
        return self.spec.conditions

    @cached_property
    def labels(self) -> dict[str, str]:
        """Id of a run → what it is called; by its first point, where several share it."""
        labels: dict[str, str] = {}
        for point, plan in self.points:
            for name, runs in plan.runs.items():
                for run in runs:
                    labels.setdefault(run.id, named_at(name, point))
        return labels

    @cached_property
    def in_order(self) -> list[Run]:
        """All different runs, point by point; one that several points share comes once."""
        runs = {run.id: run for _, plan in self.points for run in plan.in_order}
        return list(runs.values())


def make_sweep_plan(
    spec: SweepSpec, device: str, data_folder: Path, smoke: bool = False
) -> SweepPlan:
    """The runs that a sweep needs; DataError without their data, BudgetError as a comparison."""
    points = []
    for point in sweep_points(spec):
        try:
            points.append((point, make_plan(point.spec, device, data_folder, smoke)))
        except BudgetError as error:
            raise BudgetError(f"at {point.title}: {error}") from None
    return SweepPlan(spec, tuple(points))


# Along which the structure is taken out, and its levels where that is asked of a comparison.
STRUCTURE = {"data.structure_removed": (0, 1)}


def make_comparison_plan(
    spec: ComparisonSpec, device: str, data_folder: Path, smoke: bool = False
) -> SweepPlan:
    """The runs of a comparison: a sweep of one point, or of two where structure is ablated."""
    if spec.ablate_structure:
        same = {key: value for key, value in spec if key in Contest.model_fields}
        return make_sweep_plan(SweepSpec(**same, axes=STRUCTURE), device, data_folder, smoke)
    plan = make_plan(spec, device, data_folder, smoke)
    return SweepPlan(spec, ((PointSpec({}, spec, 1), plan),))
