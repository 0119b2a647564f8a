"""Progress of a comparison: a table that fills in, or a line a run where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from structbench.experiment.comparison import Plan
from structbench.experiment.run import Run
from structbench.launch import Watch
from structbench.launch.attempt import Finished
from structbench.report.text import counted, percent, seconds, spread_text
from structbench.statistics import spread

if TYPE_CHECKING:
    from structbench.training.progress import Progress as Step

# An image costs about three forward passes to learn from, and some work that does not
# depend on the network. Only the time left that is shown depends on this.
FORWARD_PASSES, FIXED_MACS = 3, 1_000_000


class _Named(Watch):
    """Knows what each run is called, and how many have ended."""

    def __init__(self, console: Console, plan: Plan):
        self.console, self.plan, self.ended = console, plan, 0
        self.names = {run.id: name for name, runs in plan.runs.items() for run in runs}
        self.names |= {
            run.id: f"{name}, permuted" for name, runs in plan.permuted.items() for run in runs
        }

    def failure(self, finished: Finished) -> str:
        """Which run failed, and why."""
        run = finished.run
        return f"{self.names[run.id]}, seed {run.experiment.seed}, failed: {finished.error}"


class Lines(_Named):
    """A line for each run that has ended; nothing where all were found finished."""

    def done(self, finished: Finished) -> None:
        self.ended += 1
        if finished.found:
            return
        text = self.failure(finished)
        if finished.outcome:
            summary = finished.outcome.summary
            shares = (f"{c} {percent(summary.misclassification[c])}" for c in self.plan.conditions)
            name = f"{self.names[summary.run]}, seed {summary.seed}"
            text = f"{name}: {', '.join(shares)} ({seconds(summary.seconds)})"
        place = f"{self.ended}/{len(self.names)}"
        self.console.print(f"{place} {text}", highlight=False, soft_wrap=True, markup=False)


class LiveTable(_Named):
    """The table as far as it is known, above a bar for the whole with the time left."""

    def __init__(self, console: Console, plan: Plan):
        super().__init__(console, plan)
        self.shares: dict[str, list[dict[str, float]]] = {n: [] for n in self.names.values()}
        self.failed: list[str] = []
        self.costs = {run.id: _cost(run) for run in plan.in_order}
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(compact=True),
            console=console,
        )  # fmt: skip
        self.whole = self.bar.add_task("", total=sum(self.costs.values()))
        self.under_way: dict[str, float] = {}
        self.spent = 0.0
        self._advance()

    def step(self, run: Run, step: Step) -> None:
        share = (step.epoch - 1 + step.step / step.steps) / step.epochs
        self.under_way[run.id] = share * self.costs[run.id]
        self._advance()

    def done(self, finished: Finished) -> None:
        self.ended += 1
        run = finished.run
        self.under_way.pop(run.id, None)
        self.spent += self.costs[run.id]
        if finished.outcome:
            known = finished.outcome.summary.misclassification
            self.shares[self.names[run.id]].append(known)
        else:
            self.failed.append(self.failure(finished))
        self._advance()

    def _advance(self) -> None:
        runs = f"{self.ended} of {counted(len(self.names), 'run')}"
        self.bar.update(
            self.whole, completed=self.spent + sum(self.under_way.values()), description=runs
        )

    def __rich__(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("model")
        for condition in ("seeds", *self.plan.conditions):
            table.add_column(condition, justify="right")
        for name, shares in self.shares.items():
            cells = (_so_far([s[c] for s in shares]) for c in self.plan.conditions)
            table.add_row(Text(name), str(len(shares)), *cells)
        failed = (Text(line, style="yellow") for line in self.failed)
        return Group(table, *failed, self.bar)


def _so_far(shares: list[float]) -> str:
    if not shares:
        return "…"
    found = spread(shares)
    return percent(found.mean) if found.sd is None else spread_text(found.mean, found.sd)


def _cost(run: Run) -> float:
    asked = run.experiment
    macs = FORWARD_PASSES * asked.structure.macs + FIXED_MACS
    return float(asked.training.epochs * asked.data.train_examples * macs)


@contextmanager
def comparison_progress(console: Console, plan: Plan) -> Iterator[Watch]:
    """What is to be told of the runs while they are performed."""
    if not console.is_terminal:
        yield Lines(console, plan)
        return
    table = LiveTable(console, plan)
    with Live(table, console=console, refresh_per_second=4, transient=True):
        yield table
