"""Fixtures: the command line in this process, and an experiment that takes a second."""

from __future__ import annotations

import os

# One thread a test: the networks are tiny, and pytest runs a process a core. Before torch starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from typer.testing import CliRunner, Result

from structbench.cli import app
from structbench.experiment.load import load_experiment
from structbench.experiment.schema import Experiment
from structbench.models import plugins

settings.register_profile("structbench", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("structbench")

# 300 real images and a small network: an epoch takes some milliseconds.
TINY = (
    "model={family: fnn, hidden: [16], dropout: 0.2}",
    "data={train_size: 300, test_size: 200}",
    "training.epochs=3",
    "training.batch_size=50",
    "training.optimizer.learning_rate=0.01",
)


@pytest.fixture(scope="session")
def tiny() -> Experiment:
    return load_experiment("fnn", TINY)


@pytest.fixture(autouse=True)
def _forget_plugins() -> Iterator[None]:
    """Each test has the plugins that it loads."""
    families, sources = dict(plugins._families), dict(plugins._sources)
    yield
    plugins._families.clear()
    plugins._families.update(families)
    plugins._sources.clear()
    plugins._sources.update(sources)


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without the pictures of their kind of data: drawing them takes seconds.

    For tests that want a report written, or more than one, and look at other things.
    """
    from structbench.report.exhibits import EXHIBITS

    for kind in EXHIBITS:
        monkeypatch.setitem(EXHIBITS, kind, ())


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run `structbench` with these arguments; an unexpected exception fails the test."""

    def run(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
