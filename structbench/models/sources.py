"""A user's code: which files it consists of.

A user's own file is one that is not of Python, of an installed package or of StructBench.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import invalidate_caches
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = Path(__file__).parents[1]
# Large, never a user's own, and slow to look through where it is a checkout.
_NEVER = ("torch", "torchvision", "numpy", "structbench")


@dataclass(eq=False)
class Source:
    """A file or module of a user's that defines models, and what it consists of.

    text: what names it: a path, or the name of an installed module
    folder: that it imports from
    found: name → content of the file and of the user's own files that it is seen to import
    files: all of them, once it is loaded
    installed: the package and version that it belongs to; empty where it is the user's own
    modules: the user's own modules that it imported; nothing else sees them
    offers: family → class, of the models that it defines
    read: files beside it that it has read, other than code
    """

    text: str
    folder: Path
    file: Path
    found: Mapping[str, bytes]
    files: dict[str, bytes]
    installed: str = ""
    module: ModuleType = field(default_factory=lambda: ModuleType("none"))
    modules: dict[str, ModuleType] = field(default_factory=dict)
    offers: dict[str, Any] = field(default_factory=dict)
    read: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, text: str, path: Path, installed: str = "", package: str = "") -> Source:
        """What a file consists of, as far as can be seen without running it.

        package: that the file is a module of
        """
        found = {path.name: path.read_bytes()} if installed else own_files(path, package)
        folder = path.absolute().parents[len(package.split(".")) if package else 0]
        return cls(text, folder, path.absolute(), dict(found), found, installed)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the files' content and names, not over where they are."""
        content = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        named = json.dumps([self.installed, content], sort_keys=True)
        return hashlib.sha256(named.encode()).hexdigest()

    def take_in_what_it_imported(self) -> None:
        """Make what was imported by a computed name, or from an added path, a part of it."""
        for file in self.unnamed():
            self.files[_unused(file.name, self.files)] = file.read_bytes()

    def is_current(self) -> bool:
        """Whether the files that it imported are what they were then."""
        return not self.unnamed()

    def unnamed(self) -> list[Path]:
        """The user's own files that it imported and that its digest lacks."""
        known = set(self.files.values())
        files = [Path(module.__file__) for module in self.modules.values() if module.__file__]
        return [file for file in files if not file.is_file() or file.read_bytes() not in known]

    def changed(self, before: Mapping[str, bytes]) -> list[str]:
        """The names of files that are not what they were."""
        names = sorted({*self.files, *before})
        return [name for name in names if self.files.get(name) != before.get(name)]


def own_files(path: Path, package: str = "") -> dict[str, bytes]:
    """Name → content of a file and of the user's own files that it imports, wherever it does.

    Names are relative to where Python found them. What is imported by a name that is computed is
    not seen.
    """
    inside = package.split(".") if package else []
    root = path.absolute().parents[len(inside)]
    found = {path.absolute().relative_to(root).as_posix(): path.read_bytes()}
    seen, waiting = {path.absolute()}, [(path.absolute(), package)]
    with first_on_path(root):
        while waiting:
            at, package = waiting.pop()
            for name in _imported(at, package):
                for file, top in _located(name):
                    if file not in seen and is_own(file):
                        seen.add(file)
                        found[_unused(file.relative_to(top).as_posix(), found)] = file.read_bytes()
                        own = name if file.name == "__init__.py" else name.rpartition(".")[0]
                        waiting.append((file, own))
    return found


def _unused(name: str, found: Mapping[str, bytes]) -> str:
    while name in found:
        name = f"also/{name}"
    return name


def _imported(path: Path, package: str) -> Iterator[str]:
    """The names of all modules that a file may import, also within functions."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # said when it is run, if it ever is
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package and node.level else []
            parents = parts[: len(parts) - node.level + 1]
            base = ".".join([*parents, *filter(None, [node.module])])
            yield from ([base] if base else [])
            yield from (".".join(filter(None, [base, alias.name])) for alias in node.names)


def _located(name: str) -> Iterator[tuple[Path, Path]]:
    """The files of a dotted name and of the packages around it, each with the folder on the path.

    Nothing is imported.
    """
    top, *rest = name.split(".")
    if top in sys.stdlib_module_names or top in _NEVER:
        return
    try:
        found = find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return
    depth = 1
    while found:
        if found.origin and found.origin.endswith(".py"):
            file = Path(found.origin).absolute()
            up = depth if file.name == "__init__.py" else depth - 1
            yield file, file.parents[up]
        if not rest or not found.submodule_search_locations:
            return
        depth += 1
        within = list(found.submodule_search_locations)
        found = PathFinder.find_spec(f"{found.name}.{rest.pop(0)}", within)


@cache
def _installed() -> tuple[Path, ...]:
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    import site

    paths |= {*site.getsitepackages(), site.getusersitepackages(), str(_PACKAGE)}
    return tuple({Path(p).absolute() for p in paths if p} | {Path(p).resolve() for p in paths if p})


def is_own(file: str | Path | None) -> bool:
    """Whether a file is the user's own."""
    if not file or str(file).startswith("<"):
        return False
    places = (Path(file).absolute(), Path(file).resolve())
    if any({"site-packages", "dist-packages"} & set(at.parts) for at in places):
        return False
    return not any(at.is_relative_to(place) for at in places for place in _installed())


@contextmanager
def first_on_path(folder: Path) -> Iterator[None]:
    """As when a script in this folder runs; no bytecode is left beside the user's files."""
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
