"""YAML as configs use it: plain data, no surprises, and every value knows its place.

PyYAML parses; what it gives are events, and this module builds the data. So nothing in a
file can name a Python object, there is no recursion to exhaust, and these are errors:
tags, anchors and aliases, duplicate keys, several documents, deep nesting, large files.
Plain words mean what YAML 1.2's core schema says: `1e-3` is a number, `no` is a word.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from structbench.errors import ConfigError

# The largest shipped config has 1 kB and depth 4.
LARGEST_BYTES = 100_000
DEEPEST = 20

Path = tuple[str | int, ...]

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
# Longer numbers mean nothing here, and Python refuses to convert very long ones.
_INT = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,4})?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass
class Document:
    """Plain data, and where each value stands, as `file:line:column`.

    `origins` maps the path of a value, e.g. ("model", "channels", 0), to its place; for
    a mapping's entries that is the place of the key.
    """

    data: Any
    origins: dict[Path, str] = field(default_factory=dict)


def parse(text: str, source: str) -> Document:
    """Read one YAML document; ConfigError with its place where it is not as above."""
    if len(text) > LARGEST_BYTES:
        raise ConfigError(f"{source}: larger than {LARGEST_BYTES:,} characters: not a config")
    try:
        return _Builder(source).build(text)
    except yaml.MarkedYAMLError as error:
        place = _place(source, error.problem_mark) if error.problem_mark else source
        raise ConfigError(f"{place}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: {' '.join(str(error).split())}") from None


def _place(source: str, mark: Any) -> str:
    return f"{source}:{mark.line + 1}:{mark.column + 1}"


@dataclass
class _Open:
    """A mapping or sequence whose end has not come yet."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None


class _Builder:
    """Builds data from events, with a stack of its own."""

    def __init__(self, source: str):
        self.source = source
        self.document = Document(None)
        self.stack: list[_Open] = []
        self.documents = 0

    def build(self, text: str) -> Document:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            self._take(event)
        return self.document

    def _take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise self._error(event, "a config is one YAML document, this is a second")
            case yaml.AliasEvent():
                raise self._error(event, "aliases (*name) are not allowed: write the value out")
            case yaml.ScalarEvent():
                self._refuse_extras(event)
                if self._awaits_key():
                    self._key(event)
                else:
                    self._place_value(_resolve(event), event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_extras(event)
                if self._awaits_key():
                    raise self._error(event, "a key must be a plain word")
                empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                path = self._place_value(empty, event)
                if len(self.stack) == DEEPEST:
                    raise self._error(event, f"nested more than {DEEPEST} levels deep")
                self.stack.append(_Open(path, empty))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()

    def _awaits_key(self) -> bool:
        top = self.stack[-1] if self.stack else None
        return top is not None and isinstance(top.value, dict) and top.key is None

    def _key(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1]
        assert isinstance(top.value, dict)
        if event.value in top.value:
            first = self.document.origins[(*top.path, event.value)]
            raise self._error(event, f"key {event.value!r} stands here again; first at {first}")
        top.key = event.value
        self.document.origins[(*top.path, event.value)] = _place(self.source, event.start_mark)

    def _place_value(self, value: Any, event: yaml.Event) -> Path:
        """Hang a value into the container that is open; returns its path."""
        if not self.stack:
            self.document.data = value
            self.document.origins[()] = _place(self.source, event.start_mark)
            return ()
        top = self.stack[-1]
        if isinstance(top.value, dict):
            assert top.key is not None
            path: Path = (*top.path, top.key)
            top.value[top.key], top.key = value, None
            return path
        path = (*top.path, len(top.value))
        top.value.append(value)
        self.document.origins[path] = _place(self.source, event.start_mark)
        return path

    def _refuse_extras(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            raise self._error(event, f"tags are not allowed: {event.tag}")
        if event.anchor is not None:
            raise self._error(event, f"anchors (&{event.anchor}) are not allowed")

    def _error(self, event: yaml.Event, problem: str) -> ConfigError:
        return ConfigError(f"{_place(self.source, event.start_mark)}: {problem}")


def _resolve(event: yaml.ScalarEvent) -> Any:
    """A quoted scalar is a string; a plain one what YAML 1.2's core schema makes of it."""
    text: str = event.value
    if not event.implicit[0]:
        return text
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return text
