"""Images and signals of a user's own: what is learned and what is tested of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from structbench.data.grid_examples import GridDataset, GridExamples
from structbench.data.own.content import GridContent
from structbench.data.own.dataset import OwnDataset, require_as_found
from structbench.data.own.doubts import Uses, copies, leaks
from structbench.data.own.places import files_of
from structbench.data.own.read import OwnGrids
from structbench.data.own.reading import Reading, read_anew
from structbench.data.own.split import digests_of, same_as, tested_of
from structbench.errors import DataError
from structbench.problem import Kind


class Split(NamedTuple):
    """All examples, those to learn from first: both parts are slices of the same memory.

    learned: how many are to learn from; rows: int64 [n], which ones they are, as they were read
    arrays: SHA-256 of all values and labels, as they were read
    notices: what is to be known of them
    """

    grids: OwnGrids
    rows: NDArray[np.int64]
    learned: int
    arrays: str
    notices: tuple[str, ...]


@lru_cache(maxsize=2)
def split_grids(sha256: str, kind: Kind, reading: Reading, share: float) -> Split:
    """What is tested; the same for every seed and model. share: where there is no test part"""
    grids: OwnGrids = read_anew(sha256, kind, OwnGrids, reading)
    digests = digests_of(grids.grids)
    groups = same_as(digests)
    try:
        tested = grids.tested
        if tested is None:
            tested = tested_of(grids.labels, groups, share)
        if not tested.any() or tested.all():
            lacking = "learn from" if tested.any() else "test on"
            raise DataError(f"there are no examples to {lacking}")
    except DataError as error:
        raise DataError(f"{files_of(sha256).path}: {error}") from None
    doubts = (*copies(groups), *leaks(groups, Uses(~tested, tested)))
    notices = (*grids.told, *(doubt.told for doubt in doubts))
    arrays = hashlib.sha256(b"".join([*digests, grids.labels.tobytes()])).hexdigest()
    return _in_order(grids, tested, arrays, notices)


def _in_order(
    grids: OwnGrids, tested: NDArray[np.bool_], arrays: str, notices: tuple[str, ...]
) -> Split:
    rows, learned = np.argsort(tested, kind="stable"), int((~tested).sum())
    if tested[:learned].any():
        ordered, labels = grids.grids[rows], grids.labels[rows]
        given = None if grids.tested is None else tested[rows]
        grids = replace(grids, grids=ordered, labels=labels, tested=given)
    return Split(grids, rows, learned, arrays, notices)


def grid_content(sha256: str, kind: Kind, reading: Reading, share: float) -> GridContent:
    """What is said of it in a config."""
    split = split_grids(sha256, kind, reading, share)
    grids, learned = split.grids, split.learned
    return GridContent(
        kind=kind,  # type: ignore[arg-type]
        sha256=sha256,
        train_examples=learned,
        test_examples=len(split.rows) - learned,
        test_part=grids.tested is not None,
        shape=grids.grids.shape[1:],
        classes=grids.classes,
        arrays=split.arrays,
        resized=grids.resized,
    )


@dataclass(frozen=True, kw_only=True)
class OwnGridDataset(OwnDataset, GridDataset):
    """Images or signals that were named on the command line; each kind says its `examples`.

    reading: what of the options of its spec decides what is read
    """

    examples: ClassVar[type[GridExamples]]
    content: GridContent
    reading: Reading

    def read(self, folder: Path) -> tuple[GridExamples, GridExamples]:
        asked = self.content.sha256, self.kind, self.reading, self.test_share
        grids, rows, learned, _, notices = split_grids(*asked)
        require_as_found(self.content, grid_content(*asked))
        train, test = (
            self.examples(grids.grids[part], grids.labels[part], rows[part], notices=notices)
            for part in (slice(learned), slice(learned, None))
        )
        return train, test
