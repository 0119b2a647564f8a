"""Options that several commands share."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from structbench.machine.device import DeviceName

Overrides = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Set a config value, e.g. training.epochs=5."
    ),
]
RunsDir = Annotated[Path, typer.Option("--runs-dir", metavar="DIR", help="Where runs are kept.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        envvar="STRUCTBENCH_DATA",
        help="Where data sets are kept. Default: the user's cache folder.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Device = Annotated[DeviceName, typer.Option(help="Where to train.")]
Precision = Annotated[str | None, typer.Option(metavar="fp32|bf16", help="Of matrix products.")]
Threads = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=1024, help="CPU threads of a run.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show each seed's values.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A trial in seconds: few images, one epoch.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for another process that is at the same run.")
]
Plugins = Annotated[
    list[Path],
    typer.Option("--plugin", metavar="FILE.py", help="Run this file: it defines models."),
]


def _how(
    device: Device = "auto",
    launcher: Annotated[
        str | None,
        typer.Option(
            metavar="serial|processes|ray",
            help="What performs runs.  [default: serial, or processes where --jobs is given]",
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, max=1024, help="Runs at a time, each a process.")
    ] = 1,
    address: Annotated[
        str, typer.Option(metavar="auto|local|ray://HOST:PORT", help="Which Ray cluster.")
    ] = "auto",
    cpus_per_run: Annotated[int, typer.Option(metavar="N", min=1, help="With Ray: its cores.")] = 1,
    gpus_per_run: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0,
            help="With Ray: its share of a GPU.  [default: 1 with --device cuda]",
        ),
    ] = None,
    threads: Threads = None,
    runs_dir: RunsDir = Path("runs"),
    data_dir: DataDir = None,
    wait: Wait = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try runs again that failed before.")
    ] = False,
) -> None:
    """The options of `structbench.api.How`."""


def performs_runs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how runs are performed: it gets them as `how`."""
    own = inspect.signature(command, eval_str=True)
    shared = inspect.signature(_how, eval_str=True).parameters

    @wraps(command)
    def with_how(**given: Any) -> None:
        command(how={name: given.pop(name) for name in shared}, **given)

    parameters = [p for p in own.parameters.values() if p.name != "how"] + [*shared.values()]
    with_how.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_how.__annotations__ = {p.name: p.annotation for p in parameters}
    return with_how


def with_settings(overrides: list[str], settings: dict[str, Any]) -> list[str]:
    """The overrides, and those options that were given as further ones: key → value."""
    given = {key: value for key, value in settings.items() if value is not None}
    return [*overrides, *(f"{key}={json.dumps(value)}" for key, value in given.items())]
