"""Images in a folder for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from structbench.data.images.decoding import FORMATS_TEXT, is_picture
from structbench.data.images.pictures import pictures_of
from structbench.data.own.files import Files, called
from structbench.data.own.labels import numbered
from structbench.data.own.parts import part_of, tested_part
from structbench.data.own.read import OwnGrids
from structbench.errors import DataError


def sees_folders(files: Files) -> bool:
    """Pictures in folders."""
    return any("/" in name and is_picture(name) for name in files.names)


def read_folders(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """A folder of each class, whose name is the class's; they may lie in folders of parts, as
    train/ and test/ (see PARTS). Below a class's folder pictures lie however deep.

    options: side, see `pictures_of`
    """
    in_parts = _in_parts(files.names)
    depth = 2 if in_parts else 1
    names = [name for name in files.names if name.count("/") >= depth and is_picture(name)]
    left = sorted(set(files.names).difference(names))
    _require_pictures(files, names, left, depth)
    folders = [name.split("/", depth)[:depth] for name in names]
    classes = [called(folder[-1]) for folder in folders]
    _require_classes(files, names, classes, depth)
    labels, known = numbered(classes, files.path)
    parts = [part_of(folder[0]) if in_parts else None for folder in folders]
    tested, told = tested_part(set(parts))
    pictures = pictures_of(files, names, options.get("side"))
    return OwnGrids(
        pictures.values,
        labels,
        known,
        np.array([part == tested for part in parts]) if tested else None,
        (*told, *passed_over(left), *pictures.told),
        pictures.resized,
    )


def passed_over(names: Sequence[str]) -> list[str]:
    """What is to be known of files that are not read."""
    if not names:
        return []
    first = f"{called(names[0])}{', …' if len(names) > 1 else ''}"
    return [f"files passed over: {len(names):,} ({first})"]


def _in_parts(names: Sequence[str]) -> bool:
    """Whether all pictures lie in folders called as parts are, one of them to learn from."""
    parts = {part_of(name.partition("/")[0]) for name in names if "/" in name and is_picture(name)}
    return None not in parts and "train" in parts


def _require_pictures(files: Files, names: Sequence[str], left: Sequence[str], depth: int) -> None:
    """DataError where a folder that could be a class has no picture, or a picture no class."""
    having = {tuple(name.split("/", depth)[:depth]) for name in names}
    for name in left:
        *above, _ = name.split("/", depth)
        if is_picture(name) and len(above) < depth and above:
            raise DataError(f"{files.place(name)} lies in no class's folder: take it away")
        if len(above) == depth and tuple(above) not in having:
            where = files.place("/".join(above))
            raise DataError(
                f"{where} has no pictures ({FORMATS_TEXT}): convert them, or take it away"
            )


def _require_classes(
    files: Files, names: Sequence[str], classes: Sequence[str], depth: int
) -> None:
    """DataError, which says where they may be, where all pictures lie in one folder."""
    if len(set(classes)) == 1 and depth == 1 and all(name.count("/") > 1 for name in names):
        folder = names[0].partition("/")[0]
        raise DataError(
            f"{files.path}: all images lie in one folder, {folder}: name that: "
            f"--data {files.place(folder)}"
        )
