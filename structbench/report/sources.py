"""What a page shows besides the numbers of a comparison or sweep, read from run folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.report.exhibits import exhibits
from structbench.report.exhibits.material import Material
from structbench.report.layer_tables import layers_table
from structbench.report.places import Found, places
from structbench.report.provenance import Origin, origins
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.results.comparison import Comparison
from structbench.results.sweep import Sweep
from structbench.store.runs import Store

# A page must stay small; the CSV of a sweep names every run.
MOST_RUNS = 300

Losses = Mapping[str, tuple[NDArray[np.float64], ...]]
"""Model → for each seed float64 [epochs]: the training loss."""


@dataclass(frozen=True)
class Sources:
    """Where the numbers come from, and what there is to see of a comparison's networks.

    runs: how many there are, of which origins has the first; pictures: the sections of exhibits
    """

    origins: tuple[Origin, ...]
    runs: int
    losses: Losses = field(default_factory=dict)
    layers: tuple[Table, ...] = ()
    pictures: tuple[Section, ...] = ()


def read_sources(found: Found, store: Store, data_folder: Path) -> Sources:
    """Read it; DataError where the test examples are other ones by now."""
    shown = tuple(islice(origins(found, store), MOST_RUNS))
    models = [model for _, comparison in places(found) for model in comparison.models.values()]
    runs = len({run for model in models for run in model.runs})
    if isinstance(found, Sweep):
        return Sources(shown, runs)
    material = Material.of(found, store, data_folder)
    layers = [
        layers_table(name, run.experiment.layer_table) for name, (run, _) in material.first.items()
    ]
    pictures = tuple(exhibits(found, material))
    return Sources(shown, runs, _losses(found, store), tuple(layers), pictures)


def _losses(comparison: Comparison, store: Store) -> Losses:
    def of(run: str) -> NDArray[np.float64]:
        return np.array([epoch.train_loss for epoch in store.read(run)[1].summary.history])

    return {name: tuple(map(of, model.runs)) for name, model in comparison.models.items()}
