"""What a comparison asks: models, and everything else the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from structbench.data.images.spec import ImageSpec
from structbench.data.specs import AnyData
from structbench.errors import ConfigError
from structbench.experiment.load import build, find_config, kind_of, load_experiment, read_config
from structbench.experiment.run import Run, make_run
from structbench.experiment.schema import (
    AnyModel,
    Conditions,
    Experiment,
    FittingRecipe,
    Seed,
    default_conditions,
)
from structbench.experiment.strict_yaml import Document
from structbench.models import ModelSpec
from structbench.models.budget import fit_budget
from structbench.models.plugins import named_family
from structbench.options import NUMBER_OR_LIST, Items, Options, Positive, different
from structbench.training.recipe import Recipe

# In a comparison's folder: what makes it again.
CONFIG = "comparison.yaml"

MOST_SEEDS = 10_000

# As a folder name and a column heading; what it stands for is the model.
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f/\\]+$")]


if TYPE_CHECKING:
    Seeds = int | tuple[int, ...]
else:
    Seeds = Annotated[
        Annotated[Positive, Field(le=MOST_SEEDS), Tag("number")]
        | Annotated[
            tuple[Seed, ...],
            Items,
            Field(min_length=1, max_length=MOST_SEEDS, json_schema_extra={"uniqueItems": True}),
            AfterValidator(different),
            Tag("list"),
        ],
        NUMBER_OR_LIST,
    ]


class Contest(Options):
    """Models, and what is the same for all of them: what a comparison and a sweep both ask."""

    models: Annotated[dict[Name, AnyModel], Field(min_length=2, max_length=20)]
    """Name → architecture."""
    baseline: str | None = None
    """The model the others are compared with; null: the last one."""
    seeds: Seeds = 5
    """How many, seeds 0, 1, …, or a list of them: each model is trained once with each."""
    data: AnyData = ImageSpec()
    """The examples."""
    training: FittingRecipe = Recipe()
    """How every network is trained."""
    recipes: dict[str, FittingRecipe] = Field(default_factory=dict)
    """Name → how this model is trained instead, where recipes differ on purpose."""
    conditions: Conditions = Field(default_factory=default_conditions)
    """How the test examples are altered; by default what `structbench data` says of the data."""
    budget: Positive | None = None
    """Parameters that each model's widths are scaled to; null: as they are."""
    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.02
    """How far a model may be from the budget, as a share of it."""
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.005
    """Differences up to this share of the test examples count as none: 0.005 is half a point."""

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds themselves, in their order."""
        return self.seeds if isinstance(self.seeds, tuple) else tuple(range(self.seeds))

    @property
    def reference(self) -> str:
        """The name of the baseline."""
        return self.baseline or list(self.models)[-1]

    @model_validator(mode="after")
    def _consistent(self) -> Contest:
        for key, names in (("baseline", [self.reference]), ("recipes", list(self.recipes))):
            for name in names:
                if name not in self.models:
                    known = ", ".join(self.models)
                    raise ValueError(f"{key}: {name!r} is none of the models ({known})")
        try:
            self.data.require(self.conditions)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        asked = {name: self._experiment(name, model) for name, model in self.models.items()}
        for a, b in combinations(asked, 2):
            if asked[a] == asked[b]:
                raise ValueError(f"models: {a!r} and {b!r} are the same network, trained alike")
        return self

    def _experiment(self, name: str, model: ModelSpec) -> Experiment:
        training = self.recipes.get(name, self.training)
        try:
            return Experiment(
                model=model, data=self.data, training=training, conditions=self.conditions
            )
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            raise ValueError(f"models.{name}: {problem['ctx']['error']}") from None

    def experiments(self) -> dict[str, Experiment]:
        """Name → the experiment of its first seed; BudgetError where one misses the budget."""
        if self.budget is None:
            models = self.models
        else:
            problem = self.data.problem
            models = {
                name: fit_budget(name, model, problem, self.budget, self.tolerance)
                for name, model in self.models.items()
            }
        return {name: self._experiment(name, model) for name, model in models.items()}


class ComparisonSpec(Contest):
    """What a comparison asks: the models, what is the same for all of them, and the ablation."""

    ablate_structure: bool = False
    """Compare the models without the structure too, to see how much of a lead it is."""

    @model_validator(mode="after")
    def _structure_is_there(self) -> ComparisonSpec:
        if self.ablate_structure and self.data.structure_removed:
            raise ValueError(
                "ablate_structure takes the structure out itself: leave data.structure_removed out"
            )
        return self


def config_text(spec: Contest) -> str:
    """A config that asks for the same, with every default written out."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


@dataclass(frozen=True)
class Plan:
    """The runs of one comparison: name → one run a seed, in the order of the seeds."""

    spec: ComparisonSpec
    runs: Mapping[str, tuple[Run, ...]]

    @property
    def in_order(self) -> list[Run]:
        """All runs seed by seed, so that what is finished can be compared at any time."""
        return [run for column in zip(*self.runs.values(), strict=True) for run in column]

    @property
    def first(self) -> dict[str, Experiment]:
        """Name → the experiment of its first seed."""
        return {name: runs[0].experiment for name, runs in self.runs.items()}


def make_plan(spec: ComparisonSpec, device: str, data_folder: Path, smoke: bool = False) -> Plan:
    """The runs that one comparison needs on this machine; DataError without their data."""

    def runs(experiment: Experiment) -> tuple[Run, ...]:
        first = make_run(experiment, device, data_folder, smoke)
        of_seed = (first.experiment.model_copy(update={"seed": s}) for s in spec.seed_numbers)
        return tuple(replace(first, experiment=experiment) for experiment in of_seed)

    plan = Plan(spec, {name: runs(e) for name, e in spec.experiments().items()})
    require_comparable({name: found[0] for name, found in plan.runs.items()}, bool(spec.recipes))
    return plan


def chains(asked: Mapping[str, Experiment]) -> tuple[tuple[str, ...], ...]:
    """The names of models that are the same but for their option `depth`, and trained alike, the
    shallowest first; those that no other is like are left out."""
    alike: dict[str, dict[str, int]] = {}
    for name, experiment in asked.items():
        options = experiment.model.model_dump(mode="json")
        depth = options.pop("depth", None)
        if isinstance(depth, int):
            rest = repr((options, experiment.training))
            alike.setdefault(rest, {})[name] = depth
    return tuple(tuple(sorted(of, key=of.__getitem__)) for of in alike.values() if len(of) > 1)


def require_comparable(runs: Mapping[str, Run], recipes_differ: bool) -> None:
    """ConfigError naming each thing but the model in which the runs differ.

    recipes_differ: training may differ on purpose, except in precision
    """
    _require_same({name: run.identity for name, run in runs.items()}, recipes_differ)


def _require_same(asked: Mapping[str, Any], recipes_differ: bool = False) -> None:
    flat = {name: _flat(content) for name, content in asked.items()}
    for key in dict.fromkeys(key for values in flat.values() for key in values):
        what = key.removeprefix("experiment.")
        if what.startswith(("model.", "plugin", "weights")):
            continue
        free = what.startswith("training.") and what != "training.precision"
        found = {name: values.get(key) for name, values in flat.items()}
        if len(set(map(repr, found.values()))) > 1 and not (free and recipes_differ):
            told = ", ".join(f"{name} {value}" for name, value in found.items())
            purpose = "; where that is meant, say so in a config under `recipes:`" if free else ""
            raise ConfigError(f"not comparable: {what} differs: {told}{purpose}")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {
        key: leaf
        for name, inner in value.items()
        for key, leaf in _flat(inner, f"{path}.{name}" if path else name).items()
    }


def load_comparison(
    models: Sequence[str], overrides: Sequence[str] = (), *, data: str | Path | None = None
) -> ComparisonSpec:
    """Read a comparison.

    models: family names, configs, `file.py:Name` and `package.module:name`; or one comparison
        config
    overrides: texts `key.path=value` on the comparison, e.g. `seeds=3`, `models.cnn.hidden=64`
    data: see `load_experiment`

    A family takes data and training from the configs named beside it, or the defaults.
    ConfigError lists everything that is wrong.
    """
    if len(models) == 1 and not named_family(models[0]):
        document = read_config(models[0])
        if kind_of(document) == "sweep":
            raise ConfigError(f"{models[0]} is a sweep: structbench sweep {models[0]}")
        if kind_of(document) == "comparison":
            return build(ComparisonSpec, document, overrides, data)
    if len(models) < 2:
        raise ConfigError("a comparison needs two models, or a config with `models:`")
    return build(ComparisonSpec, _document(models), overrides, data)


def _document(models: Sequence[str]) -> Document:
    """What a comparison config with these models would hold."""
    data: dict[str, Any] = {"models": {}}
    document = Document(data, {(): "command line", ("models",): "command line"})
    configs: dict[str, Experiment] = {}
    for text in models:
        if family := named_family(text):
            name, model = family, {"family": family}
        else:
            name = find_config(text).stem
            configs[name] = load_experiment(text)
            model = configs[name].model.model_dump(mode="json")
        if name in data["models"]:
            raise ConfigError(f"two models are called {name!r}: name them in a config")
        data["models"][name] = model
        document.origins["models", name] = text
    shared = {n: e.model_dump(mode="json", exclude={"model", "seed"}) for n, e in configs.items()}
    _require_same(shared)
    # As it is written: other defaults than those of adam belong to training.optimizer.name=sgd.
    written = (
        e.model_dump(mode="json", exclude={"model", "seed"}, exclude_unset=True)
        for e in configs.values()
    )
    return replace(document, data={**data, **next(written, {})})
