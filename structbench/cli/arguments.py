"""Options that several commands share, and how a command takes them from a declared object."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from structbench.errors import PartialFailure
from structbench.launch.execution import Execution, flag, told
from structbench.machine.output import print_json

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

    from structbench.experiment.sweep import SweepPlan
    from structbench.launch.launchers import Observer
    from structbench.results.comparison import Excluded


@dataclass(frozen=True)
class Asked:
    """What is asked besides a config."""

    overrides: list[str] = field(
        default_factory=list,
        metadata=told(
            "Set a config value, e.g. training.epochs=5.", flag="--set", metavar="KEY.PATH=VALUE"
        ),
    )
    plugin: list[Path] = field(
        default_factory=list, metadata=told("Run this file: it defines models.", metavar="FILE.py")
    )
    data: Path | None = field(
        default=None,
        metadata=told("Data of your own: see `structbench data PATH`.", metavar="PATH"),
    )
    smoke: bool = field(
        default=False, metadata=told("A trial in seconds: few examples, one epoch.")
    )

    def load(self) -> None:
        """Run the files that define models, and look at the data that finished runs are of."""
        from structbench.data.own.places import open_data
        from structbench.models.plugins import load_plugins

        load_plugins(self.plugin)
        if self.data is not None:
            open_data(self.data)


@dataclass(frozen=True)
class Output:
    """What is shown."""

    as_json: bool = field(
        default=False, metadata=told("Print JSON and nothing else on stdout.", flag="--json")
    )
    quiet: bool = field(default=False, metadata=told("No progress."))
    verbose: bool = field(default=False, metadata=told("Show each seed's values."))

    def progress(self, plan: SweepPlan) -> AbstractContextManager[Observer]:
        """What is told of runs while they are performed."""
        from structbench.report.console import progress_console
        from structbench.report.live import runs_progress

        return runs_progress(progress_console(self.quiet), plan)

    def reading(self) -> AbstractContextManager[None]:
        """Within, it is told how far data of one's own are read, where that takes long."""
        from structbench.report.console import progress_console
        from structbench.report.reading import reading_progress

        return reading_progress(progress_console(self.quiet))

    def show(self, found: Any, table: Callable[[], RenderableType]) -> None:
        """What was found as JSON or as a table, which is made only then."""
        if self.as_json:
            from pydantic_core import to_json

            print_json(to_json(found, indent=2).decode())
        else:
            from structbench.report.console import show

            show(table())


def require_all(failed: Sequence[Excluded], so: str) -> None:
    """PartialFailure where runs failed. so: what that has led to"""
    if failed:
        from structbench.report.text import counted

        told = f"{counted(len(failed), 'run')} failed; {so}"
        raise PartialFailure(f"{told}; --retry-failed tries again")


@dataclass(frozen=True)
class Settings:
    """Options that set a value of the config."""

    precision: str | None = field(
        default=None,
        metadata=told("Of matrix products.", metavar="fp32|bf16", key="training.precision"),
    )

    @property
    def overrides(self) -> list[str]:
        """Those that were given, as `--set` would have them."""
        given = {f.metadata.get("key", f.name): getattr(self, f.name) for f in fields(self)}
        return [f"{k}={json.dumps(v)}" for k, v in given.items() if v or type(v) in (int, float)]


OnlyPlugin = Annotated[Asked, "plugin"]
# What a finished run may need, which names neither code nor data by where they are.
OfARun = Annotated[Asked, "plugin", "data"]
OnlyJson = Annotated[Output, "as_json"]
RunsFolder = Annotated[Execution, "runs_dir"]
Folders = Annotated[Execution, "runs_dir", "data_dir"]

# Then one without a default may stand after one with.
BY_NAME = inspect.Parameter.KEYWORD_ONLY


def declared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of each declared object that it takes.

    Such a parameter is annotated with a dataclass whose fields are `told`, or with Annotated[the
    dataclass, the names of the only fields that are options of this command].
    """
    own = inspect.signature(command, eval_str=True)
    taken = {name: _options(p.annotation) for name, p in own.parameters.items()}

    @wraps(command)
    def from_options(**given: Any) -> None:
        objects = {
            name: kind(**{key: given.pop(key) for key in options})
            for name, (kind, options) in taken.items()
            if kind
        }
        with _reading_told(objects.values()):
            command(**given, **objects)

    parameters = [
        parameter
        for name, p in own.parameters.items()
        for parameter in (taken[name][1].values() if taken[name][0] else (p.replace(kind=BY_NAME),))
    ]
    from_options.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    from_options.__annotations__ = {p.name: p.annotation for p in parameters}
    return from_options


def _reading_told(objects: Iterable[Any]) -> AbstractContextManager[None]:
    """Where a command is asked to read data of one's own, it tells how far it is."""
    by_class = {type(declared): declared for declared in objects}
    if getattr(by_class.get(Asked), "data", None) is None:
        return nullcontext()
    output: Output = by_class.get(Output) or Output()
    return output.reading()


def _options(annotation: Any) -> tuple[Any, dict[str, inspect.Parameter]]:
    """The class of a declared object and its options; None where the annotation is another's."""
    kind, *only = get_args(annotation) or (annotation,)
    if not is_dataclass(kind):
        return None, {}
    hints = get_type_hints(kind)
    chosen = [f for f in fields(kind) if not only or f.name in only]
    return kind, {f.name: _parameter(f, hints[f.name]) for f in chosen}


def _parameter(of: Field[Any], hint: Any) -> inspect.Parameter:
    known = ("help", "metavar", "min", "max", "envvar", "parser")
    info = typer.Option(flag(of), **{k: v for k, v in of.metadata.items() if k in known})
    default: Any = [] if of.default is MISSING else of.default
    return inspect.Parameter(of.name, BY_NAME, default=default, annotation=Annotated[hint, info])
