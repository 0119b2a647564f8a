"""How runs are performed, spelled once: the command line's options and the API's keywords.

It is read for `structbench --help`, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError, nearest
from structbench.machine.device import DeviceName, resolve_device

if TYPE_CHECKING:
    from structbench.store.runs import Store


def told(line: str, **more: Any) -> Mapping[str, Any]:
    """The metadata of a field that is an option of a command: its one line of help.

    more: `metavar`, `min`, `max`, `envvar` and `parser` as Typer takes them; `flag`, where it is
        not the field's name; `key`: of the config, where it is not the field's name; `launcher`:
        the only one that the option is for
    """
    return {"help": line, **more}


def flag(of: Field[Any]) -> str:
    """How an option is written on the command line."""
    return of.metadata.get("flag") or f"--{of.name.replace('_', '-')}"


# What a single run is performed with, and what several are: those wait for what others are at.
ONE_RUN = ("device", "threads", "runs_dir", "data_dir", "wait")
SEVERAL_RUNS = (
    *("device", "launcher", "jobs", "address", "cpus_per_run", "gpus_per_run", "threads"),
    *("runs_dir", "data_dir", "retry_failed"),
)


@dataclass(frozen=True)
class Execution:
    """Where and how runs are performed, and where they are kept.

    device: "auto" takes CUDA or MPS where there is one
    address: "auto": the cluster that runs on this machine or that RAY_ADDRESS names, and where
        there is none, one of this machine alone; "local": the latter always
    cpus_per_run: also a run's threads, where `threads` is not given
    gpus_per_run: a fraction shares a GPU
    threads: None: what an unfinished run was begun with; otherwise 1 of several runs, and of one
        that is trained alone what its experiment can share
    data_dir: MNIST and MNIST-1D are part of the package, others are downloaded to it

    ConfigError where an option has no such value, or is another launcher's.
    """

    device: DeviceName = field(default="auto", metadata=told("Where to train."))
    launcher: str | None = field(
        default=None,
        metadata=told(
            "What performs runs.  [default: processes, or serial where that is one at a time]",
            metavar="serial|processes|ray",
        ),
    )
    jobs: int | None = field(
        default=None,
        metadata=told(
            "Runs at a time, each a process.  [default: one a core, as memory allows; 1 on a GPU]",
            metavar="N",
            min=1,
            max=1024,
            launcher="processes",
        ),
    )
    address: str = field(
        default="auto",
        metadata=told("Which Ray cluster.", metavar="auto|local|ray://HOST:PORT", launcher="ray"),
    )
    cpus_per_run: int = field(
        default=1, metadata=told("With Ray: its cores.", metavar="N", min=1, launcher="ray")
    )
    gpus_per_run: float | None = field(
        default=None,
        metadata=told(
            "With Ray: its share of a GPU.  [default: 1 with --device cuda]",
            metavar="SHARE",
            min=0,
            launcher="ray",
        ),
    )
    threads: int | None = field(
        default=None,
        metadata=told(
            "CPU threads of a run.  [default: 1; up to 4 of a large network trained alone]",
            metavar="N",
            min=1,
            max=1024,
        ),
    )
    runs_dir: Path = field(
        default=Path("runs"), metadata=told("Where runs are kept.", metavar="DIR")
    )
    data_dir: Path | None = field(
        default=None,
        metadata=told(
            "Where data sets are kept. Default: the user's cache folder.",
            metavar="DIR",
            envvar="STRUCTBENCH_DATA",
        ),
    )
    wait: bool = field(
        default=False, metadata=told("Wait for another process that is at the same run.")
    )
    retry_failed: bool = field(default=False, metadata=told("Try runs again that failed before."))

    @classmethod
    def of(cls, given: Mapping[str, Any], known: Sequence[str] = ()) -> Execution:
        """From keywords, of which only some may be known; paths may be texts."""
        known = known or [option.name for option in fields(cls)]
        for name in given:
            if name not in known:
                raise ConfigError(f"no keyword {name!r}; {nearest(name, known)}")
        paths = {n: Path(p) for n, p in given.items() if n.endswith("_dir") and isinstance(p, str)}
        return cls(**{**given, **paths})

    def __post_init__(self) -> None:
        for declared in fields(self):
            self._require_possible(declared, getattr(self, declared.name))
        if self.address not in ("auto", "local") and not self.address.startswith("ray://"):
            raise ConfigError(f"--address {self.address}: known: auto, local, ray://HOST:PORT")

    def _require_possible(self, declared: Field[Any], value: Any) -> None:
        least, most = (declared.metadata.get(bound) for bound in ("min", "max"))
        if value is not None and least is not None and not value >= least:
            raise ConfigError(f"{flag(declared)} {value}: at least {least}")
        if value is not None and most is not None and not value <= most:
            raise ConfigError(f"{flag(declared)} {value}: at most {most}")
        launcher = declared.metadata.get("launcher")
        if value != declared.default and launcher not in (None, self.launcher or "processes"):
            instead = f", not for {self.launcher}" if self.launcher else ""
            raise ConfigError(f"{flag(declared)} is for --launcher {launcher}{instead}")

    def keywords(self, names: Sequence[str]) -> dict[str, Any]:
        """These fields, as the calls of the API take them."""
        return {name: getattr(self, name) for name in names}

    @property
    def store(self) -> Store:
        """Where the runs are kept."""
        from structbench.store.runs import Store

        return Store(self.runs_dir)

    @property
    def data_folder(self) -> Path:
        """Where data sets are kept."""
        from structbench.data.spec import default_data_folder

        return (self.data_dir or default_data_folder()).expanduser()

    @property
    def run_device(self) -> str:
        """The device of the runs; on a cluster it need not be one of the machine that asks."""
        if self.launcher != "ray":
            return resolve_device(self.device)
        if self.device == "auto":
            return "cuda" if self.gpus_per_run else "cpu"
        return self.device

    def share(self, device: str) -> dict[str, float]:
        """What Ray sets aside for a run on this device, by the names of its options."""
        gpus = self.gpus_per_run
        if gpus is None:
            gpus = 1.0 if device == "cuda" else 0.0
        return {"num_cpus": self.cpus_per_run, "num_gpus": gpus}
