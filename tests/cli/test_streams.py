"""stdout and stderr of any encoding, closed, full, or read by nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.own import net, written

posix = pytest.mark.skipif(not Path("/dev/full").exists(), reason="POSIX shell and /dev/full")

UTF8 = {"PYTHONIOENCODING": "utf-8"}
# What a terminal, a pipe on Windows, and a machine without a locale make of Python's streams.
ENCODINGS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "cp437": {"PYTHONIOENCODING": "cp437:surrogateescape"},
    "utf-8": UTF8,
}
encodings = pytest.mark.parametrize("encoding", ENCODINGS)
QUICK = ("--set", "data={train_size: 200, test_size: 20}", "--set", "training.epochs=1")
TRAIN = ("train", "fnn", *QUICK)
COMPARE = ("compare", "linear", "fnn", "--set", "models.fnn.hidden=[8]", "--seeds", "2", *QUICK)


def structbench(
    *words: str, shell: str = "", cwd: Path | None = None, within: Mapping[str, str] = UTF8
) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own. shell: what a shell is to do with its streams."""
    command = [sys.executable, "-m", "structbench", *words]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHONIO", "PYTHONUTF"))}
    return subprocess.run(
        command, capture_output=True, check=False, cwd=cwd, env={**usual, **within}
    )


@encodings
def test_a_table_is_printed_in_any_encoding(encoding: str) -> None:
    shown = structbench("models", "cnn", within=ENCODINGS[encoding])
    assert (shown.returncode, shown.stderr) == (0, b"")
    text = shown.stdout.decode(encoding)
    assert ("(M + 2P − K)" if encoding == "utf-8" else "(M + 2P - K)") in text
    assert ("2x2" if encoding in ("ascii", "cp437") else "2×2") in text


def test_what_was_trained_is_shown_without_a_locale(tmp_path: Path) -> None:
    found = structbench(*COMPARE, cwd=tmp_path, within=ENCODINGS["ascii"])
    assert found.returncode == 0, found.stderr
    assert b"report: runs" in found.stdout
    assert b"4/4" in found.stderr
    (page,) = tmp_path.glob("runs/compare-*/report.html")
    assert "−" in page.read_text("utf-8"), "files are UTF-8, whatever the locale"


def test_json_is_the_same_in_any_encoding() -> None:
    found = {
        encoding: structbench("schema", within=ENCODINGS[encoding]).stdout.decode(encoding)
        for encoding in ("utf-8", "latin-1", "ascii")
    }
    assert "×" in found["utf-8"]
    assert len({json.dumps(json.loads(text)) for text in found.values()}) == 1


@posix
@pytest.mark.parametrize(
    ("shell", "words"),
    [("2>/dev/full", TRAIN), (">&- 2>&- <&-", TRAIN)],
)
def test_nobody_need_listen(shell: str, words: tuple[str, ...], tmp_path: Path) -> None:
    found = structbench(*words, shell=shell, cwd=tmp_path)
    assert (found.returncode, b"Traceback" in found.stderr) == (0, False)
    assert (b"misclassified" in found.stdout) == (">&-" not in shell.split())
    assert list(tmp_path.glob("runs/*/outcome.json"))


@posix
@pytest.mark.parametrize("words", [["models"], ["schema"], ["--help"], ["--version"], ["runs"]])
def test_a_full_disk_is_said(words: list[str], tmp_path: Path) -> None:
    found = structbench(*words, shell=">/dev/full", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stderr == b"structbench: stdout: No space left on device\n"


@posix
def test_an_error_has_its_code_where_it_cannot_be_said() -> None:
    assert structbench("models", "cnnn", shell="2>/dev/full >/dev/full").returncode == 2


@posix
def test_a_pipe_that_is_closed_early_is_no_traceback() -> None:
    found = structbench("schema", shell="| head -n 1")
    assert (found.stdout, found.stderr) == (b"{\n", b"")


@posix
def test_a_name_that_is_not_utf8_is_shown_as_it_is(tmp_path: Path) -> None:
    for within in (UTF8, ENCODINGS["ascii"]):
        found = structbench("train", os.fsdecode(b"n\xff.yaml"), cwd=tmp_path, within=within)
        assert found.returncode == 2
        assert found.stderr == b"structbench: no config at n\xff.yaml\n"
    found = structbench(*TRAIN, "--runs-dir", os.fsdecode(b"r\xff"), cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    (written,) = tmp_path.glob("r*/fnn-*/provenance.json")
    command = json.loads(written.read_text("utf-8"))[0]["command"]
    assert command.endswith("--runs-dir 'r\N{REPLACEMENT CHARACTER}'")


@posix
def test_what_a_model_lets_others_print_is_no_result(tmp_path: Path) -> None:
    said = "import os, subprocess\nos.system('echo hi')\nos.write(1, b'ho')\n"
    own = written(tmp_path, said + net(forward="subprocess.run(['echo', 'ha'])"))
    found = structbench("train", f"{own}:Net", *QUICK, "--json", cwd=tmp_path)
    assert json.loads(found.stdout)["model"] == "Net"
    assert b"hi" in found.stderr
    assert b"ha" in found.stderr
