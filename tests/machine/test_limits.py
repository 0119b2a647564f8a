"""Cores and memory within a container's limits; the files are as Linux documents them."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from structbench.machine import limits
from structbench.machine.limits import cores, free_memory, memory_of

GB = 10**9


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """16 cores and 64 GB, in no group yet."""
    monkeypatch.setattr(limits, "CONTROL_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(limits, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(16)), raising=False)
    free = type("Free", (), {"available": 64 * GB})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")


def test_without_groups_it_is_the_machine(machine: Path) -> None:
    assert (cores(), free_memory()) == (16, 64 * GB)


def test_the_strictest_of_the_groups_of_version_2(machine: Path) -> None:
    (machine / "membership").write_text("0::/slurm/job_7\n")
    write(
        machine / "cgroup" / "slurm" / "job_7",
        {"cpu.max": "max 100000", "memory.max": "max", "memory.current": "5", "memory.stat": "a 0"},
    )
    write(
        machine / "cgroup" / "slurm",
        {
            "cpu.max": "350000 100000",
            "memory.max": f"{8 * GB}",
            "memory.current": f"{5 * GB}",
            "memory.stat": f"anon 1\ninactive_file {2 * GB}",
        },
    )
    assert (cores(), free_memory()) == (3, 5 * GB), "pages of files are given back"


def test_groups_of_version_1_whose_own_path_is_not_seen_from_within(machine: Path) -> None:
    (machine / "membership").write_text("3:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n1:pids:/\n")
    write(
        machine / "cgroup" / "memory",
        {
            "memory.limit_in_bytes": f"{2 * GB}",
            "memory.usage_in_bytes": f"{3 * GB}",
            "memory.stat": "total_inactive_file 0",
        },
    )
    write(
        machine / "cgroup" / "cpu,cpuacct",
        {"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000"},
    )
    assert (cores(), free_memory()) == (1, 0)
    write(machine / "cgroup" / "cpu,cpuacct", {"cpu.cfs_quota_us": "-1"})
    assert cores() == 16


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="an affinity can be set")
def test_an_affinity_is_kept_to() -> None:
    code = (
        "import os; from structbench.machine.limits import cores\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_the_memory_of_a_process() -> None:
    before = memory_of(os.getpid())
    with mmap.mmap(-1, 64 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"\1" * len(held))
        assert memory_of(os.getpid()) - before > 0.9 * len(held)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert memory_of(process.pid) == 0
