"""`structbench sweep` as users meet it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from structbench import api, load_sweep, sweep
from structbench.errors import PartialFailure
from structbench.report.curve_tables import worth_text
from structbench.store.results import read_sweep
from structbench.store.runs import Store

Cli = Callable[..., Result]

# Two networks that learn 100 or 300 images in 60 steps: some hundredths of a second a run.
CONFIG = """
name: tiny
models:
  fnn: {family: fnn, hidden: [8]}
  linear: {family: linear}
seeds: 2
data: {test_size: 200}
training: {steps: 60, batch_size: 50, optimizer: {name: adam, learning_rate: 0.01}}
conditions: [clean]
axes:
  data.train_size: [100, 300]
strengths:
  shift: {condition: "translate:{level},0", levels: [0, 2]}
"""
LONGER = ("--set", "axes={data.train_size: [100, 200, 300]}")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs of a user")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.yaml"
    path.write_text(CONFIG)
    return path


def swept(cli: Cli, config: Path, runs: Path, *more: str | int) -> Result:
    return cli("sweep", config, "--runs-dir", runs, "--threads", 1, *more)


def test_the_seeds_may_be_named(cli: Cli, config: Path, runs: Path) -> None:
    def seeds(*more: str) -> set[int]:
        expected = json.loads(swept(cli, config, runs, "--dry-run", "--json", *more).stdout)
        return {run["seed"] for run in expected["runs"]}

    assert seeds() == {0, 1}
    assert seeds("--seeds", "3") == {0, 1, 2}
    assert seeds("--seeds", "7,42") == seeds("--set", "seeds=[42, 7]") == {7, 42}


def folder_of(result: Result) -> Path:
    found = re.search(r"^report: (.*)/report.html$", result.stdout, re.MULTILINE)
    assert found, result.stdout
    return Path(found[1])


def test_a_dry_run_lists_the_runs_and_trains_nothing(cli: Cli, config: Path, runs: Path) -> None:
    result = swept(cli, config, runs, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.count(" new ") == 8
    assert "fnn at data.train_size 100" in result.stdout
    assert "0 of 8 runs finished, 8 to do" in result.stdout
    assert "one run after another: unknown" in result.stdout
    assert not list(runs.iterdir())


def test_a_limit_does_so_many_and_the_same_command_goes_on(
    cli: Cli, config: Path, runs: Path
) -> None:
    result = swept(cli, config, runs, "--limit", 3)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "runs are left; the same command goes on" in result.stderr
    assert [e.state for e in Store(runs).entries()] == ["finished"] * 3
    expected = json.loads(swept(cli, config, runs, "--dry-run", "--json").stdout)
    assert expected["to_do"] == 5
    assert sum(run["state"] == "finished" for run in expected["runs"]) == 3
    assert expected["based_on"] == 3
    # Three runs of two families are enough to tell how long the others take.
    assert expected["seconds"] == pytest.approx(
        sum(run["seconds"] for run in expected["runs"] if run["state"] == "new")
    )
    rest = swept(cli, config, runs)
    assert rest.exit_code == 0, rest.stderr
    assert rest.stderr.count("seed ") == 5
    assert "8/8" in rest.stderr
    assert {path.name for path in folder_of(rest).iterdir()} == {
        "sweep.json", "sweep.yaml", "points", "figures", "report.html", "table.csv", "table.md",
        "table.tex",
    }  # fmt: skip


def test_the_second_call_imports_no_torch_and_writes_nothing(
    cli: Cli, config: Path, runs: Path
) -> None:
    folder = folder_of(swept(cli, config, runs))
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*")}
    words = ["sweep", str(config), "--runs-dir", str(runs)]
    code = (
        "import sys\nfrom structbench.cli import app\n"
        f"for words in ({words!r}, {[*words, '--dry-run']!r}):\n"
        "    try: app(words)\n    except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'matplotlib', 'jinja2', 'scipy.stats'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*")} == before
    assert folder.is_dir()


def test_a_longer_axis_trains_only_what_is_new(cli: Cli, config: Path, runs: Path) -> None:
    shorter = folder_of(swept(cli, config, runs))
    planned = swept(cli, config, runs, *LONGER, "--dry-run").stdout
    assert "8 of 12 runs finished, 4 to do; estimated time, one run after another: about" in planned
    result = swept(cli, config, runs, *LONGER)
    assert result.stderr.count("seed ") == 4
    assert "data.train_size 200" in result.stderr
    assert folder_of(result) != shorter


def test_all_that_is_left_behind_carries_the_same_numbers(
    cli: Cli, config: Path, runs: Path
) -> None:
    result = swept(cli, config, runs, *LONGER, "--verbose")
    folder = folder_of(result)
    found = read_sweep(folder)
    texts = [(folder / name).read_text() for name in ("table.md", "report.html")]
    tex = (folder / "table.tex").read_text()
    texts.append(tex.replace("$-$", "−").replace(r"\%", "%").replace(r"$\pm$", "±"))
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    for point in found.points:
        size = str(point.levels["data.train_size"])
        for name, model in point.comparison.models.items():
            for condition, shares in model.misclassification.items():
                assert shares.sd is not None
                cells = [f"{100 * x:.2f} %" for x in shares.by_seed]
                cells.append(f"{100 * shares.mean:.2f} ± {100 * shares.sd:.2f} %")
                assert all(cell in text for cell in cells for text in (*texts, result.stdout))
                by_seed = [
                    float(r["value"])
                    for r in rows
                    if (r["data.train_size"], r["model"], r["condition"]) == (size, name, condition)
                    and r["what"] == "misclassification"
                    and r["seed"]
                ]
                assert by_seed == list(shares.by_seed)
    assert found.worth
    told = {float(r["level"]): float(r["value"]) for r in rows if r["what"].startswith("worth")}
    for worth in found.worth:
        assert told[worth.level] == worth.ratio
        assert all(worth_text(worth).split(" (")[0] in text for text in texts[:2])
    for area in found.areas:
        assert f"{100 * area.misclassification.mean:.2f} ± " in result.stdout
    svg = (folder / "figures" / "curves.svg").read_text()
    assert svg.startswith("<?xml")


def test_json_is_the_file_and_its_names_are_those_that_are_documented(
    cli: Cli, config: Path, runs: Path
) -> None:
    content = json.loads(swept(cli, config, runs, "--json", "--quiet").stdout)
    written = json.loads((runs / content["name"] / "sweep.json").read_text())
    assert content | {"command": written["command"], "sha256": written["sha256"]} == written
    documented = (Path(__file__).parents[2] / "runs" / "README.md").read_text()
    for level in (content, content["points"][0], content["worth"][0], content["areas"][0]):
        assert all(f"`{key}`" in documented for key in level)


def test_report_writes_a_sweep_anew_and_verify_checks_it(
    cli: Cli, config: Path, runs: Path
) -> None:
    folder = folder_of(swept(cli, config, runs))
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for path in before:
        if path.name != "sweep.json" and path.suffix != ".yaml":
            path.unlink()
    result = cli("report", folder.name, "--runs-dir", runs)
    assert result.stdout.strip() == str(folder / "report.html")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert not any(check.problems for check in api.verify(runs_dir=runs))
    damaged = (folder / "sweep.json").read_text().replace('"seeds": 2', '"seeds": 3')
    (folder / "sweep.json").write_text(damaged)
    (check,) = api.verify([folder])
    assert check.state == "sweep"
    assert "not that of its SHA-256" in check.problems[0]
    again = swept(cli, config, runs)
    assert folder_of(again) == folder, "what is damaged is written anew"
    assert not any(check.problems for check in api.verify(runs_dir=runs))


@pytest.mark.usefixtures("few_pictures")
def test_each_point_is_a_comparison_of_runs_that_are_there(
    cli: Cli, config: Path, runs: Path
) -> None:
    folder = folder_of(swept(cli, config, runs))
    first, _ = sorted((folder / "points").iterdir())
    result = cli("compare", first, "--runs-dir", runs)
    assert result.exit_code == 0
    assert result.stderr == "", "all runs are found"
    name = re.search(r"^report: .*/(compare-.*)/report.html$", result.stdout, re.MULTILINE)
    assert name
    assert read_sweep(folder).points[0].comparison.name == name[1]


def test_the_same_call_works_from_python(config: Path, runs: Path) -> None:
    found = sweep(load_sweep(config), runs_dir=runs)
    assert found
    assert (runs / found.name / "report.html").is_file()
    again = load_sweep(runs / found.name / "sweep.yaml")
    assert sweep(again, runs_dir=runs) == found


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """One run of the sweep fails; calling this mends it."""
    import structbench.perform as performing

    real = performing.perform

    def fails(run, *arguments):
        asked = run.experiment
        if (asked.seed, asked.model.family, asked.data.train_size) == (1, "fnn", 100):
            raise RuntimeError("CUDA out of memory")
        return real(run, *arguments)

    monkeypatch.setattr(performing, "perform", fails)
    return lambda: monkeypatch.setattr(performing, "perform", real)


def test_a_failed_run_leaves_its_seed_out_at_its_point(
    cli: Cli, config: Path, tmp_path: Path, failing: Callable[[], None]
) -> None:
    first = swept(cli, config, tmp_path, "--fail-fast", "--jobs", 1)  # where it fails
    assert first.exit_code == 7
    assert "stopped at the first failure: fnn at data.train_size 100, seed 1" in first.stderr
    assert first.stdout == ""
    more = ("--set", "seeds=3", "--set", "strengths={}", "--jobs", 1)
    result = swept(cli, config, tmp_path, *more)
    assert result.exit_code == 7
    assert "1 run failed; at its point a seed is left out" in result.stderr
    assert "fnn at data.train_size 100 failed: RuntimeError: CUDA out of memory" in result.stdout
    found = read_sweep(folder_of(result))
    assert [point.comparison.seeds for point in found.points] == [(0, 2), (0, 1, 2)]
    assert {worth.n for worth in found.worth} <= {2}
    assert "2 to 3 seeds" in result.stdout
    planned = swept(cli, config, tmp_path, *more, "--dry-run", "--retry-failed").stdout
    assert " failed " in planned
    assert "1 to do" in planned
    failing()
    assert swept(cli, config, tmp_path, *more, "--retry-failed").exit_code == 0


def test_where_everything_fails_there_is_no_sweep(config: Path, tmp_path: Path) -> None:
    spec = load_sweep(
        config,
        ["training.optimizer.learning_rate=1e30", "axes={data.train_size: [300]}", "seeds=1"],
    )
    with pytest.raises(PartialFailure, match="no point has a seed") as error:
        sweep(spec, runs_dir=tmp_path)
    assert "fnn at data.train_size 300, seed 0: " in str(error.value)


def test_mistakes_have_an_exit_code_and_leave_nothing(
    cli: Cli, config: Path, tmp_path: Path
) -> None:
    for more in (["--set", "axes={seeds: [1]}"], ["--set", "axes={data.train_sise: [1]}"]):
        result = swept(cli, config, tmp_path, *more)
        assert (result.exit_code, result.stdout) == (2, "")
    assert swept(cli, config, tmp_path, "--set", "axes={budget: [5000]}").exit_code == 6
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_exits_with_130_and_the_next_call_goes_on(config: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "structbench", "sweep", str(config), "--set", "training.steps=2000",
        "--runs-dir", str(tmp_path), "--threads", "1",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("1/8")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "the same command goes on" in stderr
    finished = [e for e in Store(tmp_path).entries() if e.state == "finished"]
    assert 1 <= len(finished) < 8
    planned = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=True)
    assert f"{len(finished)} of 8 runs finished" in planned.stdout
