"""The models that a user's file or module offers, and what each is called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from structbench.errors import ConfigError, nearest
from structbench.models import MODELS
from structbench.models.failures import kind_of
from structbench.models.sources import Source
from structbench.models.spec import ModelSpec

# It becomes a part of a folder's name.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,59}")


def offered_by(source: Source) -> dict[str, type[ModelSpec]]:
    """Family → class, of the models that a user's file defines; an installed module is not
    searched.

    Its torch modules are models where it has no class derived from ModelSpec: elsewhere they are
    parts of one, and are models only if they are named.
    """
    if not source.installed and not source.offers:
        for _, member in _own_members(source):
            if _is_concrete(member) and not _inherits_its_name(member):
                _offer(member, source)
        if not source.offers:
            source.offers.update(
                (name, _plain(name, member, source))
                for name, member in _own_members(source)
                if isinstance(member, type) and _is_module(member)
            )
    return source.offers


def _is_concrete(member: Any) -> bool:
    is_spec = isinstance(member, type) and issubclass(member, ModelSpec)
    return is_spec and not inspect.isabstract(member)


def _offer(family: type[ModelSpec], source: Source) -> None:
    name = family_name(family, source)
    other = source.offers.setdefault(name, family)
    if other is not family:
        raise ConfigError(
            f"{other.__name__} and {family.__name__} in {source.text} are both called {name!r}"
        )


def _own_members(source: Source) -> list[tuple[str, Any]]:
    """The classes and functions that a file defines, by name."""
    return [
        (name, member)
        for name, member in vars(source.module).items()
        if (isinstance(member, type) or inspect.isfunction(member))
        and member.__module__ == source.module.__name__
    ]


def others_in(source: Source) -> list[str]:
    """The names in a file that may be models, if named: its own functions and torch modules, those
    torch modules that it has from another file of the user's, and what `partial` made."""
    offered = [family.__name__ for family in offered_by(source).values()]
    own = [
        name
        for name, member in _own_members(source)
        if inspect.isfunction(member) or _is_module(member)
    ]
    others = [
        name
        for name, member in vars(source.module).items()
        if isinstance(member, partial)
        or (isinstance(member, type) and member.__module__ in source.modules and _is_module(member))
    ]
    names = dict.fromkeys((*own, *others))
    return [name for name in names if not name.startswith("_") and name not in offered]


def other_of(source: Source, name: str) -> type[ModelSpec] | None:
    """The family of this name that is not offered but may be a model, or None."""
    return model_of(source, name, name) if name in others_in(source) else None


def names_in(source: Source) -> list[str]:
    """What may stand after the colon."""
    return [*(family.__name__ for family in offered_by(source).values()), *others_in(source)]


def model_of(source: Source, attribute: str, name: str) -> type[ModelSpec]:
    """The family of a member of a module; ConfigError where it is no model."""
    told, member = f"{source.text}:{attribute}", vars(source.module).get(attribute)
    if member is None:
        known = names_in(source) or [n for n in vars(source.module) if not n.startswith("_")]
        raise ConfigError(
            f"{source.text} defines no model {attribute!r}; {nearest(attribute, known)}"
        )
    if isinstance(member, type) and issubclass(member, ModelSpec):
        if inspect.isabstract(member):
            raise ConfigError(f"{told} is abstract: derive a class from it")
        if _inherits_its_name(member):
            raise ConfigError(
                f"{told} inherits its family's name, {family_name(member, source)!r}: give it its "
                f'own, family: Literal["{attribute.lower()}"] = "{attribute.lower()}"'
            )
        return member
    if not isinstance(member, type) and (_is_module(member) or not callable(member)):
        raise ConfigError(
            f"{told} is {kind_of(member)} made once: a model is a class or a function, so that "
            "each run has a network of its own"
        )
    if isinstance(member, type) and not _is_module(member):
        raise ConfigError(f"{told} is not derived from torch.nn.Module")
    return _plain(name, member, source)


def _is_module(member: Any) -> bool:
    """Whether a class or a value is a torch module."""
    from torch import nn

    return (
        issubclass(member, nn.Module) if isinstance(member, type) else isinstance(member, nn.Module)
    )


def is_plain(family: type[ModelSpec]) -> bool:
    """Whether a family is made of a torch module or a function."""
    return hasattr(family, "made_by")


def _inherits_its_name(family: type[ModelSpec]) -> bool:
    stated = "family" in inspect.get_annotations(family)
    return not stated and isinstance(family.model_fields["family"].default, str)


def _plain(name: str, made_by: Callable[..., Any], source: Source) -> type[ModelSpec]:
    from structbench.models.plain import plain_family

    family = plain_family(name, made_by)
    family.source = source
    return family


def family_name(family: type[ModelSpec], source: Source) -> str:
    """ConfigError where it cannot be a part of a folder's name, or is that of a built-in."""
    name, told = family.model_fields["family"].default, f"{family.__name__} in {source.text}"
    if not isinstance(name, str):
        raise ConfigError(f'{told} needs a field family: Literal["name"] = "name"')
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{told}: the family {name!r} may hold at most 60 letters (a … z, A … Z), digits, "
            "'.', '_' and '-', and begins with a letter, a digit or '_'"
        )
    if name in MODELS:
        raise ConfigError(f"{told}: the name {name!r} is taken by a family that is built in")
    return name
