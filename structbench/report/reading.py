"""Progress of reading data: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from structbench.data.own.watched import watching

# What takes less is not told of; lines come so far apart, in seconds.
SILENT, APART = 1.0, 10.0


@contextmanager
def reading_progress(console: Console) -> Iterator[None]:
    """Within, it is told how far data of a user's own are read, where that takes long."""
    if console.quiet:
        yield
        return
    told = _Bar(console) if console.is_terminal else _Lines(console)
    try:
        with watching(told.see):
            yield
    finally:
        told.end()


class _Lines:
    """A line after a second, and then one every ten."""

    def __init__(self, console: Console):
        self.console = console
        self.doing, self.next = "", 0.0

    def see(self, doing: str, done: int, of: int) -> None:
        now = monotonic()
        if doing != self.doing:
            self.doing, self.next = doing, now + SILENT
        if now >= self.next and done < of:
            self.next = now + APART
            self.tell(done, of)

    def tell(self, done: int, of: int) -> None:
        text = f"{self.doing}: {done:,} of {of:,}"
        self.console.print(text, soft_wrap=True)

    def end(self) -> None:
        """Nothing is left to be taken away."""


class _Bar(_Lines):
    """A bar from the first second on, which goes when the reading is done."""

    def __init__(self, console: Console):
        super().__init__(console)
        self.bar: Progress | None = None

    def see(self, doing: str, done: int, of: int) -> None:
        if self.bar and (doing != self.doing or done >= of):
            self.end()
        elif self.bar:
            self.bar.update(self.bar.task_ids[0], completed=done)
        else:
            super().see(doing, done, of)

    def tell(self, done: int, of: int) -> None:
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}", markup=False),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self.bar.add_task(self.doing, total=of, completed=done)
        self.bar.start()

    def end(self) -> None:
        if self.bar:
            self.bar.stop()
        self.bar, self.doing = None, ""
