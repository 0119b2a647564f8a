"""The config: one experiment, validated and frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, to_json

from structbench.data import DATASETS
from structbench.data.alterations import split_condition
from structbench.data.conditions import AUGMENTED, find_alteration, parse_condition
from structbench.data.images.spec import ImageSpec
from structbench.data.specs import AnyData
from structbench.errors import ConfigError
from structbench.models import MODELS, ModelSpec
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import families, is_known, plugin_family
from structbench.models.spec import examples_of
from structbench.options import Options, one_of
from structbench.problem import GRAPHS, Kind
from structbench.streams import LARGEST_SEED
from structbench.training.recipe import ConditionTexts, Recipe


def _own_model(value: Any, built_in: ValidatorFunctionWrapHandler) -> Any:
    """A family of the user's own is looked up when it is asked for, not known beforehand."""
    if isinstance(value, ModelSpec):
        if not is_known(type(value)):
            raise ValueError(
                f"{type(value).__name__} was made in this session, where altered code has the same "
                "name: write it to a file and take it from load_plugin('file.py')"
            )
        return value
    name = value.get("family") if isinstance(value, dict) else None
    if isinstance(name, str) and (own := plugin_family(name)):
        # As JSON: lists are tuples there, texts are paths and members of an Enum.
        return own.model_validate_json(to_json(value))
    return built_in(value)


if TYPE_CHECKING:
    AnyModel = ModelSpec
else:
    AnyModel = Annotated[SerializeAsAny[one_of(MODELS, "family")], WrapValidator(_own_model)]


def read_conditions(texts: Sequence[str], kind: Kind) -> tuple[list[str], dict[int, str]]:
    """Canonical texts, so that rotate:30.0 is rotate:30; and number → what is wrong with one."""
    found, wrong = list[str](), dict[int, str]()
    for i, text in enumerate(texts):
        try:
            canonical = str(parse_condition(text, kind))
        except ConfigError as error:
            wrong[i] = str(error)
            continue
        if canonical in found:
            wrong[i] = f"{canonical} stands here twice"
        found.append(canonical)
    return found, wrong


def of_the_datas_kind(texts: Sequence[str], info: ValidationInfo, *place: str) -> tuple[str, ...]:
    """Canonical texts of different conditions that fit `data`.

    ValidationError where one does not, at its number below `place`.
    """
    if (data := info.data.get("data")) is None:
        return tuple(texts)  # what is wrong with `data` is said
    found, wrong = read_conditions(texts, data.kind)
    if wrong:
        raise _refused({(*place, i): (told, texts[i]) for i, told in wrong.items()})
    return tuple(found)


def _refused(wrong: Mapping[tuple[str | int, ...], tuple[str, Any]]) -> ValidationError:
    """Place → what is wrong there, and what stands there."""
    details: list[InitErrorDetails] = [
        {"type": "value_error", "loc": place, "input": found, "ctx": {"error": ValueError(told)}}
        for place, (told, found) in wrong.items()
    ]
    return ValidationError.from_exception_data("config", details)


def _passes_over_a_graph(recipe: Recipe, info: ValidationInfo) -> Recipe:
    """What a graph's nodes share is worked out anew at each step, for however many of them."""
    if (data := info.data.get("data")) is None or data.kind not in GRAPHS:
        return recipe
    if recipe.batch_size is not None and "batch_size" in recipe.model_fields_set:
        told = "a step is a pass over the whole graph; leave it out, or null"
        raise _refused({("batch_size",): (told, recipe.batch_size)})
    return recipe.of_a_graph()


def _augments_what_can_be(recipe: Recipe, info: ValidationInfo) -> Recipe:
    if not recipe.augment or (data := info.data.get("data")) is None:
        return recipe
    if data.kind not in AUGMENTED:
        raise ValueError(f"augment: examples of a {data.kind} cannot be altered one by one")
    canonical = of_the_datas_kind(recipe.augment, info, "augment")
    for text in canonical:
        if find_alteration(split_condition(text)[0], data.kind).chooses:
            raise ValueError(f"augment: {text} chooses other examples, it alters none")
    return recipe.model_copy(update={"augment": canonical})


Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
# Both stand below `data` in a config's class, which decides what fits.
Conditions = Annotated[ConditionTexts, Field(min_length=1), AfterValidator(of_the_datas_kind)]
FittingRecipe = Annotated[
    Recipe, AfterValidator(_augments_what_can_be), AfterValidator(_passes_over_a_graph)
]


def default_conditions(valid: dict[str, Any]) -> tuple[str, ...]:
    """Those of the data set; called where `data` is valid."""
    conditions: tuple[str, ...] = valid["data"].dataset.conditions
    return conditions


class Experiment(Options):
    """What is asked: a model, its data, how it is trained and on what it is tested."""

    model: AnyModel
    """The architecture; `family` names a row of `structbench models`."""
    data: AnyData = ImageSpec()
    """The examples."""
    training: FittingRecipe = Recipe()
    """How the network is trained."""
    conditions: Conditions = Field(default_factory=default_conditions)
    """How the test examples are altered, e.g. clean, translate:DX,DY, rotate:DEGREES; training asks
    a sample of the training examples instead. By default what `structbench data` says of the data
    set."""
    seed: Seed = 0
    """All chance in a run comes from this number."""

    @property
    def layer_table(self) -> LayerTable:
        """The model's layers worked out for this data set."""
        return self.model.layer_table(self.data.problem)

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        if self.training.early_stopping and not self.data.validation_size:
            raise ValueError("training.early_stopping needs a data.validation_size above 0")
        if (kind := self.data.kind) not in self.model.takes:
            taken = examples_of(self.model.takes)
            others = [name for name, family in families().items() if kind in family.takes]
            fitting = [name for name, data in DATASETS.items() if data.kind in self.model.takes]
            raise ValueError(
                f"{self.model.family} takes {taken}, {self.data.called} has {kind}s; those that "
                f"do: {', '.join(others) or 'none'}; data.name for {self.model.family}: "
                f"{', '.join(fitting) or 'none'}"
            )
        self.model.require_used(kind, self.data.called)
        try:
            self.data.require(self.conditions)
            _ = self.layer_table
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self


def json_schema(asked: type[Options] = Experiment) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of config, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **asked.model_json_schema(),
    }
