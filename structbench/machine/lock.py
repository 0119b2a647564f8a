"""One writer for a folder at a time, on this machine and on file systems with flock."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from structbench.errors import Held, RunFolderError, notice
from structbench.machine.files import json_bytes, remove_temporary, write_bytes

LOCK, HOLDER = ".lock", ".holder.json"


@contextmanager
def hold(folder: Path, wait: bool = False) -> Iterator[None]:
    """Be the only one who writes in a folder; Held names who does where that is another.

    wait: wait for the other one instead

    The operating system frees the lock of a process that dies, however it dies.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise Held(f"{folder} is held by {_holder(folder)}") from None
            notice(f"waiting for {folder}, which is held by {_holder(folder)}")
            lock.acquire()
    except OSError as error:
        raise RunFolderError(f"cannot write {folder}: {error.strerror or error}") from None
    except UnicodeEncodeError as error:
        reason = f"this locale has no such name ({error}); PYTHONUTF8=1 helps"
        raise RunFolderError(f"cannot write {folder}: {reason}") from None
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        who = {"process": os.getpid(), "machine": platform.node(), "since": now}
        write_bytes(folder / HOLDER, json_bytes(who), durable=False)
        remove_temporary(folder)
        yield
    finally:
        # Deleted while it is held: who waits for it sees that its file is gone, and makes another.
        for name in (HOLDER, LOCK):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether another process is writing in a folder; what a dead one has left is deleted."""
    if not (folder / LOCK).exists():
        return False
    try:
        with hold(folder):
            return False
    except Held:
        return True
    except RunFolderError:  # nobody can write there: told by who tries to
        return False


def tidy(folder: Path) -> None:
    """Delete what a process that was killed at its very end has left in a finished folder.

    Nothing is done where another process is at work there, or where nothing may be written.
    """
    if any(path.name in (LOCK, HOLDER) or path.suffix == ".tmp" for path in folder.iterdir()):
        with suppress(RunFolderError), hold(folder):
            pass


def _holder(folder: Path) -> str:
    try:
        who = json.loads((folder / HOLDER).read_text())
        return f"process {who['process']} on {who['machine']} since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
