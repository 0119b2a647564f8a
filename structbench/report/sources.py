"""What a page shows besides the numbers of a comparison or sweep, read from run folders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from structbench.report.exhibits import exhibits
from structbench.report.exhibits.material import Material
from structbench.report.model_tables import layers_table
from structbench.report.places import Found
from structbench.report.provenance import Origin, origins
from structbench.report.section import Section
from structbench.report.table import Table
from structbench.results.sweep import Sweep
from structbench.store.runs import Store


@dataclass(frozen=True)
class Sources:
    """Where the numbers come from, and what there is to see of a comparison's networks.

    losses: model → for each seed float64 [epochs]; pictures: the sections of exhibits
    """

    origins: Sequence[Origin]
    losses: Mapping[str, Sequence[NDArray[np.float64]]] = field(default_factory=dict)
    layers: Sequence[Table] = ()
    pictures: Sequence[Section] = ()


def read_sources(found: Found, store: Store, data_folder: Path) -> Sources:
    """Read it; DataError where the test examples are other ones by now."""
    if isinstance(found, Sweep):
        return Sources(origins(found, store))
    material = Material.of(found, store, data_folder)

    def losses(run: str) -> NDArray[np.float64]:
        return np.array([epoch.train_loss for epoch in store.read(run)[1].summary.history])

    return Sources(
        origins(found, store),
        {name: [losses(run) for run in model.runs] for name, model in found.models.items()},
        [
            layers_table(name, run.experiment.layer_table)
            for name, (run, _) in material.first.items()
        ],
        exhibits(found, material),
    )
