"""From a config's text and the command line's overrides to an Experiment."""

import copy
from collections.abc import Sequence
from os.path import exists, isdir
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from structbench.data.own.spec import look_again, take_data
from structbench.errors import ConfigError, StructBenchError, nearest
from structbench.experiment.messages import explain
from structbench.experiment.schema import Experiment, read_conditions
from structbench.experiment.strict_yaml import LARGEST_BYTES, Document, parse
from structbench.models import MODELS
from structbench.models.plugins import named_family, plugin_family
from structbench.models.weights import IMAGENET, SHA256, name_file
from structbench.options import Options
from structbench.problem import Kind

_PACKAGE = Path(__file__).parents[1]
# How the origin of a value begins that stands in no file.
_SET = "--set "

Asked = TypeVar("Asked", bound=Options)


def load_experiment(
    config: str | Path, overrides: Sequence[str] = (), *, data: str | Path | None = None
) -> Experiment:
    """Read an experiment.

    config: a path, the name of a packaged config such as "cnn", or a model: `file.py:Name`,
        `package.module:name`, or a family; all but the model is then the default
    overrides: texts `key.path=value`, applied in turn; the value is YAML
    data: a file or folder of data of one's own, in place of the data set that the config names

    ConfigError lists everything that is wrong, each as `file:line:column: message`; DataError where
    nothing can be read at `data`.
    """
    document = _of_a_model(config) or read_config(config)
    if (kind := kind_of(document)) != "experiment":
        command = {"comparison": "compare", "sweep": "sweep"}[kind]
        raise ConfigError(f"{config} is for several models: structbench {command} {config}")
    return build_experiment(document, overrides, data)


def _of_a_model(text: str | Path) -> Document | None:
    """What a config of a model and no more would hold; None where the text means a config."""
    if not isinstance(text, str) or (text in MODELS and is_packaged(text)):
        return None
    family = named_family(text)
    return (family and Document({"model": {"family": family}}, {(): text})) or None


def is_packaged(name: str) -> bool:
    """Whether there is a packaged config of this name."""
    return (config_folder() / f"{name}.yaml").is_file()


def read_config(config: str | Path) -> Document:
    """The plain data of a config file, or of a packaged config."""
    path = find_config(config)
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1).decode("utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text ({error})") from None
    return parse(text, str(path))


def kind_of(document: Document) -> Literal["experiment", "comparison", "sweep"]:
    """What a config asks for, by the keys that only it has."""
    keys = document.data if isinstance(document.data, dict) else {}
    if "axes" in keys or "strengths" in keys:
        return "sweep"
    return "comparison" if "models" in keys else "experiment"


def build_experiment(
    document: Document, overrides: Sequence[str] = (), data: str | Path | None = None
) -> Experiment:
    """Apply overrides to a parsed config and validate the whole."""
    return build(Experiment, document, overrides, data)


def build(
    asked: type[Asked],
    document: Document,
    overrides: Sequence[str] = (),
    data: str | Path | None = None,
) -> Asked:
    """Apply overrides to a parsed config and make of it what was asked for. data: see
    `load_experiment`"""
    if not isinstance(document.data, dict):
        place = document.origins.get((), "config")
        raise ConfigError(f"{place}: a config is a mapping, e.g. `model: {{family: cnn}}`")
    for override in overrides:
        _override(document, override)
    _take_weights(document)
    if data is not None:
        _take_data(document, data)
    look_again(document.data.get("data"))
    try:
        return asked.model_validate(document.data)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(error, document, asked))) from None


def parse_conditions(texts: Sequence[str], kind: Kind) -> list[str]:
    """The canonical texts of conditions; ConfigError lists what is unknown or stands twice."""
    found, wrong = read_conditions(texts, kind)
    if wrong:
        raise ConfigError("\n".join(f"--condition {texts[i]}: {told}" for i, told in wrong.items()))
    return found


def _override(document: Document, text: str) -> None:
    """Set one value; mappings on the way are made where there are none."""
    source = f"{_SET}{text}"
    key, equals, value = text.partition("=")
    keys = tuple(key.strip().split("."))
    if keys[0] == "axes" and len(keys) > 1:  # whose keys are keys of the config, dots and all
        keys = ("axes", ".".join(keys[1:]))
    if not equals or not all(keys):
        raise ConfigError(f"{source}: write it as key.path=value, e.g. training.epochs=5")
    parsed = parse(value, source)
    for path in paths(document, keys):
        _set(document, path, copy.deepcopy(parsed.data), source)


def paths(document: Document, keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The places that a key sets: `models.*.OPTION` is the option of every model that has one of
    this name; where none has, of all of them, so that it is refused with the nearest name."""
    models = document.data.get("models")
    if keys[:2] != ("models", "*") or len(keys) < 3 or not isinstance(models, dict):
        return [keys]
    having = [name for name, model in models.items() if _has(model, keys[2])]
    return [("models", name, *keys[2:]) for name in having or models]


def _has(model: Any, option: str) -> bool:
    family = str(model.get("family")) if isinstance(model, dict) else ""
    known = MODELS.get(family) or plugin_family(family)
    return known is not None and option in known.model_fields


def _set(document: Document, keys: tuple[str, ...], value: Any, source: str) -> None:
    place: dict[str, Any] = document.data
    for key in keys[:-1]:
        inner = place.get(key)
        if not isinstance(inner, dict):
            inner = place[key] = {}
        place = inner
    place[keys[-1]] = value
    for depth in range(1, len(keys)):
        document.origins.setdefault(keys[:depth], source)
    for known in [known for known in document.origins if known[: len(keys)] == keys]:
        del document.origins[known]
    document.origins[keys] = source


def _take_weights(document: Document) -> None:
    """Put their SHA-256 in the place of files of weights that overrides name."""
    several = document.data.get("models")
    models: dict[tuple[str, ...], Any] = {("model",): document.data.get("model")}
    models |= {("models", k): v for k, v in several.items()} if isinstance(several, dict) else {}
    for keys, model in models.items():
        source = document.origins.get((*keys, "weights"), "")
        if source.startswith(_SET) and _names_file(model):
            try:
                model["weights"] = name_file(Path(model["weights"]).expanduser())
            except StructBenchError as error:
                raise type(error)(f"{source.partition('=')[0]}: {error}") from None


def _take_data(document: Document, path: str | Path) -> None:
    """Let the config be about what lies at a path."""
    section = document.data.setdefault("data", {})
    if not isinstance(section, dict):
        return  # what is wrong with it is said
    take_data(section, path)
    for key in ("name", "content"):
        document.origins["data", key] = f"--data {path}"


def _names_file(model: Any) -> bool:
    """Whether weights of a model that is built in are a path; of other models an option that is
    called so may be anything."""
    if not isinstance(model, dict):
        return False
    family, text = MODELS.get(str(model.get("family"))), model.get("weights")
    if family is None or "weights" not in family.model_fields:
        return False
    return isinstance(text, str) and text != IMAGENET and not text.startswith(SHA256)


def config_folder() -> Path:
    """Where the packaged configs are: in the wheel, or beside the package in a checkout."""
    packaged = _PACKAGE / "configs"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "configs"


def find_config(config: str | Path) -> Path:
    """The file of a config; words such as `cnn` or `sweeps/shift` name a packaged one.

    What begins with a dot or at the root is a file: `./cnn` is the file cnn of this folder,
    whatever is packaged. A Path, which forgets its `./`, is the file of that name where there is
    one.
    """
    path, name = Path(config), Path(config).as_posix()
    is_path = str(config).startswith(".") or path.is_absolute()
    packaged = {} if is_path else _packaged_configs()
    is_word = not (is_path or path.suffix or len(path.parts) != 1)
    if _is_readable(path) and (isinstance(config, Path) or not (is_word or name in packaged)):
        return path
    if name in packaged:
        return packaged[name]
    if is_path or path.suffix:
        raise ConfigError(f"no config at {config}")
    hint = f"; for a file, write ./{path}" if _is_readable(path) else ""
    what = "model or packaged config" if is_word else "packaged config"
    known = dict.fromkeys([*packaged, *(MODELS if is_word else ())])
    raise ConfigError(f"no {what} {name!r}; {nearest(name, known)}{hint}")


def _packaged_configs() -> dict[str, Path]:
    """Name → file."""
    folder = config_folder()
    return {
        file.relative_to(folder).with_suffix("").as_posix(): file
        for file in sorted(folder.rglob("*.yaml"))
    }


def _is_readable(path: Path) -> bool:
    """Whether it is a file, or a pipe as in `train <(…)`; False too where nobody can look."""
    return exists(path) and not isdir(path)
