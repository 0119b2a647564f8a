"""Where a result came from: command, code, machine."""

import datetime
import os
import platform
import shlex
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("structbench", "torch", "numpy", "safetensors", "pydantic")
_SOURCE = Path(__file__).parents[2]


def provenance(data_digest: str) -> dict[str, Any]:
    """One session on a run, from its start. Imports torch to ask for device and threads."""
    import torch

    return {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command_line(Path(sys.argv[0]).name),
        "versions": {"python": platform.python_version(), **_versions()},
        "git": _git(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "threads": torch.get_num_threads(),
        "data_digest": data_digest,
    }


def command_line(program: str) -> str:
    """What was typed, as UTF-8 whatever the locale."""
    typed = (
        word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for word in sys.argv[1:]
    )
    return shlex.join([program, *typed])


# Neither changes while a process has the code loaded, and both take longer than a small run.
@cache
def _versions() -> dict[str, str]:
    return {package: version(package) for package in _PACKAGES}


@cache
def _git() -> dict[str, Any] | None:
    """Commit of the checkout this package runs from, and whether it has uncommitted changes."""
    if not (_SOURCE / ".git").exists():
        return None
    try:
        commit, status = (
            subprocess.run(
                ["git", "-C", str(_SOURCE), *arguments],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout.strip()
            for arguments in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": bool(status)}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()
