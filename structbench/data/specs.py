"""The `data:` section of a config: a class for each kind of data set, and which is meant."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, GetJsonSchemaHandler, Tag, TypeAdapter
from pydantic_core import CoreSchema

from structbench.data import DATASETS
from structbench.data.graphs.spec import GraphSpec, MadeGraphSpec
from structbench.data.images.spec import ImageSpec
from structbench.data.sequences.spec import SequenceSpec
from structbench.data.spec import DataSpec

SPECS: tuple[type[DataSpec], ...] = (DataSpec, ImageSpec, SequenceSpec, GraphSpec, MadeGraphSpec)


def spec_of(name: str) -> type[DataSpec]:
    """What describes a data set; DataSpec for one that is not known."""
    dataset = DATASETS.get(name)
    fitting = (spec for spec in reversed(SPECS) if isinstance(dataset, spec.describes))
    return next(fitting, DataSpec)


def _member(value: Any) -> str:
    """Which member of the union a mapping, or what was made of one, is meant to be."""
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    return (spec_of(name) if isinstance(name, str) else ImageSpec).__name__


class _ByName:
    """Says in the JSON Schema which data sets each member of the union is for."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        mapping = {}
        for spec, member in zip(SPECS, schema["oneOf"], strict=True):
            names = [name for name in DATASETS if spec_of(name) is spec]
            mapping.update(dict.fromkeys(names, member["$ref"]))
            handler.resolve_ref_schema(member)["properties"]["name"]["enum"] = names
            if spec is not ImageSpec:  # which is meant where there is no name
                member["required"] = ["name"]
        return {**schema, "discriminator": {"propertyName": "name", "mapping": mapping}}


if TYPE_CHECKING:
    AnyData = DataSpec
else:
    AnyData = Annotated[
        reduce(or_, (Annotated[spec, Tag(spec.__name__)] for spec in SPECS)),
        Discriminator(_member),
        _ByName(),
    ]


def data_spec(described: Any) -> DataSpec:
    """What a `data:` section describes; ValidationError where it is none."""
    return _adapter().validate_python(described)


@cache
def _adapter() -> TypeAdapter[DataSpec]:
    return TypeAdapter(AnyData)
