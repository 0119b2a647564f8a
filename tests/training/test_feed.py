from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from structbench.data.grids import permute_positions
from structbench.data.spec import DataSpec
from structbench.training.feed import Feed
from structbench.training.recipe import Recipe


def test_signals_are_altered_before_their_places_are_permuted(tmp_path: Path) -> None:
    spec = DataSpec(name="mnist1d", train_size=200, structure_removed=1.0)
    data = spec.load(tmp_path, seed=0)
    recipe = Recipe(batch_size=200, augment=("invert", "translate:2", "contrast:3"))
    feed = Feed(data, recipe, seed=0, device=torch.device("cpu"))
    ((signals, labels),) = feed.epoch(0)
    assert signals.dtype == torch.float32
    (plain,) = data.train.inputs
    right = np.pad(plain, ((0, 0), (0, 0), (2, 0)))[..., :40]
    known = {
        permute_positions(altered)[i].tobytes(): (name, label)
        for name, altered in (("invert", -plain), ("translate", right), ("contrast", 3 * plain))
        for i, label in enumerate(data.train.labels)
    }
    found = [known[signal.tobytes()] for signal in signals.numpy()]
    assert [label for _, label in found] == labels.tolist()
    assert all(40 < [name for name, _ in found].count(name) < 95 for name in dict(found))
