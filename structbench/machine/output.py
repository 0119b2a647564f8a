"""stdout and stderr as they are found: of any encoding, closed, or full.

What was computed must not be lost because a sign cannot be written, or because nobody listens.
"""

import codecs
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

# What is printed besides ASCII, for streams whose encoding lacks it.
SIGNS = {
    "−": "-", "–": "-", "─": "-", "×": "x", "·": ".", "•": "*", "±": "+/-", "→": "->", "…": "...",
    "½": "1/2", "³": "^3", "µ": "u", "├": "+", "└": "+", "│": "|", "∣": "|",
}  # fmt: skip
PLAINER = "structbench.plainer"


def _plainer(error: UnicodeError) -> tuple[str | bytes, int]:
    """An error handler of codecs: a sign in ASCII, a name's byte as it is, all else escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign, rest = error.object[error.start], error.start + 1
    if "\udc80" <= sign <= "\udcff":  # of a name that was in no encoding or in another
        return bytes([ord(sign) - 0xDC00]), rest
    return SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode(), rest


codecs.register_error(PLAINER, _plainer)


def settle_streams() -> None:
    """Let nothing that is printed end this process, unless it is a result that cannot be written.

    For a process of its own: Python's streams are altered for good.
    """
    for descriptor in (0, 1, 2):
        _open_if_closed(descriptor)
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _Output(_set_apart(sys.stdout), "stdout", essential=True)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _Output(sys.stderr, "stderr", essential=False)


def _open_if_closed(descriptor: int) -> None:
    """Otherwise a file that is opened later gets its number, and what libraries print."""
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        os.set_inheritable(descriptor, True)


def _set_apart(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same under a number of its own: what a library or a process of a user's code writes to
    the usual one goes to stderr."""
    own = open(  # noqa: SIM115
        os.dup(stream.fileno()), "w", encoding=stream.encoding, errors=stream.errors
    )
    stream.flush()
    os.dup2(2, 1)
    return own


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


class _Output(io.TextIOWrapper):
    """A stream of a process, over the one that Python has made.

    essential: an error in writing is raised, with the stream's name. Otherwise a full disk or a
        terminal that is gone is no reason to stop what is computed; a pipe that nobody reads any
        more is one, because nobody waits for what is to come
    """

    def __init__(self, stream: io.TextIOWrapper, called: str, essential: bool):
        super().__init__(
            stream.buffer,
            stream.encoding,
            PLAINER,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self._called, self._essential = called, essential
        self._beneath = stream  # which would close its buffer if nothing held it

    def write(self, text: str) -> int:
        """As TextIOWrapper does."""
        with self._watched():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """As TextIOWrapper does."""
        with self._watched():
            super().flush()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._essential or isinstance(error, BrokenPipeError):
                raise OSError(error.errno, error.strerror, self._called) from None


def discard_stdout() -> None:
    """What could not be written is not tried again when the process ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(text: str) -> None:
    """Print JSON: in UTF-8, or in ASCII on a stream of another encoding, so it is the same JSON."""
    if codecs.lookup(sys.stdout.encoding).name != "utf-8":
        text = re.sub(r"[^\x00-\x7f]", lambda sign: json.dumps(sign[0])[1:-1], text)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
