"""Where output goes: results to stdout, progress to stderr."""

from __future__ import annotations

from rich.console import Console, RenderableType

# Wide enough for every table; a file or a pipe has no width of its own to keep to.
PIPE_WIDTH = 160


def show(result: RenderableType) -> None:
    """Print a result on stdout."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_WIDTH)
    console.print(result)


def progress_console(quiet: bool) -> Console:
    """A console on stderr, silent if asked to be."""
    return Console(stderr=True, quiet=quiet)
