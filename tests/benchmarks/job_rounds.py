"""Whole jobs by all contestants in turns, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from tests.benchmarks.busy import busy
from tests.benchmarks.jobs import REFERENCE, Contestant, Job
from tests.benchmarks.process import CommandFailed, finish
from tests.benchmarks.rounds import one_round
from tests.benchmarks.spread import Spread

QUIET, BUSY = "quiet", "busy"


@dataclass(frozen=True)
class JobTurn:
    """One contestant's job in one round.

    beside: QUIET or BUSY; together_mb: see `process.Attempt`
    misclassification: model → mean over its seeds, of the clean test images
    """

    round: int
    job: str
    beside: str
    contestant: str
    seconds: float
    together_mb: float | None
    misclassification: dict[str, float]

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s"


@dataclass(frozen=True)
class JobStanding:
    """One contestant with one job.

    seconds: beside what → seconds; ratio: over StructBench's in the same round
    slower: busy over quiet in the same round
    """

    seconds: dict[str, Spread]
    ratio: dict[str, Spread | None]
    slower: Spread | None
    together_mb: Spread | None
    misclassification: dict[str, float]


@dataclass
class JobsMeasured:
    """All turns; failed: (job, beside, contestant) → reason."""

    turns: list[JobTurn] = field(default_factory=list)
    failed: dict[tuple[str, str, str], str] = field(default_factory=dict)


def measure_jobs(
    rounds: int,
    jobs: Mapping[str, Job],
    conditions: Sequence[str],
    contestants: Mapping[str, Contestant],
    tell: Callable[[str], None],
) -> JobsMeasured:
    """In each round every job, quiet and then busy, by all contestants in turns."""
    measured = JobsMeasured()
    entries = [(job, beside, who) for job in jobs for beside in conditions for who in contestants]

    def turn(index: int, job: str, beside: str, who: str) -> JobTurn:
        return JobTurn(index, job, beside, who, *_do(jobs[job], beside, contestants[who]))

    for index in range(rounds):
        measured.turns += one_round(index, entries, partial(turn, index), measured.failed, tell)
    return measured


def _do(job: Job, beside: str, who: Contestant) -> tuple[float, float | None, dict[str, float]]:
    """Seconds, memory and errors; CommandFailed where not all was done."""
    with TemporaryDirectory() as folder:
        runs = Path(folder)
        with busy() if beside == BUSY else nullcontext():
            ended = finish(*who.arguments(job, runs), root=who.root)
        errors = who.errors(ended.stdout, runs)
    if {model: len(each) for model, each in errors.items()} != dict.fromkeys(job.models, job.seeds):
        raise CommandFailed(f"not all was trained, or more than that: {errors}")
    return ended.seconds, ended.together_mb, {model: mean(each) for model, each in errors.items()}


def job_standings(turns: Sequence[JobTurn]) -> dict[str, JobStanding]:
    """Contestant → its standing in one job, of those that have finished a turn."""
    of = {who: [t for t in turns if t.contestant == who] for who in (t.contestant for t in turns)}
    reference = _seconds(of.get(REFERENCE, []))
    return {who: _standing(own, reference) for who, own in of.items()}


def _standing(own: Sequence[JobTurn], reference: dict[str, dict[int, float]]) -> JobStanding:
    seconds, memory = _seconds(own), [turn.together_mb for turn in own if turn.together_mb]
    return JobStanding(
        seconds={beside: Spread.of([*found.values()]) for beside, found in seconds.items()},
        ratio={b: Spread.of_ratios(found, reference.get(b, {})) for b, found in seconds.items()},
        slower=Spread.of_ratios(seconds.get(BUSY, {}), seconds.get(QUIET, {})),
        together_mb=Spread.of(memory) if memory else None,
        misclassification={
            model: mean(turn.misclassification[model] for turn in own)
            for model in own[0].misclassification
        },
    )


def _seconds(turns: Sequence[JobTurn]) -> dict[str, dict[int, float]]:
    """Beside what → round → seconds."""
    found: dict[str, dict[int, float]] = {}
    for turn in turns:
        found.setdefault(turn.beside, {})[turn.round] = turn.seconds
    return found
