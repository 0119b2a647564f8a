"""Options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from structbench.device import DeviceName

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
Jobs = Annotated[
    int, typer.Option(metavar="N", min=1, max=1024, help="Runs at a time, each a process.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show each seed's values.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A trial in seconds: few images, one epoch.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for another process that is at the same run.")
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Try runs again that failed before.")
]
Plugins = Annotated[
    list[Path],
    typer.Option("--plugin", metavar="FILE.py", help="Run this file: it defines models."),
]


def with_settings(overrides: list[str], settings: dict[str, Any]) -> list[str]:
    """The overrides, and those options that were given as further ones: key → value."""
    given = {key: value for key, value in settings.items() if value is not None}
    return [*overrides, *(f"{key}={json.dumps(value)}" for key, value in given.items())]
