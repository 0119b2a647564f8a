"""Images and signals of a user's own: what is learned and what is tested of it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.own.content import GridContent
from structbench.data.own.doubts import Uses, copies, leaks
from structbench.data.own.read import OwnGrids
from structbench.data.own.reading import Reading, read_own
from structbench.data.own.split import groups_of, tested_of
from structbench.errors import DataError
from structbench.problem import Kind


class Split(NamedTuple):
    """tested: bool [n]; notices: what is to be known of the examples"""

    grids: OwnGrids
    tested: NDArray[np.bool_]
    notices: tuple[str, ...]


@lru_cache(maxsize=2)
def split_grids(sha256: str, kind: Kind, reading: Reading, share: float) -> Split:
    """What is tested; the same for every seed and model. share: where there is no test part"""
    grids: OwnGrids = read_own(sha256, kind, OwnGrids, reading)
    groups = groups_of(grids.grids)
    tested = grids.tested
    if tested is None:
        tested = tested_of(grids.labels, groups, share)
    if not tested.any() or tested.all():
        raise DataError("there are no examples to " + ("learn from" if tested.any() else "test on"))
    doubts = (*copies(groups), *leaks(groups, Uses(~tested, tested)))
    return Split(grids, tested, (*grids.told, *(doubt.told for doubt in doubts)))


def grid_content(sha256: str, kind: Kind, reading: Reading, share: float) -> GridContent:
    """What is said of it in a config."""
    grids, tested, _ = split_grids(sha256, kind, reading, share)
    return GridContent(
        kind=kind,  # type: ignore[arg-type]
        sha256=sha256,
        train_examples=int((~tested).sum()),
        test_examples=int(tested.sum()),
        shape=grids.grids.shape[1:],
        classes=grids.classes,
        resized=grids.resized,
    )
