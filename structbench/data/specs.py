"""The `data:` section of a config: a class for each kind of data set, and which is meant."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, GetJsonSchemaHandler, Tag, TypeAdapter
from pydantic_core import CoreSchema

from structbench.data import DATASETS
from structbench.data.graphs.spec import GraphSpec, MadeGraphSpec, OwnGraphSpec
from structbench.data.images.spec import ImageSpec, OwnImageSpec
from structbench.data.own.spec import OWN, OwnSpec
from structbench.data.sequences.spec import OwnSequenceSpec, SequenceSpec
from structbench.data.signals.spec import OwnSignalSpec
from structbench.data.spec import DataSpec
from structbench.problem import Kind

SPECS: tuple[type[DataSpec], ...] = (DataSpec, ImageSpec, SequenceSpec, GraphSpec, MadeGraphSpec)

KIND_KEY = "What the examples are, where what lies at --data PATH could be several kinds."

# Of data of one's own, which are of any kind.
OWN_SPECS: dict[Kind, type[OwnSpec]] = {
    "image": OwnImageSpec,
    "signal": OwnSignalSpec,
    "sequence": OwnSequenceSpec,
    "graph": OwnGraphSpec,
}
_ALL = (*SPECS, *OWN_SPECS.values())


def spec_of(name: str) -> type[DataSpec]:
    """What describes a data set; DataSpec for one that is not known."""
    dataset = DATASETS.get(name)
    fitting = (spec for spec in reversed(SPECS) if isinstance(dataset, spec.describes))
    return next(fitting, DataSpec)


def _member(value: Any) -> str:
    """Which member of the union a mapping, or what was made of one, is meant to be."""
    if isinstance(value, DataSpec):
        return type(value).__name__
    if not isinstance(value, dict):
        return ImageSpec.__name__
    name, content = value.get("name", "mnist"), value.get("content")
    if name == OWN:
        kind = content.get("kind") if isinstance(content, dict) else getattr(content, "kind", None)
        return OWN_SPECS.get(kind, OwnImageSpec).__name__  # type: ignore[arg-type]
    return (spec_of(name) if isinstance(name, str) else ImageSpec).__name__


def _names_of(spec: type[DataSpec]) -> list[str]:
    return [name for name in DATASETS if spec_of(name) is spec]


class _ByName:
    """Says in the JSON Schema which data sets each member of the union is for."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        mapping = {}
        for spec, member in zip(_ALL, schema["oneOf"], strict=True):
            names = [OWN] if issubclass(spec, OwnSpec) else _names_of(spec)
            mapping.update(dict.fromkeys(names, member["$ref"]))
            resolved = handler.resolve_ref_schema(member)
            resolved["properties"]["name"]["enum"] = names
            if OWN in names:
                # What it says on the command line where the kind cannot be seen.
                resolved["properties"]["kind"] = {"enum": list(OWN_SPECS), "description": KIND_KEY}
            if spec is not ImageSpec:  # which is meant where there is no name
                member["required"] = ["name"]
        known = schema["oneOf"][: len(SPECS)]
        own = {"anyOf": schema["oneOf"][len(SPECS) :]}
        return {
            **schema,
            "oneOf": [*known, own],
            "discriminator": {"propertyName": "name", "mapping": mapping},
        }


if TYPE_CHECKING:
    AnyData = DataSpec
else:
    AnyData = Annotated[
        reduce(or_, (Annotated[spec, Tag(spec.__name__)] for spec in _ALL)),
        Discriminator(_member),
        _ByName(),
    ]


def data_spec(described: Any) -> DataSpec:
    """What a `data:` section describes; ValidationError where it is none."""
    return _adapter().validate_python(described)


@cache
def _adapter() -> TypeAdapter[DataSpec]:
    return TypeAdapter(AnyData)
