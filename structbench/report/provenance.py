"""Where numbers come from: the runs, and the sessions at each of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from structbench.report.places import Found, at, places
from structbench.report.table import Cell, Table, words
from structbench.report.text import counted
from structbench.store.run_files import PROVENANCE
from structbench.store.runs import Store

NOT_RECORDED = "not recorded"
# The largest provenance file and the longest text from one that are shown.
LARGEST_BYTES, LONGEST = 1_000_000, 400
# A page must stay small.
MOST_RUNS = 300


@dataclass(frozen=True)
class Session:
    """One sitting at a run, as its provenance.json has it: texts, or `not recorded`."""

    started: str
    command: str
    machine: tuple[tuple[str, str], ...]
    """What → text: versions, code, processor, GPU, threads."""


@dataclass(frozen=True)
class Origin:
    """Where a run's numbers come from. model: with the levels of its point."""

    run: str
    model: str
    seed: int
    sessions: tuple[Session, ...]


def origins(found: Found, store: Store) -> list[Origin]:
    """Where the runs come from, each once, with the first point it is at; read as far as shown."""
    places_of: dict[str, tuple[str, int]] = {}
    for levels, comparison in places(found):
        for name, model in comparison.models.items():
            place = " at ".join(filter(None, (name, at(found, levels))))
            for run, seed in zip(model.runs, comparison.seeds, strict=True):
                places_of.setdefault(run, (place, seed))
    return [
        Origin(run, *place, sessions(store.root / run / PROVENANCE) if i < MOST_RUNS else ())
        for i, (run, place) in enumerate(places_of.items())
    ]


def sessions(path: Path) -> tuple[Session, ...]:
    """What a provenance file says, whatever is in it: what is odd counts as not recorded."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        content = []
    entries = content if isinstance(content, list) else []
    return tuple(_session(entry) for entry in entries if isinstance(entry, dict))


def _session(entry: Mapping[str, Any]) -> Session:
    versions = entry.get("versions")
    known = versions if isinstance(versions, dict) else {}
    threads = (_text(entry.get("threads")), _text(entry.get("cores")))
    machine = (
        ("versions", _text(", ".join(f"{name} {_text(of)}" for name, of in known.items()))),
        ("code", _code(entry.get("git"))),
        ("system", _text(entry.get("platform"))),
        ("processor", _text(entry.get("cpu"))),
        ("GPU", "none" if entry.get("gpu", "") is None else _text(entry.get("gpu"))),
        ("threads", "{} of {} cores".format(*threads)),
    )
    return Session(_text(entry.get("started")), _text(entry.get("command")), machine)


def _code(git: object) -> str:
    """The commit, and whether something had been changed since."""
    if not isinstance(git, dict):
        return NOT_RECORDED
    dirty = " with uncommitted changes" if git.get("dirty") is True else ""
    return f"commit {_text(git.get('commit'))}{dirty}"


def _text(value: object) -> str:
    if not isinstance(value, (str, int)) or value == "":
        return NOT_RECORDED
    # JSON can hold half a surrogate pair, UTF-8 cannot.
    return str(value)[:LONGEST].encode(errors="replace").decode()


def runs_table(origins: Sequence[Origin]) -> Table:
    """One line a session."""
    columns = ("run", "model", "seed", "started", "command")
    nothing = Session(NOT_RECORDED, NOT_RECORDED, ())
    rows = [
        (Cell(origin.run, run=origin.run), origin.model, str(origin.seed), of.started, of.command)
        for origin in origins[:MOST_RUNS]
        for of in origin.sessions or (nothing,)
    ]
    left_out = len(origins) - MOST_RUNS
    note = (
        f"and {counted(left_out, 'run')} more, which the .json in this folder names"
        if left_out > 0
        else ""
    )
    title = counted(len(origins), "run")
    return replace(words("runs", rows, columns, title, note), detail=True)


def machine_tables(origins: Sequence[Origin]) -> list[Table]:
    """The different machines and versions, and how many sessions there were on each."""
    found = Counter(session.machine for origin in origins for session in origin.sessions)
    where = "on this machine" if len(found) > 1 else "of training, on one machine"
    return [
        words("machine", machine, title=f"{counted(count, 'session')} {where}")
        for machine, count in found.items()
    ]
