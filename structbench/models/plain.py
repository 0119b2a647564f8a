"""A plain torch module, or a function that makes one, as a family."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import PydanticUserError, create_model
from pydantic.errors import PydanticSchemaGenerationError

from structbench.models.arguments import FITTED, call, parameters
from structbench.models.torch_model import TorchModel
from structbench.options import Options
from structbench.problem import Kind, Problem

if TYPE_CHECKING:
    from torch import nn

# What a config can hold: an option of another type stays as its default has it.
_PLAIN = (bool, int, float, str, type(None), Enum, PurePath)


class PlainModel(TorchModel):
    """A family made of a signature; its options are the parameters that have a default."""

    takes: ClassVar[frozenset[Kind]] = frozenset({"image", "signal"})
    made_by: ClassVar[Callable[..., Any]]

    def network(self, problem: Problem) -> nn.Module:
        options = {name: getattr(self, name) for name in type(self).model_fields}
        del options["family"]
        made: nn.Module = call(type(self).made_by, problem, options)
        return made


def plain_family(name: str, made_by: Callable[..., Any]) -> type[PlainModel]:
    """The family of a class derived from nn.Module, or of a function that returns one.

    Parameters named as in FITTED get what the data set has. The others are options: of the type
    of their annotation, or else of their default; required where there is no default.
    """
    hints, taken = _hints(made_by), {*dir(PlainModel), *PlainModel.model_fields}
    fields: dict[str, Any] = {"family": (Literal[name], name)}
    for option, parameter in parameters(made_by).items():
        if option in FITTED or option in taken or option.startswith("_"):
            continue
        required = parameter.default is parameter.empty
        kind = hints.get(option) or (Any if required else _type_of(parameter.default))
        if parameter.default is None and kind is not None:
            kind = kind | None  # `hidden: int = None`, as people write it
        if kind is None or not _can_be_set(kind, parameter.default):
            continue
        fields[option] = (kind, ... if required else parameter.default)
    family = create_model(
        name,
        __base__=PlainModel,
        __doc__=inspect.cleandoc(made_by.__doc__ or ""),
        __module__=__name__,
        **fields,
    )
    for key, value in {**_said(made_by), "made_by": staticmethod(made_by)}.items():
        setattr(family, key, value)
    return family


def _said(made_by: Callable[..., Any]) -> dict[str, Any]:
    """What a class says of itself as families say it; what it means otherwise is its own."""
    given = {key: getattr(made_by, key, None) for key in ("takes", "widths")}
    return {
        key: names
        for key, names in given.items()
        if isinstance(names, (tuple, list, set, frozenset))
        and all(isinstance(name, str) for name in names)
    }


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    where = function.__init__ if inspect.isclass(function) else function
    try:
        return typing.get_type_hints(where)
    except Exception:  # an annotation can be any expression, and need not hold
        return {}


def _type_of(default: Any) -> Any:
    if isinstance(default, (tuple, list)):
        kinds = {type(item) for item in default}
        if len(kinds) != 1 or not isinstance(default[0], _PLAIN):
            return None
        return tuple[kinds.pop(), ...] if isinstance(default, tuple) else list[kinds.pop()]  # type: ignore[misc]
    if default is None or not isinstance(default, _PLAIN):
        return None
    return type(default)


def _can_be_set(kind: Any, default: Any) -> bool:
    """Whether a config can hold a value of this type, and holds the default."""
    required = default is inspect.Parameter.empty
    if isinstance(default, (set, frozenset)):
        return False  # of another order in each process, so that a run would have another name
    try:
        fields: dict[str, Any] = {"value": (kind, ...)}
        make: Any = create_model
        held = make("Held", __base__=Options, **fields)
        held.model_json_schema()
        if required:
            return True
        again = held.model_validate_json(held(value=default).model_dump_json())
        return bool(again.value == default)
    except (PydanticUserError, PydanticSchemaGenerationError, ValueError, TypeError):
        return False
