"""What torch says of a user's network, in terms of the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, StructBenchError
from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import nn


@contextmanager
def explained(network: nn.Module, family: str, problem: Problem, when: str) -> Iterator[None]:
    """Errors within become a ConfigError that names the part that failed and what it was given.

    when: what the network was doing, e.g. `for one example`
    """
    from torch.jit import ScriptModule

    entered: list[str] = []
    hooks: list[Any] = []
    try:
        for name, part in network.named_modules():
            if isinstance(part, ScriptModule):
                continue  # it takes no hooks
            hooks.append(part.register_forward_pre_hook(partial(_enter, entered, name)))
            hooks.append(part.register_forward_hook(partial(_leave, entered)))
        yield
    except StructBenchError as error:
        reason = str(error).removeprefix(f"model {family}").removeprefix("the network")
        raise ConfigError(
            f"model {family}{'' if reason[:1] in (' ', ',') else ' '}{reason}"
        ) from None
    except Exception as error:
        where = f"{entered[-1]}: " if entered else ""
        raise ConfigError(
            f"model {family} fails {when}, with {told(problem)}: {where}{told_error(error)}"
        ) from error
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def refused(family: str) -> Iterator[None]:
    """Whatever torch or a user's code raises within becomes a ConfigError in one sentence.

    For what is done to a network besides calling it: a user's class may have a `train` of its own.
    """
    try:
        yield
    except (StructBenchError, OSError, MemoryError):
        raise
    except Exception as error:
        raise ConfigError(f"model {family} cannot be used: {told_error(error)}") from error


def _enter(entered: list[str], name: str, part: nn.Module, inputs: Any) -> None:
    what = type(part).__name__ if list(part.children()) else " ".join(str(part).split())
    given = ", ".join("×".join(map(str, x.shape)) for x in inputs if hasattr(x, "shape"))
    entered.append(f"{f'{name}, ' if name else ''}{what}, is given {given or 'no tensor'}")


def _leave(entered: list[str], part: nn.Module, inputs: Any, output: Any) -> None:
    entered.pop()


def require_logits(output: object, examples: int, problem: Problem, when: str) -> None:
    """ConfigError, to be explained, where an output is not one number a class and example."""
    import torch

    expected = (examples, *problem.output_shape)
    shape = tuple(output.shape) if isinstance(output, torch.Tensor) else None
    if shape == expected and output.is_floating_point():  # type: ignore[attr-defined]
        return
    given = kind_of(output) if shape is None else f"{shape}"
    if shape == expected:
        given = f"{output.dtype}".removeprefix("torch.")  # type: ignore[attr-defined]
    wanted = f"one logit for each of the {problem.classes} classes"
    if problem.kind == "graph":
        wanted = f"of each node that is asked for {wanted}"
    if problem.answer_length:
        wanted = (
            f"at each of the {problem.answer_length} places of an answer one logit for each of the "
            f"{problem.classes} symbols"
        )
    raise ConfigError(f"gives {given} {when}; it should give {wanted}: {expected}")


def told(problem: Problem) -> str:
    """What the data give, for a message."""
    shape = "×".join(map(str, problem.input_shape))
    if problem.kind == "graph":
        return (
            f"a graph of {problem.nodes:,} nodes with {shape} features each, {problem.edges:,} "
            f"edges and {problem.classes} classes"
        )
    if problem.answer_length:
        return (
            f"{problem.kind}s of up to {shape} symbols and answers of up to "
            f"{problem.answer_length} of {problem.classes}"
        )
    return f"{problem.kind}s of {shape} and {problem.classes} classes"


def told_error(error: BaseException) -> str:
    """An error's kind and first line."""
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")


def kind_of(value: object) -> str:
    """What a value is, for a message: `a tuple`, `nothing`."""
    if value is None:
        return "nothing (None)"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
