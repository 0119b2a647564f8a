"""Python's hashes of texts, by which a set of texts has another order in each process.

A user's model that goes through a set while it is made would be another network each time.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

VARIABLE = "PYTHONHASHSEED"
# A file of code, or an object of an installed package.
_CODE = re.compile(r"--plugin\b.*|.*\.py(:.*)?|[^\W\d][\w.]*:[^\W\d]\w*")


def fix_hashes(words: Sequence[str]) -> None:
    """Begin this command again with fixed hashes, where its words name code; it takes 20 ms.

    Not on Windows, where a program cannot be replaced by another.
    """
    if os.name != "posix" or VARIABLE in os.environ or not any(map(_CODE.fullmatch, words)):
        return
    os.environ[VARIABLE] = "0"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


@contextmanager
def fixed_hashes() -> Iterator[None]:
    """Processes that are started within have the same hashes, whatever this one has."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
