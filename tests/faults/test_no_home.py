"""A user without a home and without a name, as in a container."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from structbench.data.spec import default_data_folder
from structbench.launch.execution import Execution

pwd = pytest.importorskip("pwd", reason="the password file of POSIX")

OF_THE_USER = ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "XDG_CACHE_HOME",
               "XDG_CONFIG_HOME", "MPLCONFIGDIR", "STRUCTBENCH_DATA")  # fmt: skip
NAMELESS = """
import pwd, runpy, sys
def nobody(user):
    raise KeyError("no such user")
pwd.getpwuid = nobody
runpy.run_module("structbench", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(user: int) -> None:
        raise KeyError("no such user")

    for name in OF_THE_USER:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(RuntimeError):
        Path.home()


@pytest.mark.usefixtures("nameless")
def test_the_data_folder_is_one_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_data_folder() == Path("structbench-data")
    monkeypatch.setenv("STRUCTBENCH_DATA", "~/x")
    assert default_data_folder() == Path("~/x")
    monkeypatch.setenv("STRUCTBENCH_DATA", str(tmp_path))
    assert default_data_folder() == tmp_path


def test_a_folder_of_the_users_is_found_however_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Execution(data_dir=Path("~/x")).data_folder == tmp_path / "x"
    monkeypatch.setenv("STRUCTBENCH_DATA", "~/y")
    assert Execution().data_folder == tmp_path / "y"


def test_models_are_trained_and_compared(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in OF_THE_USER}
    done = subprocess.run(
        [sys.executable, "-c", NAMELESS, "compare", "linear", "fnn", "--seeds", "1", "--quiet",
         "--set", "models.fnn.hidden=[8]", "--set", "data={train_size: 200, test_size: 100}",
         "--set", "training.epochs=1", "--threads", "1"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.glob("runs/compare-*/report.html"))
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
