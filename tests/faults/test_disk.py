"""No room, no permission: a clear error, and what was there stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from structbench import Experiment, api, load_comparison, train
from structbench.errors import RunFolderError
from structbench.machine.files import write_bytes
from structbench.store.runs import Store
from tests.conftest import TINY
from tests.faults.test_kill import contents

CODES = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO, errno.EROFS)


class Fault:
    """Fails at the n-th step of a write from now on, and at all after it, until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.code, self.seen, self.at = errno.ENOSPC, 0, 0
        for module, name in ((os, "fsync"), (os, "replace"), (os, "mkdir")):
            monkeypatch.setattr(module, name, self._watched(getattr(module, name)))
        opened = Path.open

        def open_watched(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
            if mode == "wb":
                self._step()
            return opened(path, mode, *more, **named)

        monkeypatch.setattr(Path, "open", open_watched)

    def _step(self) -> None:
        self.seen += 1
        if self.at and self.seen >= self.at:
            raise OSError(self.code, os.strerror(self.code))

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **more: Any) -> Any:
            self._step()
            return call(*arguments, **more)

        return watched

    def strike(self, at: int) -> str:
        """At which step from now, 0 for none; returns what the system then says."""
        self.seen, self.at, self.code = 0, at, CODES[at % len(CODES)]
        return os.strerror(self.code)


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    return Fault(monkeypatch)


def error_of(call: Callable[[], object]) -> str:
    """What the call says where it fails; nothing where it succeeds."""
    try:
        call()
    except RunFolderError as error:
        return str(error)
    return ""


def test_training_survives_a_fault_at_any_write(
    fault: Fault, tiny: Experiment, tmp_path: Path
) -> None:
    train(tiny, runs_dir=tmp_path / "whole")
    expected, faults = contents(tmp_path / "whole"), 0
    for at in range(1, 1000, 3):
        runs = tmp_path / str(at)
        said = fault.strike(at)
        error = error_of(partial(train, tiny, runs_dir=runs))
        if not error:
            break
        assert said in error
        for check in api.verify(runs_dir=runs) if runs.exists() else ():
            assert not check.problems, "what was written before is whole"
        fault.strike(0)
        train(tiny, runs_dir=runs)
        assert contents(runs) == expected
        faults += 1
    assert faults > 12


def test_a_finished_run_keeps_its_outcome_where_a_condition_cannot_be_added(
    fault: Fault, tiny: Experiment, tmp_path: Path
) -> None:
    name = train(tiny, runs_dir=tmp_path).summary.run
    before = contents(tmp_path).keys()
    steps = 0
    while True:
        fault.strike(steps := steps + 1)
        error = error_of(lambda: api.evaluate(name, ["invert"], runs_dir=tmp_path))
        fault.strike(0)
        if not error:
            break
        assert "clean" in api.evaluate(name, ["clean"], runs_dir=tmp_path).predictions
        assert not api.verify(runs_dir=tmp_path)[0].problems, "the old outcome, or the new"
        assert contents(tmp_path).keys() >= before
    assert steps > 8
    fault.strike(0)
    assert not api.verify(runs_dir=tmp_path)[0].problems


@pytest.mark.usefixtures("few_pictures")
def test_a_comparison_names_the_runs_that_found_no_room(fault: Fault, tmp_path: Path) -> None:
    spec = load_comparison(["linear", "fnn"], ["models.fnn.hidden=[8]", "seeds=2", *TINY[1:3]])
    fault.strike(40)
    with pytest.raises(Exception, match="cannot write"):
        api.compare(spec, runs_dir=tmp_path, jobs=1)
    fault.strike(0)
    found = api.compare(spec, runs_dir=tmp_path)
    assert not found.excluded, "a full disk is not remembered as a failure of the run"


def test_the_old_content_stays_where_the_new_cannot_be_written(
    fault: Fault, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    for at in (1, 2, 3):
        fault.strike(at)
        with pytest.raises(RunFolderError):
            write_bytes(path, b"new")
        assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder_is_read(tiny: Experiment, tmp_path: Path) -> None:
    name = train(tiny, runs_dir=tmp_path).summary.run
    for path in (*tmp_path.rglob("*"), tmp_path):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        assert train(tiny, runs_dir=tmp_path).summary.run == name
        with pytest.raises(RunFolderError, match="cannot write"):
            train(tiny.model_copy(update={"seed": 5}), runs_dir=tmp_path)
    finally:
        for path in (tmp_path, *tmp_path.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_real_limit_on_file_size_ends_with_exit_code_4(tmp_path: Path) -> None:
    # 20 kB: enough for the JSON files, too little for the first checkpoint.
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from structbench.cli import app\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"app(['train', 'fnn', '--smoke', '--runs-dir', {str(tmp_path)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    (entry,) = Store(tmp_path).entries()
    assert entry.state == "unfinished"
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_follow_the_umask(tiny: Experiment, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        train(tiny, runs_dir=tmp_path / "runs")
    finally:
        os.umask(before)
    for path in (tmp_path / "runs").rglob("*"):
        allowed = 0o777 if path.is_dir() else 0o666
        assert path.stat().st_mode & 0o777 == allowed & ~mask, path
