"""`structbench compare` and `structbench report` as users meet them."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from typer.testing import Result

from structbench import api
from structbench.report.text import points
from structbench.store.results import read_comparison
from structbench.store.runs import Store

Cli = Callable[..., Result]

TINY = (
    "--set", "data={train_size: 300, test_size: 200}", "--set", "training.batch_size=50",
    "--set", "training.epochs=1", "--set", "models.fnn.hidden=[16]",
)  # fmt: skip
FILES = {
    "comparison.json", "comparison.yaml", "report.html", "table.csv", "table.md", "table.tex",
    "figures",
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs of a user")


def compared(cli: Cli, runs: Path, *more: str | int) -> Result:
    return cli("compare", "linear", "fnn", "--seeds", 3, *TINY, "--runs-dir", runs, *more)


def folder_of(result: Result) -> Path:
    found = re.search(r"^report: (.*)/report.html$", result.stdout, re.MULTILINE)
    assert found, result.stdout
    return Path(found[1])


def test_it_trains_what_is_missing_and_says_what_was_found(cli: Cli, runs: Path) -> None:
    result = compared(cli, runs)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("seed ") == 6, "not on a terminal: a line a run"
    for name, seed in product(("linear", "fnn"), range(3)):
        assert re.search(rf"^\d/6 {name}, seed {seed}: clean ", result.stderr, re.MULTILINE)
    assert "mean ± standard deviation over 3 seeds" in result.stdout
    assert "on clean examples" in result.stdout
    assert {path.name for path in folder_of(result).iterdir()} == FILES
    again = compared(cli, runs, "--verbose")
    assert "seed 2" in again.stdout
    assert folder_of(again) == folder_of(result)


def test_json_is_the_file_and_its_names_are_those_that_are_documented(cli: Cli, runs: Path) -> None:
    result = compared(cli, runs, "--json", "--quiet")
    content = json.loads(result.stdout)
    folder = runs / content["name"]
    written = json.loads((folder / "comparison.json").read_text())
    assert content | {"command": written["command"], "sha256": written["sha256"]} == written
    documented = (Path(__file__).parents[2] / "runs" / "README.md").read_text()
    assert all(f"`{key}`" in documented for key in content)
    assert content["seed_draws"] == "training"
    model = content["models"]["fnn"]
    assert model.keys() >= {"parameters", "macs", "runs", "misclassification"}
    assert model["misclassification"]["clean"].keys() >= {"mean", "sd", "by_seed"}
    assert all((runs / run / "outcome.json").is_file() for run in model["runs"])
    assert {(d["model"], d["baseline"], d["condition"]) for d in content["differences"]} == {
        ("linear", "fnn", "clean"), ("linear", "fnn", "translate:2,2"),
    }  # fmt: skip
    assert content["differences"][0].keys() >= {"estimate", "interval", "tests", "n"}


def test_all_that_is_left_behind_carries_the_same_numbers(cli: Cli, runs: Path) -> None:
    folder = folder_of(compared(cli, runs, "--quiet"))
    comparison = read_comparison(folder)
    texts = {name: (folder / name).read_text() for name in ("table.md", "table.tex", "report.html")}
    tex = texts["table.tex"].replace("$-$", "−").replace(r"\%", "%").replace(r"$\pm$", "±")
    shown = [texts["table.md"], tex, texts["report.html"]]
    for model in comparison.models.values():
        for found in model.misclassification.values():
            assert found.sd is not None
            cells = [f"{100 * x:.2f} %" for x in found.by_seed]
            cells.append(f"{100 * found.mean:.2f} ± {100 * found.sd:.2f} %")
            assert all(cell in text for cell in cells for text in shown)
    for d in comparison.differences:
        assert all(points(d.estimate) in text for text in shown)
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    by_seed = {
        (r["model"], r["condition"], int(r["seed"])): float(r["value"]) for r in rows if r["seed"]
    }
    for name, model in comparison.models.items():
        for condition, found in model.misclassification.items():
            for seed, value in zip(comparison.seeds, found.by_seed, strict=True):
                assert by_seed[name, condition, seed] == value
    svg = (folder / "figures" / "misclassification.svg").read_text()
    html = texts["report.html"]
    for model in comparison.models.values():
        assert f"{100 * model.misclassification['clean'].mean:.2f} %" in html
    assert svg.startswith("<?xml")
    assert (folder / "figures" / "misclassification.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("few_pictures")
def test_the_seeds_may_be_named(cli: Cli, runs: Path) -> None:
    found = json.loads(compared(cli, runs, "--seeds", "2,0", "--json").stdout)
    assert found["seeds"] == [2, 0]
    assert [re.sub("-[^-]*$", "", run) for run in found["models"]["fnn"]["runs"]] == [
        "fnn-s2", "fnn-s0",
    ]  # fmt: skip
    one = compared(cli, runs, "--seeds", "2,").stdout
    assert "of one trained network each (seed 2)" in one
    assert "±" not in one


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ("x", "'x' is neither a number of seeds nor a list of them"),
        ("", "'' is neither a number of seeds nor a list of them"),
        ("1.5", "'1.5' is neither"),
        ("0,,1", "'0,,1' is neither"),
        ("1,1", "1 stands here twice"),
        ("-1", "greater than or equal to 1, not -1"),
    ],
)
def test_other_seeds_are_refused(cli: Cli, runs: Path, seeds: str, message: str) -> None:
    result = compared(cli, runs, f"--seeds={seeds}")
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_second_call_imports_no_torch_and_writes_nothing(cli: Cli, runs: Path) -> None:
    folder = folder_of(compared(cli, runs, "--quiet"))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    words = ["compare", "linear", "fnn", "--seeds", "3", *TINY, "--runs-dir", str(runs)]
    code = (
        "import sys\nfrom structbench.cli import app\n"
        f"try: app({words!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'matplotlib', 'jinja2', 'scipy.stats'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_only_the_processes_that_train_import_torch(runs: Path) -> None:
    words = ["compare", "linear", "fnn", "--seeds", "1", *TINY, "--jobs", "2",
             "--set", "data.test_size=20"]  # fmt: skip
    code = (
        "import sys\nfrom structbench.cli import app\n"
        f"try: app({[*words, '--quiet', '--runs-dir', str(runs / 'jobs')]!r})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'torch' not in sys.modules"
    )
    # A file, since each process that is started looks at the main module.
    script = runs / "script.py"
    script.write_text(f"if __name__ == '__main__':\n    exec({code!r})\n")
    subprocess.run([sys.executable, str(script)], check=True, stdout=subprocess.DEVNULL)


def test_report_writes_a_comparison_anew(cli: Cli, runs: Path) -> None:
    folder = folder_of(compared(cli, runs, "--quiet"))
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    for path in before:
        if path.name not in ("comparison.json", "comparison.yaml"):
            path.unlink()
    result = cli("report", folder.name, "--runs-dir", runs)
    assert result.stdout.strip() == str(folder / "report.html")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_report_shows_one_run(cli: Cli, runs: Path) -> None:
    content = json.loads(compared(cli, runs, "--json", "--quiet").stdout)
    run = content["models"]["fnn"]["runs"][0]
    result = cli("report", runs / run)
    page = Path(result.stdout.strip())
    assert page == runs / run / "report" / "report.html"
    html = page.read_text()
    assert f'href="../../{run}/"' in html
    assert "Wilson score interval over 200 examples" in html
    listed = json.loads(cli("runs", "--runs-dir", runs, "--json").stdout)
    assert {row["state"] for row in listed} == {"finished"}


def test_what_is_left_in_the_folder_makes_it_again(cli: Cli, runs: Path) -> None:
    folder = folder_of(compared(cli, runs, "--quiet"))
    again = cli("compare", folder / "comparison.yaml", "--runs-dir", runs)
    assert folder_of(again) == folder
    assert again.stderr == "", "all runs are found"


@pytest.mark.usefixtures("few_pictures")
def test_permuted_pixels_are_the_ablation(cli: Cli, runs: Path) -> None:
    result = compared(cli, runs, "--ablate-structure", "--jobs", 2)
    assert result.exit_code == 0, result.stderr
    assert "12/12" in result.stderr
    assert "linear at data.structure_removed 1, seed 0" in result.stderr
    assert "With the structure taken out" in result.stdout
    assert (folder_of(result) / "figures" / "structure.svg").is_file()
    found = json.loads((folder_of(result) / "comparison.json").read_text())
    assert found["structure_removed"] == 0
    assert found["without_structure"]["structure_removed"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["cnn"], 2, "needs two models"),
        (["cnn", "fmn"], 2, "did you mean 'fnn'"),
        (["cnn", "fnn", "--seeds", "0"], 2, "seeds"),
        (["cnn", "fnn", "--baseline", "rnn"], 2, "none of the models"),
        (["cnn", "fnn", "--condition", "rot:3"], 2, "rot"),
        (["cnn", "nowhere.py:Net"], 2, "cannot read plugin nowhere.py"),
        (["cnn", "linear", "--budget", "100000"], 6, "linear cannot have 100,000 parameters"),
        (["cnn", "fnn", "--budget", "50000", "--tolerance", "0"], 6, "the tolerance is 0 %"),
    ],
    ids=str,
)
def test_mistakes_have_a_message_and_an_exit_code(
    cli: Cli, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    result = cli("compare", *arguments, "--runs-dir", tmp_path)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("few_pictures")
def test_a_budget_gives_each_model_its_widths(cli: Cli, runs: Path) -> None:
    result = cli(
        "compare", "cnn", "fnn", "--budget", 10_000, "--seeds", 1, *TINY[:-2], "--runs-dir", runs,
        "--json",
    )  # fmt: skip
    content = json.loads(result.stdout)
    assert content["budget"] == 10_000
    for model in content["models"].values():
        assert model["parameters"] == pytest.approx(10_000, rel=0.02)


@pytest.mark.usefixtures("few_pictures")
def test_a_failed_run_leaves_its_seed_out_and_is_named(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import structbench.perform as performing

    real = performing.perform

    def fails(run, *arguments):
        if run.experiment.seed == 1 and run.experiment.model.family == "fnn":
            raise RuntimeError("CUDA out of memory\nand more")
        return real(run, *arguments)

    monkeypatch.setattr(performing, "perform", fails)
    result = compared(cli, tmp_path, "--jobs", 1)  # in this process, where it fails
    assert result.exit_code == 7
    assert "1 run failed; their seeds are left out for all models" in result.stderr
    assert (
        "Seed 1 is left out for all models: fnn failed: RuntimeError: CUDA out of memory"
        in result.stdout
    )
    assert "over 2 seeds" in result.stdout
    folder = folder_of(result)
    assert "Seed 1 is left out for all models" in (folder / "report.html").read_text()
    monkeypatch.setattr(performing, "perform", real)
    again = compared(cli, tmp_path)
    assert again.exit_code == 7, "what failed is remembered"
    assert "--retry-failed" in again.stderr
    (failed,) = (e for e in Store(tmp_path).entries() if e.state == "failed")
    assert failed.reason == "RuntimeError: CUDA out of memory"
    whole = compared(cli, tmp_path, "--retry-failed")
    assert whole.exit_code == 0
    assert "over 3 seeds" in whole.stdout


def test_where_every_seed_fails_there_is_no_comparison(cli: Cli, tmp_path: Path) -> None:
    wild = ("--set", "training.optimizer.learning_rate=1e30")
    result = compared(cli, tmp_path, *wild, "--quiet")
    assert result.exit_code == 7
    assert "no seed has a finished run of every model" in result.stderr
    assert "fnn, seed 0: the training loss is" in result.stderr


def test_the_same_call_works_from_python(runs: Path) -> None:
    from structbench import compare, load_comparison

    spec = load_comparison(
        ["linear", "fnn"],
        ["seeds=3", *(text for text in TINY if text != "--set")],
    )
    comparison = compare(spec, runs_dir=runs)
    assert comparison.differences[0].n == 3
    assert (runs / comparison.name / "report.html").is_file()
    assert api.write_report(comparison.name, runs_dir=runs) == runs / comparison.name


def living(group: int) -> bool:
    """Whether there is a process left in this process group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_exits_with_130_and_the_next_call_goes_on(tmp_path: Path, jobs: int) -> None:
    command = [
        sys.executable, "-m", "structbench", "compare", "linear", "fnn", "--seeds", "2",
        "--set", "data={train_size: 5000, test_size: 100}", "--jobs", str(jobs),
        "--runs-dir", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline().startswith("1/4")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "the same command goes on" in stderr
    while living(process.pid):
        time.sleep(0.01)  # Python's own tracker of resources ends a little after its parent
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert len(json.loads(again.stdout)["seeds"]) == 2
