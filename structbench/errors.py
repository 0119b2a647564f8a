"""The errors a user can meet, each with its exit code.

    StructBenchError            1
    ├── ConfigError             2   what was asked cannot be understood or cannot be done
    ├── DataError               3   examples are missing, damaged or out of reach
    ├── RunFolderError          4   a run folder is missing, damaged or of another format
    ├── NumericsError           5   the training loss is no longer a finite number
    ├── BudgetError             6   no width meets the parameter budget within the tolerance
    ├── RunFailed               7   a run ended in an error of torch, a model or the machine
    ├── PartialFailure          7   some of several runs failed, the others are finished
    └── Interrupted           130   stopped by Ctrl-C; the same command goes on

They are raised anywhere and caught once, in `structbench.cli`, which prints the
message on stderr and exits with the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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


class Interrupted(StructBenchError):
    """Stopped by Ctrl-C."""

    exit_code = 130


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an "unknown name" message: the nearest known name, or all of them."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
