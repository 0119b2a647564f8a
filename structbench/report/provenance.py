"""Where numbers come from: the runs of a comparison, and the sessions at each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from structbench.results.comparison import Comparison
from structbench.store.run_files import PROVENANCE
from structbench.store.runs import Store

NOT_RECORDED = "not recorded"
# The largest provenance file and the longest text from one that are shown.
LARGEST_BYTES, LONGEST = 1_000_000, 400


@dataclass(frozen=True)
class Session:
    """One sitting at a run, as its provenance.json has it: texts, or `not recorded`."""

    started: str
    command: str
    machine: tuple[tuple[str, str], ...]
    """What → text: versions, code, processor, GPU, threads."""


@dataclass(frozen=True)
class Origin:
    """Where a run's numbers come from. model: with `, permuted` where its pixels were."""

    run: str
    model: str
    seed: int
    sessions: tuple[Session, ...]


def origins(comparison: Comparison, store: Store) -> Iterator[Origin]:
    """Where each of the comparison's runs comes from, model by model."""
    without = comparison.without_structure
    for found, suffix in ((comparison, ""), *(((without, ", permuted"),) if without else ())):
        for name, model in found.models.items():
            for run, seed in zip(model.runs, found.seeds, strict=True):
                yield Origin(run, name + suffix, seed, sessions(store.root / run / PROVENANCE))


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
