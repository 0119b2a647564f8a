"""Images in a folder for each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structbench.data.images.decoding import FORMATS_TEXT, is_picture
from structbench.data.images.pictures import pictures_of
from structbench.data.own.class_folders import classed
from structbench.data.own.files import Files
from structbench.data.own.read import OwnGrids


def sees_folders(files: Files) -> bool:
    """Pictures in folders."""
    return any("/" in name and is_picture(name) for name in files.names)


def read_folders(files: Files, options: Mapping[str, Any]) -> OwnGrids:
    """How they lie: see `classed`. options: side, see `pictures_of`"""
    names, labels, classes, tested, told = classed(files, is_picture, "images", FORMATS_TEXT)
    pictures = pictures_of(files, names, options.get("side"))
    told = (*told, *pictures.told)
    return OwnGrids(pictures.values, labels, classes, tested, told, pictures.resized)
