"""matplotlib, imported whatever the environment says of windows and of folders to write in.

Whoever imports matplotlib imports this first. Figures are drawn without a backend, so that one
which is not there must not matter: notebooks name theirs, in MPLBACKEND, to every command that is
started from them. Who draws in the same process keeps theirs.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from structbench.errors import StructBenchError


def _import_matplotlib() -> None:
    if "matplotlib" in sys.modules:
        return
    with _without_backend() as named, _quiet("matplotlib"):
        try:
            import matplotlib as mpl
            import matplotlib.figure
        # No folder to keep what it knows of fonts, or settings of the user's that it cannot read.
        except (OSError, ValueError) as error:
            raise StructBenchError(f"figures cannot be drawn: matplotlib: {error}") from None
        if named:
            with suppress(ValueError):
                mpl.rcParams["backend"] = named


@contextmanager
def _without_backend() -> Iterator[str | None]:
    """Yields MPLBACKEND, which is not set within."""
    named = os.environ.pop("MPLBACKEND", None)
    try:
        yield named
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Within, a logger says nothing but errors; that a cache cannot be kept is none."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


_import_matplotlib()
