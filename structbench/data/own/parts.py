"""What people call the parts of their data: to learn from, to choose settings by, to test on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

Part = Literal["train", "validation", "test"]

PARTS: dict[str, Part] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip

# What a table's column that says so is called.
SPLIT_COLUMNS = ("split", "part", "set")

JOINED = "the validation part is learned from: data.validation_size draws one for each seed"
VALIDATION_TESTED = "the validation part is tested on, as there is no test part"


def part_of(name: str) -> Part | None:
    """Which part is called so, in whatever letters; None where none is."""
    return PARTS.get(name.strip().lower())


def tested_part(parts: Collection[Part | None]) -> tuple[Part | None, tuple[str, ...]]:
    """Which of these parts is tested on, and what is to be known of that; None where none is, and
    examples to test on are to be drawn from all."""
    if "test" in parts:
        return "test", (JOINED,) if "validation" in parts else ()
    if "validation" in parts and "train" in parts:
        return "validation", (VALIDATION_TESTED,)
    return None, ()
