"""matplotlib in any environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import os, sys
from structbench.report.exhibits import EXHIBITS
from structbench.report.figures.style import drawn_figure, svg
assert "<svg" in svg(drawn_figure(2, 2, lambda figure: figure.text(0, 0, "text")))
import matplotlib
print(os.environ.get("MPLBACKEND"), dict.__getitem__(matplotlib.rcParams, "backend"))
"""
NO_FOLDER = """
import tempfile
def refuse(*place, **named):
    raise FileNotFoundError("no usable temporary directory")
tempfile.mkdtemp = refuse
"""
NO_FIGURES = """
from structbench.errors import StructBenchError
try:
    import structbench.report.figures
except StructBenchError as error:
    print(error)
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {k: v for k, v in os.environ.items() if not k.startswith("MPL")}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env={**usual, **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("module://matplotlib_inline.backend_inline", None),
        ("module://no_such_package.backend", None),
        ("no such backend", None),
        ("", None),
        ("svg", "svg"),
        ("qtagg", "qtagg"),
    ],
)
def test_a_backend_does_not_matter_and_stays_who_draws_besides(named: str, kept: str) -> None:
    drawn = python(DRAW, MPLBACKEND=named)
    assert drawn.stderr == ""
    assert drawn.stdout.startswith(f"{named} ")
    if kept:
        assert drawn.stdout.split()[-1] == kept


def test_nothing_is_said_of_a_cache_that_cannot_be_kept() -> None:
    drawn = python(DRAW, MPLCONFIGDIR=str(Path(os.devnull) / "x"))
    assert (drawn.returncode, drawn.stderr) == (0, "")


def test_settings_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_bytes(b"\xff")
    told = python(NO_FIGURES, MATPLOTLIBRC=str(tmp_path))
    assert (told.returncode, told.stderr) == (0, "")
    assert "figures cannot be drawn: matplotlib: " in told.stdout


def test_no_folder_to_write_in_is_one_sentence() -> None:
    told = python(NO_FOLDER + NO_FIGURES, MPLCONFIGDIR=str(Path(os.devnull) / "x"))
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("figures cannot be drawn: matplotlib: ")
    assert "MPLCONFIGDIR" in told.stdout
