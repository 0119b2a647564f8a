"""The config: one experiment, validated and frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    Field,
    SerializeAsAny,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from structbench.data.conditions import ConditionText
from structbench.data.spec import DataSpec
from structbench.errors import ConfigError
from structbench.models import MODELS, ModelSpec
from structbench.models.layer_table import LayerTable
from structbench.models.plugins import plugin_family
from structbench.options import Items, Options, one_of
from structbench.streams import LARGEST_SEED
from structbench.training.recipe import Recipe


def _own_model(value: Any, built_in: ValidatorFunctionWrapHandler) -> Any:
    """A family of the user's own is looked up when it is asked for, not known beforehand."""
    if isinstance(value, ModelSpec):
        return value
    name = value.get("family") if isinstance(value, dict) else None
    if isinstance(name, str) and name not in MODELS and (own := plugin_family(name)):
        return own.model_validate(value)
    return built_in(value)


if TYPE_CHECKING:
    AnyModel = ModelSpec
else:
    AnyModel = Annotated[SerializeAsAny[one_of(MODELS, "family")], WrapValidator(_own_model)]


class Experiment(Options):
    """What is asked: a model, its data, how it is trained and on what it is tested."""

    model: AnyModel
    """The architecture; `family` names a row of `structbench models`."""
    data: DataSpec = DataSpec()
    """The examples."""
    training: Recipe = Recipe()
    """How the network is trained."""
    conditions: Annotated[
        tuple[ConditionText, ...], Items, Field(min_length=1, max_length=1000)
    ] = (
        "clean",
        "translate:2,2",
    )
    """How the test images are altered: clean, translate:DX,DY, rotate:DEGREES, …"""
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0
    """All chance in a run comes from this number."""

    @property
    def layer_table(self) -> LayerTable:
        """The model's layers worked out for this data set."""
        return self.model.layer_table(self.data.dataset.input_shape, self.data.dataset.classes)

    @model_validator(mode="after")
    def _consistent(self) -> Experiment:
        if self.training.early_stopping and not self.data.validation_size:
            raise ValueError("training.early_stopping needs a data.validation_size above 0")
        try:
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
