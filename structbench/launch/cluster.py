"""What is asked of a Ray cluster; knows nothing of Ray, which need not be installed."""

from __future__ import annotations

from dataclasses import dataclass

from structbench.errors import ConfigError
from structbench.machine.device import DeviceName


@dataclass(frozen=True)
class Cluster:
    """Which Ray cluster performs runs, and what each run takes of it.

    address: "auto": the cluster that runs on this machine or that RAY_ADDRESS names, and
        where there is none, one of this machine alone; "local": the latter always;
        "ray://HOST:PORT": the cluster with this head
    cpus_per_run: cores set aside for each run, and its threads where the site names none
    gpus_per_run: a fraction shares a GPU; None: one for a run on CUDA, none for another

    ConfigError where that is none of these.
    """

    address: str = "auto"
    cpus_per_run: int = 1
    gpus_per_run: float | None = None

    def __post_init__(self) -> None:
        if self.address not in ("auto", "local") and not self.address.startswith("ray://"):
            raise ConfigError(f"--address {self.address}: known: auto, local, ray://HOST:PORT")
        if self.cpus_per_run < 1:
            raise ConfigError(f"--cpus-per-run {self.cpus_per_run}: a run takes at least one")
        if self.gpus_per_run is not None and not self.gpus_per_run >= 0:
            raise ConfigError(f"--gpus-per-run {self.gpus_per_run}: at least 0")

    def device(self, name: DeviceName) -> str:
        """The device of runs on the cluster, which need not be one of the machine that asks."""
        if name == "auto":
            return "cuda" if self.gpus_per_run else "cpu"
        return name

    def share(self, device: str) -> dict[str, float]:
        """What Ray sets aside for a run on this device, by the names of its options."""
        gpus = self.gpus_per_run
        if gpus is None:
            gpus = 1.0 if device == "cuda" else 0.0
        return {"num_cpus": self.cpus_per_run, "num_gpus": gpus}
