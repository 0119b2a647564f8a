"""Folders that say what the examples in them are: one for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.files import Files, called
from structbench.errors import DataError

# What folders are called, in any case, whose class folders are learned from, and tested.
VALIDATING = frozenset({"val", "valid", "validation", "dev"})
LEARNED = frozenset({"train", "training"}) | VALIDATING
TESTED = frozenset({"test", "testing"})
# A part to validate on is a seed's to draw.
ALSO_LEARNED = "those to validate on are among the examples to learn from: data.validation_size"


class Folders(NamedTuple):
    """labels: of each file; tested: bool [n], or None where there is no part to test on; told:
    what is to be known of that"""

    labels: list[str]
    tested: NDArray[np.bool_] | None
    told: tuple[str, ...]


def by_class(files: Files, names: Sequence[str]) -> Folders:
    """What the folders of these files say.

    The outermost folder is the class, below `train` and `test` where these are all there is, and
    below folders that hold all the rest. What is in a class's folder may lie as deep as it likes.
    DataError where a file is in no class's folder.
    """
    parts = [tuple(map(called, name.split("/"))) for name in names]
    above = _common({path[:-1] for path in parts})
    below = [path[above:] for path in parts]
    firsts = {path[0].casefold() for path in below}
    split = firsts <= LEARNED | TESTED and bool(firsts & TESTED) and bool(firsts & LEARNED)
    for name, path in zip(names, below, strict=True):
        if len(path) < 2 + split:
            raise DataError(f"{files.place(name)} is in no folder of a class")
    labels = [path[split] for path in below]
    if not split:
        return Folders(labels, None, ())
    tested = np.array([path[0].casefold() in TESTED for path in below])
    return Folders(labels, tested, (ALSO_LEARNED,) * bool(firsts & VALIDATING))


def _common(folders: set[tuple[str, ...]]) -> int:
    """How many folders, from the outermost, all of them are in, with others below these."""
    depth, least = 0, min(map(len, folders))
    while depth < least - 1 and len({folder[depth] for folder in folders}) == 1:
        depth += 1
    return depth
