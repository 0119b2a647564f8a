"""Progress of a comparison: a table that fills in, or a line a run where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from structbench.experiment.cost import cost
from structbench.experiment.run import Run
from structbench.experiment.sweep import SweepPlan
from structbench.launch.attempt import Attempt
from structbench.launch.launchers import Observer
from structbench.report.console import plain_table
from structbench.report.text import counted, fitting, percent, seconds, share_text
from structbench.statistics import spread

if TYPE_CHECKING:
    from structbench.training.progress import Progress as Step

# Rows of the live table: what is longer does not fit a terminal, and the latest are shown.
MOST_ROWS = 16
# Letters of a line, and of the live table's first and other columns, for the conditions that fit.
LINE, NAME, SHARE = 100, 34, 18


class _Counting(Observer):
    """Knows what each run is called, how many have ended, what they cost and what is left.

    A run that was found finished cost nothing, so it says nothing of the time that is left.
    """

    def __init__(self, console: Console, plan: SweepPlan):
        self.console, self.plan, self.ended, self.names = console, plan, 0, plan.labels
        self.costs = {run.id: cost(run) for run in plan.in_order}
        self.total, self.spent = sum(self.costs.values()), 0.0
        self.trained, self.took = 0.0, 0.0  # of runs that were trained: their costs and seconds
        self.under_way: dict[str, float] = {}
        self.to_come = dict(self.costs)
        self.started = monotonic()

    @property
    def come(self) -> float:
        """What has been done, of runs that are under way too."""
        return self.spent + sum(self.under_way.values())

    def step(self, run: Run, step: Step) -> None:
        share = (step.epoch - 1 + step.step / step.steps) / step.epochs
        self.under_way[run.id] = share * self.costs[run.id]

    def done(self, attempt: Attempt) -> None:
        run = attempt.run.id
        self.ended += 1
        was_trained = self.under_way.pop(run, None) is not None
        self.to_come.pop(run, None)
        if attempt.found:
            self.total -= self.costs[run]
            return
        self.spent += self.costs[run]
        if attempt.outcome and was_trained:  # not only tested under one more condition
            self.trained += self.costs[run]
            self.took += attempt.outcome.summary.seconds

    def left(self) -> str:
        """How long the rest takes; empty where that is not known yet.

        As long as it takes if all goes on as until now, and not less than the longest run needs,
        which may be alone at the end, however many have run at a time.
        """
        if not self.come or not self.to_come:
            return ""
        left = (monotonic() - self.started) * (self.total / self.come - 1)
        if self.took:
            rest = max(c - self.under_way.get(run, 0.0) for run, c in self.to_come.items())
            left = max(left, rest * self.took / self.trained)
        return f"about {seconds(left)} left"

    def failure(self, attempt: Attempt) -> str:
        """Which run failed, and why."""
        run = attempt.run
        return f"{self.names[run.id]}, seed {run.experiment.seed}, failed: {attempt.error}"


class Lines(_Counting):
    """A line for each run that has ended; nothing where all were found finished."""

    def done(self, attempt: Attempt) -> None:
        super().done(attempt)
        if attempt.found:
            return
        text = self.failure(attempt)
        if attempt.outcome:
            summary = attempt.outcome.summary
            shares = [f"{c} {percent(summary.misclassification[c])}" for c in self.plan.conditions]
            name = f"{self.names[summary.run]}, seed {summary.seed}"
            text = f"{name}: {fitting(shares, LINE)} ({seconds(summary.seconds)})"
        parts = (f"{self.ended}/{len(self.names)} {text}", self.left())
        line = "; ".join(filter(None, parts))
        self.console.print(Text(line), highlight=False, soft_wrap=True)


class LiveTable(_Counting):
    """The table as far as it is known, above a bar for the whole with the time left."""

    def __init__(self, console: Console, plan: SweepPlan):
        super().__init__(console, plan)
        self.shares: dict[str, list[dict[str, float]]] = {n: [] for n in self.names.values()}
        self.latest = list(self.shares)[:MOST_ROWS]
        self.failed: list[str] = []
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[left]}", markup=False),
            console=console,
        )
        self.whole = self.bar.add_task("", total=self.total, left="")
        self._advance()

    def step(self, run: Run, step: Step) -> None:
        super().step(run, step)
        self._advance()

    def done(self, attempt: Attempt) -> None:
        super().done(attempt)
        run = attempt.run
        self._show(self.names[run.id])
        if attempt.outcome:
            known = attempt.outcome.summary.misclassification
            self.shares[self.names[run.id]].append(known)
        else:
            self.failed.append(self.failure(attempt))
        self._advance()

    def _advance(self) -> None:
        runs = f"{self.ended} of {counted(len(self.names), 'run')}"
        if self.under_way:
            runs += f", {len(self.under_way)} running"
        if self.failed:
            runs += f", {len(self.failed)} failed"
        self.bar.update(
            self.whole,
            completed=self.come,
            total=self.total,
            description=runs,
            left=self.left(),
        )

    def _show(self, name: str) -> None:
        """Keep the row of this name among those that are shown."""
        if name not in self.latest:
            self.latest = [*self.latest[1:], name]

    def __rich__(self) -> RenderableType:
        conditions = self.plan.conditions
        shown = conditions[: max(1, (self.console.width - NAME) // SHARE)]
        more = [f"+{len(conditions) - len(shown)} more"] if len(shown) < len(conditions) else []
        numbers = ("seeds", *shown, *more)
        table = plain_table("model", *numbers, right=numbers)
        for name in self.latest:
            shares = self.shares[name]
            cells = (_so_far([s[c] for s in shares]) for c in shown)
            table.add_row(name, str(len(shares)), *cells)
        failed = (Text(line, style="yellow") for line in self.failed[-MOST_ROWS:])
        return Group(table, *failed, self.bar)


def _so_far(shares: list[float]) -> str:
    return share_text(spread(shares)) if shares else "…"


@contextmanager
def runs_progress(console: Console, plan: SweepPlan) -> Iterator[Observer]:
    """What is to be told of the runs while they are performed."""
    if not console.is_terminal:
        yield Lines(console, plan)
        return
    table = LiveTable(console, plan)
    with Live(table, console=console, refresh_per_second=4, transient=True):
        yield table
