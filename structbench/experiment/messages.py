"""Validation errors in a user's words, each with its place in the file."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from structbench.data.own.spec import OWN
from structbench.errors import nearest
from structbench.experiment.strict_yaml import Document, Path
from structbench.models.plugins import plugin_family

Schema = dict[str, Any]


def explain(error: ValidationError, document: Document, root: type[BaseModel]) -> list[str]:
    """A line for each error, in the order of the file: `file:line:column: key: what is wrong`.

    root: the class that the document was to be
    """
    order = {path: place for place, path in enumerate(document.origins)}
    found = sorted(_explained(error, document, root), key=lambda item: order.get(item[0], 0))
    return list(dict.fromkeys(line for _, line in found))


def _explained(
    error: ValidationError, document: Document, root: type[BaseModel]
) -> Iterator[tuple[Path, str]]:
    """Each error's nearest place that stands in the file, and its line."""
    errors = error.errors(include_url=False)
    for details in errors:
        if details["type"] == "default_factory_not_called":
            continue  # it needs another field, and what is wrong with that is said
        if details["type"] == "too_short" and _has_inner(details["loc"], errors):
            continue  # pydantic counts the items that were right; what is wrong is said anyway
        path = _data_path(details, document.data)
        if details["type"] == "union_tag_invalid":
            path = (*path, details["ctx"]["discriminator"].strip("'"))
        key = ".".join(map(str, path))
        stands = _standing(path, document)
        origin = document.origins.get(stands, "config")
        told = f"{f'{key}: ' if key else ''}{_message(details, root, document.data)}"
        # A model that was named on the command line is its own place.
        named = told.startswith((f"{origin}: ", f"model {origin}: "))
        yield stands, told if named else f"{origin}: {told}"


def _has_inner(loc: tuple[int | str, ...], errors: list[ErrorDetails]) -> bool:
    return any(e["loc"][: len(loc)] == loc and len(e["loc"]) > len(loc) for e in errors)


def _data_path(details: ErrorDetails, data: Any) -> Path:
    """The place in the user's data: pydantic's, without the names of union members."""
    path: list[int | str] = []
    for step in details["loc"]:
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            data = data[step]
        if inside:
            path.append(step)
    if details["type"] == "missing":
        path.append(details["loc"][-1])
    return tuple(path)


def _standing(path: Path, document: Document) -> Path:
    """The path, or the nearest thing around it that stands in the file."""
    while path not in document.origins and path:
        path = path[:-1]
    return path


def _message(details: ErrorDetails, root: type[BaseModel], data: Any) -> str:
    kind, context, value = details["type"], details.get("ctx", {}), details["input"]
    match kind:
        case "extra_forbidden":
            *place, key = details["loc"]
            return _unknown_key(str(key), root, place, data)
        case "missing":
            return "is missing"
        case "union_tag_not_found":
            return f"needs {context['discriminator']}, which says what it is"
        case "union_tag_invalid":
            known = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
            own = "; a model of your own: name its file with --plugin" if "cnn" in known else ""
            return f"unknown name {context['tag']!r}; {nearest(context['tag'], known)}{own}"
        case "literal_error":
            known = [tag.strip(" '") for tag in context["expected"].replace(" or ", ",").split(",")]
            return f"unknown value {_shown(value)}; {nearest(str(value), known)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a mapping, not {_shown(value)}"
        case "tuple_type":
            return f"should be a list, not {_shown(value)}"
        case "too_short" | "too_long":
            least = context.get("min_length")
            bound = f"at least {least}" if least else f"at most {context['max_length']}"
            return f"should have {bound} item{'s' if bound[-2:] != ' 1' else ''}, has {len(value)}"
        case "value_error":
            return str(context["error"])
    return f"{details['msg'].removeprefix('Input ')}, not {_shown(value)}"


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _unknown_key(key: str, root: type[BaseModel], place: Sequence[int | str], data: Any) -> str:
    """With the nearest key that is known there, or that another member of the union has."""
    known, names = _known_keys(root, place, data), _keys_of_others(root, place)
    close = get_close_matches(key, [*known, *names], n=1)
    if close and close[0] not in known:
        member = _member(root, place, data)
        return f"unknown key {key!r} of {member}; {close[0]!r} needs {names[close[0]]}"
    return f"unknown key {key!r}; {nearest(key, known)}"


def _keys_of_others(root: type[BaseModel], place: Sequence[int | str]) -> dict[str, str]:
    """Key → which members of the union at this place have it, as `name: sgd`."""
    union, defined = _schema_at(root, place[:-1])
    if not place or "discriminator" not in union:
        return {}
    which, members = union["discriminator"]["propertyName"], union["discriminator"]["mapping"]
    names: dict[str, str] = {}
    for name, reference in sorted(members.items(), key=lambda member: member[0] == OWN):
        for key in _resolved({"$ref": reference}, defined)["properties"]:
            if name == OWN:  # which no config names
                names.setdefault(key, "--data PATH")
            else:
                names[key] = f"{names[key]} or {name}" if key in names else f"{which}: {name}"
    return names


def _member(root: type[BaseModel], place: Sequence[int | str], data: Any) -> str:
    """What the member of the union at this place is called, in the data or by default."""
    which = _schema_at(root, place[:-1])[0]["discriminator"]["propertyName"]
    for step in place[:-1]:
        data = data[step]
    default = _schema_at(root, place)[0]["properties"][which].get("default")
    return str(data.get(which, default))


def _known_keys(root: type[BaseModel], loc: Sequence[int | str], data: Any) -> list[str]:
    """The keys that may stand at pydantic's location, by the JSON Schema."""
    here, _ = _schema_at(root, loc)
    if keys := here.get("properties"):
        return list(keys)
    for step in loc:  # a user's own model is in no schema
        data = data[step]
    own = plugin_family(data["family"])
    return list(own.model_fields) if own else []


def _schema_at(root: type[BaseModel], loc: Sequence[int | str]) -> tuple[Schema, Schema]:
    """The JSON Schema at pydantic's location, and what it may refer to."""
    here = root.model_json_schema()
    defined = here["$defs"]
    for step in loc:
        here = _inner(_resolved(here, defined), str(step))
    return _resolved(here, defined), defined


def _resolved(node: Schema, defined: Schema) -> Schema:
    """The schema that a reference, or a reference or null, stands for."""
    node = next((option for option in node.get("anyOf", ()) if "$ref" in option), node)
    found: Schema = defined[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


def _inner(node: Schema, step: str) -> Schema:
    """The schema of a key, of any key of a mapping, or of the member of a union by its name or tag.

    Where several names have one member, its tag is the name of its class.
    """
    if "discriminator" in node:
        return {"$ref": node["discriminator"]["mapping"].get(step, f"#/$defs/{step}")}
    any_key = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    inner: Schema = node["properties"][step] if "properties" in node else any_key[0]
    return inner
