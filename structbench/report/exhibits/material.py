"""What exhibits are made from: for each model the run of the first seed, and the examples.

Arrays only; everything is read from run folders, nothing is computed by a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import read_condition
from structbench.errors import DataError
from structbench.experiment.run import Run
from structbench.outcome import Outcome
from structbench.results.comparison import Comparison
from structbench.store.runs import Store


@dataclass(frozen=True)
class Material:
    """One run stands for each model: that of the first seed.

    first: model → its run and outcome; data_folder: where data sets are
    """

    first: Mapping[str, tuple[Run, Outcome]]
    store: Store
    data_folder: Path

    @classmethod
    def of(cls, comparison: Comparison, store: Store, data_folder: Path) -> Material:
        """Read the runs; RunFolderError where one of them is damaged."""
        first = {name: store.read(model.runs[0]) for name, model in comparison.models.items()}
        return cls(first, store, data_folder)

    @property
    def run(self) -> Run:
        """One of the runs: the data and the seed are the same in all of them."""
        return next(iter(self.first.values()))[0]

    def labels(self, condition: str) -> NDArray[np.int64]:
        """True answers: [examples]."""
        return next(iter(self.first.values()))[1].predictions[condition].labels

    def inputs(self, condition: str) -> NDArray[Any]:
        """The test examples as the networks saw them; DataError where they are others by now."""
        experiment = self.run.experiment
        same = experiment.data.dataset.digest(self.data_folder) == self.run.data_digest
        data = experiment.data.load(self.data_folder, experiment.seed)
        altered = data.test.altered(read_condition(condition), experiment.seed)
        if not same or not np.array_equal(altered.labels, self.labels(condition)):
            raise DataError(
                f"{experiment.data.name} in {self.data_folder} is not the data {self.run.id} was "
                "trained on"
            )
        return data.prepared(altered).inputs[0]
