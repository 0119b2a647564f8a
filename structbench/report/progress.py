"""Progress of a training: a live bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from structbench.training.progress import Progress as Step

Show = Callable[["Step"], None]


@contextmanager
def training_progress(console: Console, title: str) -> Iterator[Show]:
    """A function that shows each Progress it is given."""
    if console.is_terminal:
        with _bar(console) as bar:
            yield _live(bar, title)
    else:
        yield _lines(console)


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn(
            "epoch {task.fields[epoch]}  loss {task.fields[loss]}  {task.fields[speed]} examples/s"
        ),
        TimeRemainingColumn(compact=True),
    )
    return Progress(*columns, console=console, transient=True)


def _live(bar: Progress, title: str) -> Show:
    task = bar.add_task(title, total=None, epoch="…", loss="…", speed="…")

    def show(step: Step) -> None:
        bar.update(
            task,
            total=step.epochs * step.steps,
            completed=(step.epoch - 1) * step.steps + step.step,
            epoch=f"{step.epoch}/{step.epochs}",
            loss=f"{step.loss:.4f}",
            speed=f"{step.examples_per_second:,.0f}",
        )

    return show


def _lines(console: Console) -> Show:
    def show(step: Step) -> None:
        if not step.history:
            return
        last = step.history[-1]
        validation = (
            f"  validation loss {last.validation_loss:.4f}"
            if last.validation_loss is not None
            else ""
        )
        console.print(
            f"epoch {step.epoch}/{step.epochs}  loss {last.train_loss:.4f}{validation}  "
            f"{step.examples_per_second:,.0f} examples/s  {last.seconds:.1f} s",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )

    return show
