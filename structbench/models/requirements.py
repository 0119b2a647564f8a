"""What is required of a user's model before its network runs; ConfigError where it is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from structbench.errors import ConfigError
from structbench.models.spec import ModelSpec

if TYPE_CHECKING:
    from torch import nn


def require_storable_options(model: ModelSpec) -> None:
    """Read again from a run's file, its options are the same, in every process."""
    failed = f"model {model.family} has"
    for name, value in model:
        if isinstance(value, (set, frozenset)):
            raise ConfigError(
                f"{failed} an option that is a set, {name}, of another order in each process: "
                "make it a tuple"
            )
    try:
        again = type(model).model_validate_json(model.model_dump_json())
    except ValidationError as error:
        first = error.errors()[0]
        said = ": ".join([*map(str, first["loc"]), first["msg"]])
        raise ConfigError(f"{failed} options that a run cannot keep: {said}") from None
    except ValueError as error:
        said = next(iter(str(error).splitlines()), "")
        raise ConfigError(f"{failed} options that a run cannot keep: {said}") from None
    if again != model:
        raise ConfigError(f"{failed} options that are not the same when they are read again")


def require_trainable(family: str, network: nn.Module) -> None:
    """It has something to train, and all of it can be kept."""
    import torch

    for name, parameter in network.named_parameters():
        if parameter.layout != torch.strided:
            raise ConfigError(
                f"model {family} has a sparse parameter, {name}: only dense ones can be kept"
            )
    if not any(p.requires_grad for p in network.parameters()):
        raise ConfigError(
            f"model {family} has nothing to train: none of its parameters requires a gradient"
        )


def require_own(family: str, first: nn.Module, again: nn.Module) -> None:
    """Made twice, it shares neither modules nor parameters."""
    theirs = {id(part) for part in again.modules()}
    if any(id(part) in theirs for part in first.modules()):
        raise ConfigError(
            f"model {family} gives the same module twice: make a new one each time, so that each "
            "run has its own"
        )
    known = {p.data_ptr() for p in again.parameters() if p.numel()}
    for name, parameter in first.named_parameters():
        if parameter.numel() and parameter.data_ptr() in known:
            raise ConfigError(
                f"model {family} gives the parameter {name} twice: make a new one each time"
            )
