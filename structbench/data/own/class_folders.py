"""A folder for each class: how images and recordings lie, whatever is in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.files import Files, called
from structbench.data.own.labels import numbered
from structbench.data.own.parts import part_of, tested_part
from structbench.errors import DataError


class Classed(NamedTuple):
    """Files of examples, each in the folder of its class.

    names: n, of the files; labels: int64 [n]; classes: what they are called
    tested: bool [n]; None where there is no test part; told: what is to be known of that
    """

    names: list[str]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    tested: NDArray[np.bool_] | None
    told: tuple[str, ...]


def classed(files: Files, is_one: Callable[[str], bool], ones: str, formats: str) -> Classed:
    """A folder of each class, whose name is the class's; they may lie in folders of parts, as
    train/ and test/ (see PARTS). Below a class's folder files lie however deep.

    is_one: whether a file of this name is an example; ones, formats: what examples are called and
    how they may be stored, for messages: DataError where a file has no class, or a class no file
    """
    in_parts = _in_parts(files.names, is_one)
    depth = 2 if in_parts else 1
    names = [name for name in files.names if name.count("/") >= depth and is_one(name)]
    left = sorted(set(files.names).difference(names))
    having = {tuple(name.split("/", depth)[:depth]) for name in names}
    for name in left:
        *above, _ = name.split("/", depth)
        if is_one(name) and len(above) < depth and above:
            raise DataError(f"{files.place(name)} lies in no class's folder: take it away")
        if len(above) == depth and tuple(above) not in having:
            where = files.place("/".join(above))
            raise DataError(f"{where} has no {ones} ({formats}): convert them, or take it away")
    folders = [name.split("/", depth)[:depth] for name in names]
    classes = [called(folder[-1]) for folder in folders]
    if not in_parts and len({*classes}) == 1 and all(name.count("/") > 1 for name in names):
        inner = names[0].partition("/")[0]
        raise DataError(
            f"{files.path}: all {ones} lie in one folder, {inner}: name that: "
            f"--data {files.place(inner)}"
        )
    labels, known = numbered(classes, files.path)
    parts = [part_of(folder[0]) if in_parts else None for folder in folders]
    part, told = tested_part(set(parts))
    tested = np.array([of == part for of in parts]) if part else None
    return Classed(names, labels, known, tested, (*told, *passed_over(left)))


def passed_over(names: Sequence[str]) -> list[str]:
    """What is to be known of files that are not read."""
    if not names:
        return []
    first = f"{called(names[0])}{', …' if len(names) > 1 else ''}"
    return [f"files passed over: {len(names):,} ({first})"]


def _in_parts(names: Sequence[str], is_one: Callable[[str], bool]) -> bool:
    """Whether all examples lie in folders called as parts are, one of them to learn from."""
    parts = {part_of(name.partition("/")[0]) for name in names if "/" in name and is_one(name)}
    return None not in parts and "train" in parts
