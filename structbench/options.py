"""The base of everything a config may contain."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Strict,
)
from pydantic_core import CoreSchema


class Options(BaseModel):
    """A frozen set of options: unknown keys are refused, types are not converted.

    The docstring under a field is its description in the JSON Schema.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
    )


# 2³¹ − 1 bounds every count, so that no product of two of them overflows 64 bits.
LARGEST = 2**31 - 1

Positive = Annotated[int, Field(ge=1, le=LARGEST)]
NonNegative = Annotated[int, Field(ge=0, le=LARGEST)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
# How many layers of a sort: each is made and shown.
Depth = Annotated[int, Field(ge=1, le=1000)]

# YAML and JSON have lists, not tuples: the outer type is converted, its items are not.
Items = Strict(False)
Widths = Annotated[tuple[Positive, ...], Items, Field(min_length=1, max_length=1000)]


def _number_or_list(value: Any) -> str:
    return "list" if isinstance(value, (list, tuple)) else "number"


# For a union of a number and a list, tagged so: what is wrong is said of the one that was meant.
NUMBER_OR_LIST = Discriminator(_number_or_list)


def different(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items; ValueError where one stands there twice."""
    texts = Counter(json.dumps(item) for item in items)
    if twice := next((text for text, times in texts.items() if times > 1), None):
        raise ValueError(f"{twice} stands here twice")
    return items


def one_of(table: Mapping[str, type[Options]], key: str, default: str = "") -> Any:
    """The classes of a table as one type; the field `key` says which is meant.

    default: which is meant by options without the key
    """

    def named(value: Any) -> Any:
        return {key: default, **value} if default and isinstance(value, dict) else value

    known: Any = Annotated[reduce(or_, table.values()), Field(discriminator=key)]
    return Annotated[known, _Named(key, default), BeforeValidator(named)]


@dataclass(frozen=True)
class _Named:
    """Says in the JSON Schema of a union that all members but the default need their name."""

    key: str
    default: str

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        names = {reference: name for name, reference in schema["discriminator"]["mapping"].items()}
        for member in schema["oneOf"]:
            if names[member["$ref"]] != self.default:
                member["required"] = [self.key]
        return schema
