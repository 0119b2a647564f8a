"""The axes of a sweep: which key of the config, and its levels as a list, range or log range."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from structbench.errors import nearest
from structbench.options import Items, different

# What an axis may set. Seeds are no axis: they are what every number is over. Conditions are
# `strengths`, which cost no training.
SWEPT = ("data", "training", "models", "recipes", "budget")
# Before an option: that of every model that has one of this name.
EVERY_MODEL = "models.*."
MOST_LEVELS = 1000

_Number = {"type": "number"}
_RANGES = [
    {
        "type": "object",
        "description": what,
        "properties": {"start": _Number, "stop": _Number, last: {**_Number, "exclusiveMinimum": 0}},
        "required": ["start", "stop", last],
        "additionalProperties": False,
    }
    for last, what in (
        ("step", "start, start + step, … up to stop"),
        ("points", "so many from start to stop, evenly spaced on a log axis"),
    )
]


def _levels(value: Any) -> Any:
    """A range or log range written out; whole where all its numbers are."""
    if not isinstance(value, dict):
        return value
    given = set(value)
    if given not in ({"start", "stop", "step"}, {"start", "stop", "points"}):
        raise ValueError("a range is {start, stop, step}, or {start, stop, points} on a log axis")
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise ValueError(f"{key} should be a number, not {number!r:.60}")
        if not math.isfinite(number):
            raise ValueError(f"{key} should be finite")
    start, stop = value["start"], value["stop"]
    if start > stop:
        raise ValueError(f"start {start} should not be above stop {stop}")
    whole = all(isinstance(number, int) for number in value.values())
    if "step" in given:
        return _evenly(start, stop, value["step"], whole)
    return _log_evenly(start, stop, value["points"], whole)


def _evenly(start: float, stop: float, step: float, whole: bool) -> list[float]:
    # A hair more, so that 0 … 1 in steps of 0.1 has 11 levels.
    count = math.floor((stop - start) / step + 1e-9) + 1 if step > 0 else 0
    if not 1 <= count <= MOST_LEVELS:
        raise ValueError(f"step {step} gives no levels, or more than {MOST_LEVELS:,}")
    return [start + i * step if whole else round(start + i * step, 12) for i in range(count)]


def _log_evenly(start: float, stop: float, points: float, whole: bool) -> list[float]:
    if start <= 0 or not isinstance(points, int) or not 2 <= points <= MOST_LEVELS:
        raise ValueError(f"a log range starts above 0 and has 2 to {MOST_LEVELS:,} points")
    numbers = [start * (stop / start) ** (i / (points - 1)) for i in range(points)]
    return list(dict.fromkeys(round(x) if whole else float(f"{x:.6g}") for x in numbers))


Levels = Annotated[
    tuple[Any, ...],
    Items,
    BeforeValidator(_levels),
    AfterValidator(different),
    Field(min_length=1, max_length=MOST_LEVELS),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {}, "minItems": 1}, *_RANGES]}),
]


def _may_vary(key: str) -> str:
    root, *inner = key.split(".")
    if root == "conditions":
        raise ValueError("conditions are varied by `strengths`, which train nothing")
    if root not in SWEPT:
        raise ValueError(f"{key!r} is no key that an axis may vary; {nearest(root, SWEPT)}")
    if not all(inner) or inner == ["*"] or bool(inner) == (root == "budget"):
        raise ValueError("an axis varies one key, e.g. data.train_size or budget")
    return key


def key_text(key: str) -> str:
    """What a key is called: `models.*.depth` is the depth."""
    return key.removeprefix(EVERY_MODEL)


def of_every_model(key: str) -> str:
    """The key of the same option of every model; of what is no model's option the key itself."""
    section, _, inner = key.partition(".")
    _, _, option = inner.partition(".")
    return f"{EVERY_MODEL}{option}" if section == "models" and option else key


Key = Annotated[str, Field(max_length=200), AfterValidator(_may_vary)]
