"""Progress of a comparison."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from structbench.errors import NumericsError
from structbench.experiment.comparison import load_comparison
from structbench.experiment.sweep import (
    SweepPlan,
    load_sweep,
    make_comparison_plan,
    make_sweep_plan,
)
from structbench.launch.attempt import Attempt
from structbench.launch.launchers import Observer
from structbench.report.live import LiveTable, runs_progress
from structbench.training.progress import Progress
from tests.made import first, outcome_of


@pytest.fixture
def plan(tmp_path: Path) -> SweepPlan:
    return make_comparison_plan(load_comparison(["cnn", "fnn"], ["seeds=2"]), "cpu", tmp_path)


def ended(plan: SweepPlan, name: str, seed: int, errors: int, took: float = 3.0) -> Attempt:
    run = plan.points[0][1].runs[name][seed]
    wrong = {condition: first(errors) for condition in plan.conditions}
    outcome = outcome_of(name, seed, wrong, run.id)
    summary = outcome.summary.model_copy(update={"seconds": took})
    return Attempt(run, replace(outcome, summary=summary))


def shown(table: LiveTable) -> str:
    screen = io.StringIO()
    Console(file=screen, width=100).print(table)
    return screen.getvalue()


def test_the_table_fills_in_as_seeds_finish(plan: SweepPlan) -> None:
    table = LiveTable(Console(file=io.StringIO(), force_terminal=True), plan)
    assert "0 of 4 runs" in shown(table)
    assert "…" in shown(table)
    table.done(ended(plan, "cnn", 0, 10))
    assert "1.00 %" in shown(table)
    table.done(ended(plan, "cnn", 1, 30))
    assert "2.00 ± 1.41 %" in shown(table)
    assert "2 of 4 runs" in shown(table)


def test_the_bar_follows_what_the_runs_cost(plan: SweepPlan) -> None:
    table = LiveTable(Console(file=io.StringIO()), plan)
    (task,) = table.bar.tasks
    before = task.completed
    table.step(plan.points[0][1].runs["fnn"][0], Progress(1, 3, 938, 938, 0.1, 1e4))
    cheap = task.completed - before
    table.step(plan.points[0][1].runs["cnn"][0], Progress(1, 3, 938, 938, 0.1, 1e4))
    assert task.completed - before - cheap > 3 * cheap
    for name in plan.points[0][1].runs:
        for seed in (0, 1):
            table.done(ended(plan, name, seed, 1))
    assert task.completed == pytest.approx(task.total)


def test_names_are_no_markup(tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text("models: {'[red]x': {family: linear}, '[a]:smile:': {family: fnn}}\nseeds: 1")
    plan = make_comparison_plan(load_comparison([str(config)]), "cpu", tmp_path)
    table = LiveTable(Console(file=io.StringIO()), plan)
    lines = io.StringIO()
    with runs_progress(Console(file=lines), plan) as watch:
        for name in ("[red]x", "[a]:smile:"):
            table.done(ended(plan, name, 0, 10))
            watch.done(ended(plan, name, 0, 10))
            assert name in shown(table)
            assert f"{name}, seed 0: clean 1.00 %" in lines.getvalue()


def test_a_failure_is_shown_as_it_happens(plan: SweepPlan) -> None:
    failed = Attempt(
        plan.points[0][1].runs["fnn"][1], error=NumericsError("the loss is [red]nan[/red]")
    )
    table = LiveTable(Console(file=io.StringIO()), plan)
    table.done(failed)
    assert "fnn, seed 1, failed: the loss is [red]nan[/red]" in shown(table)
    screen = io.StringIO()
    with runs_progress(Console(file=screen), plan) as watch:
        watch.done(failed)
    assert screen.getvalue().startswith("1/4 fnn, seed 1, failed: the loss is [red]nan[/red]; ")


class Clock:
    """What the time left is reckoned by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.now = 100.0
        monkeypatch.setattr("structbench.report.live.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def lines(plan: SweepPlan, tell: Callable[[Observer], None]) -> list[str]:
    """What is printed where there is no terminal."""
    screen = io.StringIO()
    with runs_progress(Console(file=screen, width=100), plan) as watch:
        tell(watch)
    return screen.getvalue().splitlines()


def test_lines_say_how_long_the_rest_takes(plan: SweepPlan, clock: Clock) -> None:
    def tell(watch: Observer) -> None:
        found = ended(plan, "fnn", 0, 10)
        watch.done(Attempt(found.run, found.outcome, found=True))
        clock.now += 70
        watch.done(ended(plan, "cnn", 0, 10))
        clock.now += 5
        watch.done(ended(plan, "fnn", 1, 10))
        watch.done(ended(plan, "cnn", 1, 10))

    first_line, second, last = lines(plan, tell)
    # One CNN in 70 s: one more, and an FNN of a seventh of its cost, are to come.
    assert first_line.startswith("2/4 cnn, seed 0: ")
    assert re.search(r"; about 1 min (1[89]|2\d) s left$", first_line)
    assert re.search(r"; about 1 min 0\d s left$", second)
    assert "left" not in last


def test_lines_count_what_runs_beside_the_one_that_has_ended(plan: SweepPlan, clock: Clock) -> None:
    def tell(watch: Observer) -> None:
        clock.now += 70
        watch.step(plan.points[0][1].runs["cnn"][1], Progress(3, 3, 938, 938, 0.1, 1e4))
        watch.done(ended(plan, "cnn", 0, 10))

    # Two CNNs in 70 s: two FNNs, each of a seventh of their cost, are to come.
    (line,) = lines(plan, tell)
    assert re.search(r"; about (9|1\d)\.\d s left$", line)


def test_a_run_that_is_alone_at_the_end_takes_as_long_as_one(tmp_path: Path, clock: Clock) -> None:
    spec = load_comparison(["cnn", "fnn"], ["seeds=3", "baseline=fnn"])
    plan = make_comparison_plan(spec, "cpu", tmp_path)

    def tell(watch: Observer) -> None:
        for seed in range(3):
            found = ended(plan, "fnn", seed, 10)
            watch.done(Attempt(found.run, found.outcome, found=True))
        clock.now += 70
        for run in plan.points[0][1].runs["cnn"][:2]:
            watch.step(run, Progress(3, 3, 938, 938, 0.1, 1e4))
        watch.done(ended(plan, "cnn", 0, 10, took=70.0))

    # Two in 70 s, 35 s for one of both; but the third has one core, whatever the others do.
    (line,) = lines(plan, tell)
    assert line.endswith("; about 1 min 10 s left")


def test_one_that_is_only_tested_again_says_nothing_of_a_training(
    plan: SweepPlan, clock: Clock
) -> None:
    def tell(watch: Observer) -> None:
        clock.now += 2
        watch.done(ended(plan, "cnn", 0, 10, took=500.0))

    (line,) = lines(plan, tell)
    assert re.search(r"; about 2\.\d s left$", line)


def test_a_terminal_has_the_table_and_the_time_left(plan: SweepPlan) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with runs_progress(console, plan) as watch:
        watch.done(ended(plan, "cnn", 0, 10))
    assert "1.00 %" in screen.getvalue()
    assert "1 of 4 runs" in screen.getvalue()
    assert re.search(r"about \d.* left", screen.getvalue())


def test_it_says_how_many_run_and_fail_and_counts_no_time_for_what_was_found(
    plan: SweepPlan,
) -> None:
    table = LiveTable(Console(file=io.StringIO()), plan)
    (task,) = table.bar.tasks
    whole = task.total
    found = ended(plan, "cnn", 0, 10)
    table.done(Attempt(found.run, found.outcome, found=True))
    assert task.completed == 0
    assert task.total is not None
    assert whole is not None
    assert task.total < whole
    table.step(plan.points[0][1].runs["cnn"][1], Progress(1, 3, 938, 938, 0.1, 1e4))
    table.done(Attempt(plan.points[0][1].runs["fnn"][0], error=NumericsError("the loss is nan")))
    assert "2 of 4 runs, 1 running, 1 failed" in shown(table)


def test_of_a_long_sweep_the_latest_rows_are_shown(tmp_path: Path) -> None:
    sizes = "axes={data.train_size: {start: 100, stop: 2000, step: 100}}"
    plan = make_sweep_plan(load_sweep("sweeps/sample_size", [sizes]), "cpu", tmp_path)
    table = LiveTable(Console(file=io.StringIO()), plan)
    assert "cnn at data.train_size 100 " in shown(table)
    assert "2,000" not in shown(table)
    run = plan.in_order[-1]
    wrong = {condition: first(1) for condition in plan.conditions}
    table.done(Attempt(run, outcome_of("fnn", 2, wrong, run.id)))
    assert "fnn at data.train_size 2,000" in shown(table)
    assert "cnn at data.train_size 100 " not in shown(table)
    assert f"1 of {20 * 2 * 3} runs" in shown(table)
