"""Conditions: an alteration with its arguments, written `translate:2,2`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from structbench.data import corruptions
from structbench.data.pixels import Images
from structbench.errors import ConfigError, nearest
from structbench.streams import stream


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
class Corruption:
    """A row of CORRUPTIONS: what alters the images, and which arguments it takes."""

    alter: Callable[..., Images]
    arguments: tuple[Argument, ...] = ()

    def usage(self, name: str) -> str:
        """How it is written, e.g. `translate:DX,DY`."""
        return ":".join(filter(None, (name, ",".join(a.name for a in self.arguments))))


def _pixels(name: str, low: int) -> Argument:
    return Argument(name, low, 1000, whole=True)


CORRUPTIONS: dict[str, Corruption] = {
    "clean": Corruption(corruptions.clean),
    "translate": Corruption(corruptions.translate, (_pixels("DX", -1000), _pixels("DY", -1000))),
    "shift": Corruption(corruptions.shift, (_pixels("K", 0),)),
    "rotate": Corruption(corruptions.rotate, (Argument("DEGREES", -360, 360),)),
    "scale": Corruption(corruptions.scale, (Argument("FACTOR", 0, 100, low_open=True),)),
    "shear": Corruption(corruptions.shear, (Argument("DEGREES", -80, 80),)),
    "gaussian_noise": Corruption(corruptions.gaussian_noise, (Argument("STD", 0, 100),)),
    "impulse_noise": Corruption(corruptions.impulse_noise, (Argument("FRACTION", 0, 1),)),
    "gaussian_blur": Corruption(
        corruptions.gaussian_blur, (Argument("SIGMA", 0, 100, low_open=True),)
    ),
    "occlude": Corruption(corruptions.occlude, (_pixels("SIZE", 0),)),
    "invert": Corruption(corruptions.invert),
    "contrast": Corruption(corruptions.contrast, (Argument("FACTOR", 0, 100),)),
}


@dataclass(frozen=True)
class Condition:
    """A row of CORRUPTIONS with numbers for its arguments."""

    name: str
    values: tuple[float, ...]

    def __str__(self) -> str:
        return ":".join(filter(None, (self.name, ",".join(f"{v:.12g}" for v in self.values))))

    def apply(self, images: Images, seed: int) -> Images:
        """The altered images: the same for the same seed, whatever the model.

        images: float32 [examples, channels, height, width] in [0, 1].
        """
        rng = stream(seed, "corruption", str(self))
        return CORRUPTIONS[self.name].alter(images, rng, *self.values)


def parse_condition(text: str) -> Condition:
    """Read a condition such as `translate:2,2`; ConfigError where it is none."""
    name, colon, rest = text.strip().partition(":")
    if name not in CORRUPTIONS:
        raise ConfigError(f"unknown condition {name!r}; {nearest(name, CORRUPTIONS)}")
    corruption = CORRUPTIONS[name]
    values = rest.split(",") if colon else []
    if len(values) != len(corruption.arguments):
        raise ConfigError(f"condition {text!r} should be written {corruption.usage(name)}")
    try:
        parsed = (a.parse(v) for a, v in zip(corruption.arguments, values, strict=True))
        # −0 and 0 are one condition, so they must be one text.
        return Condition(name, tuple(value + 0 for value in parsed))
    except ConfigError as error:
        raise ConfigError(f"condition {text!r}: {error}") from None


def _canonical(text: str) -> str:
    try:
        return str(parse_condition(text))
    except ConfigError as error:
        raise ValueError(str(error)) from None


# A condition in a config: its canonical text, so that rotate:30.0 is rotate:30.
ConditionText = Annotated[str, Field(max_length=100), AfterValidator(_canonical)]
