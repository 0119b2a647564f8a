"""The errors a user can meet, each with its exit code.

    StructBenchError            1
    ├── ConfigError             2   what was asked cannot be understood or cannot be done
    ├── DataError               3   examples are missing, damaged or out of reach
    ├── RunFolderError          4   a run folder is missing, damaged or of another format
    │   └── Held                4   another process is writing in the folder
    ├── NumericsError           5   the training loss is no longer a finite number
    ├── BudgetError             6   no width meets the parameter budget within the tolerance
    ├── RunFailed               7   a run ended in an error of torch, a model or the machine
    ├── PartialFailure          7   some of several runs failed, the others are finished
    └── Interrupted           130   stopped by Ctrl-C (143: by SIGTERM); the same command goes on

They are raised anywhere and caught once, in `structbench.cli`, which prints the
message on stderr and exits with the code.
"""

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any


class StructBenchError(Exception):
    """Base of every error with a message meant for the user."""

    exit_code = 1


class ConfigError(StructBenchError):
    """What was asked cannot be understood or cannot be done."""

    exit_code = 2


class DataError(StructBenchError):
    """Examples are missing, damaged or out of reach."""

    exit_code = 3


class RunFolderError(StructBenchError):
    """A run folder is missing, damaged or of another format, or cannot be written."""

    exit_code = 4


class Held(RunFolderError):
    """Another process is writing in the folder. `who`: which folder is held, and by whom."""

    def __init__(self, who: str):
        super().__init__(who)
        self.who = who

    def __str__(self) -> str:
        return f"{self.who}; --wait waits for it"


class NumericsError(StructBenchError):
    """The training loss or the weights are no longer finite numbers."""

    exit_code = 5


class BudgetError(StructBenchError):
    """No width meets the parameter budget within the tolerance."""

    exit_code = 6


class RunFailed(StructBenchError):
    """A run ended in an error of torch, of a user's model, or of the machine."""

    exit_code = 7


class PartialFailure(RunFailed):
    """Some of several runs failed; the others are finished and kept."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does."""

    exit_code = 143


class Interrupted(StructBenchError):
    """Stopped by Ctrl-C or SIGTERM. `by` is what it was raised for."""

    exit_code = 130

    def __init__(self, message: str, by: BaseException | None = None):
        super().__init__(message)
        self.exit_code = getattr(by, "exit_code", self.exit_code)


class Notice(UserWarning):
    """Something to know that is no error; the command line prints it on stderr."""


def notice(text: str) -> None:
    """Say it, and go on."""
    warnings.warn(text, Notice, stacklevel=2)


@contextmanager
def notices_on_stderr() -> Iterator[None]:
    """Within, a notice is a line on stderr each time that it is said."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", Notice)
        usual = warnings.showwarning

        def show(message: Any, category: Any, *place: Any, **more: Any) -> None:
            if issubclass(category, Notice):
                sys.stderr.write(f"structbench: {message}\n")
            else:
                usual(message, category, *place, **more)

        warnings.showwarning = show
        yield


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an "unknown name" message: the nearest known name, or all of them."""
    names = list(known)
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    # `cn` is as near to `gcn` as to `cnn`, but few mistype the first letter.
    close.sort(key=lambda known: known[:1] != name[:1])
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
