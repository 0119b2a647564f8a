"""What a user's function or class is called with: arguments are fitted by their names."""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from structbench.errors import ConfigError
from structbench.problem import Problem

# What the data set says, by the names that people give it.
FITTED = ("problem", "input_shape", "in_channels", "classes", "num_classes")
_CALLED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_KEYWORDS = inspect.Parameter.VAR_KEYWORD
_REST = (inspect.Parameter.VAR_POSITIONAL, _KEYWORDS)


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The named parameters of a function, method or class."""
    return {name: p for name, p in _signature(function).items() if p.kind not in _REST}


def call(
    function: Callable[..., Any], problem: Problem, options: Mapping[str, Any] | None = None
) -> Any:
    """Call a function with what its parameters are named after, and these options.

    A function that takes any keywords and none of the classes is given num_classes, if it bears
    that: torchvision's and timm's builders hand it on. ConfigError where a parameter is left over.
    """
    known, given = _known(problem), dict(options or {})
    positional, keywords = [], {}
    for name, parameter in parameters(function).items():
        if name in given or name in known:
            value = given[name] if name in given else known[name]
            if value is None and name in known:
                raise ConfigError(f"takes {name}, and {problem.kind}s have none")
        elif parameter.default is not parameter.empty:
            value = _fresh(parameter.default)
        else:
            raise ConfigError(f"needs {name!r}, which is none of {', '.join(FITTED)}")
        if parameter.kind in _CALLED:
            positional.append(value)
        else:
            keywords[name] = value
    if _hands_on(function):
        try:
            return function(*positional, **keywords, num_classes=problem.classes)
        except TypeError as error:
            if "num_classes" not in str(error):
                raise
    return function(*positional, **keywords)


def _fresh(default: Any) -> Any:
    """So that a list that one network alters is not what the next is given."""
    return deepcopy(default) if isinstance(default, (list, dict, set)) else default


def _known(problem: Problem) -> dict[str, Any]:
    # Of a node the features, as libraries of graph networks call them.
    has_channels = problem.kind != "sequence"
    return {
        "problem": problem,
        "input_shape": problem.input_shape,
        "in_channels": problem.input_shape[0] if has_channels else None,
        "classes": problem.classes,
        "num_classes": problem.classes,
    }


def _hands_on(function: Callable[..., Any]) -> bool:
    found = _signature(function)
    if {"classes", "num_classes", "problem"} & found.keys():
        return False
    return any(parameter.kind is _KEYWORDS for parameter in found.values())


def _signature(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # of code that is not Python's
        return {}
