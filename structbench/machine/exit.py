"""How a process ends."""

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn


def leave(code: str | int | None) -> NoReturn:
    """End the process, without taking torch's libraries apart: that takes 0.55 s and 125 MB.

    What Python does at its end is done: threads are waited for, atexit's functions are called,
    what is in the streams is written.
    """
    if "torch" not in sys.modules or isinstance(code, str):
        sys.exit(code)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a pipe that nobody reads any more, or closed
            if stream:  # None where it was closed from the start
                stream.flush()
    os._exit(code or 0)
