"""Conditions as such: how one is written, whatever it alters."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from structbench.errors import ConfigError

_NAME = re.compile(r"[a-z][a-z0-9_]*")

# The condition under which no test examples are asked, but some of those that were learned from.
TRAINING = "training"


@dataclass(frozen=True)
class Argument:
    """A number in a condition: its name and the range it must lie in."""

    name: str
    low: float
    high: float
    whole: bool = False
    low_open: bool = False

    def parse(self, text: str) -> float:
        """The number, or ConfigError."""
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            value = math.nan
        above = value > self.low if self.low_open else value >= self.low
        if not (above and value <= self.high):
            raise ConfigError(f"{self.name} is {text.strip()!r}, but must be {self}")
        return value

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} in {'(' if self.low_open else '['}{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Alteration:
    """A row of a kind's conditions: what alters its examples, and which arguments it takes.

    chooses: whether it gives other examples, so that none to learn from can be altered so
    """

    alter: Callable[..., Any]
    arguments: tuple[Argument, ...] = ()
    chooses: bool = False

    def usage(self, name: str) -> str:
        """How it is written, e.g. `translate:DX,DY`."""
        return ":".join(filter(None, (name, ",".join(a.name for a in self.arguments))))

    @property
    def purpose(self) -> str:
        """What it does, in a line."""
        return (self.alter.__doc__ or "").partition("\n")[0]


@dataclass(frozen=True)
class Condition:
    """How test examples are altered or chosen: a name and its numbers, e.g. `translate:2,2`."""

    name: str
    values: tuple[float, ...]

    def __str__(self) -> str:
        # −0 and 0 are one condition, so they must be one text.
        return ":".join(filter(None, (self.name, ",".join(f"{v + 0:.12g}" for v in self.values))))


def of_tests(conditions: Iterable[str]) -> list[str]:
    """Those that ask test examples; all where there are none."""
    conditions = list(conditions)
    return [text for text in conditions if text != TRAINING] or conditions


def split_condition(text: str) -> tuple[str, list[str]]:
    """The name, and the texts of its numbers."""
    name, colon, rest = text.strip().partition(":")
    return name, rest.split(",") if colon else []


def read_condition(text: str) -> Condition:
    """The condition of a canonical text, of whichever kind it is.

    ConfigError where it is more than a name and numbers, so that it can be part of a file name.
    """
    name, texts = split_condition(text)
    if not _NAME.fullmatch(name):
        raise ConfigError(f"unknown condition {name!r}")
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise ConfigError(f"condition {text!r}: behind its name there should be numbers")
    # A place in an array is a whole number; nothing else minds.
    return Condition(name, tuple(int(x) if x.is_integer() else x for x in numbers))
