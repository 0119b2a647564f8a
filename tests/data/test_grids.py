"""What is done alike to grids of one axis and of two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data.grids import Grids, moved, permute_positions, smoothed

sides_of = st.lists(st.integers(1, 7), min_size=1, max_size=2)


def random_grids(channels: int, sides: list[int]) -> Grids:
    return np.random.default_rng(0).standard_normal((3, channels, *sides), dtype=np.float32)


@given(sides_of, st.integers(1, 3), st.floats(0, 1))
def test_permuting_keeps_every_value_and_channels_together(
    sides: list[int], channels: int, share: float
) -> None:
    grids = random_grids(channels, sides)
    grids[:, -1] = grids[:, 0] / 2 if channels > 1 else grids[:, 0]
    permuted = permute_positions(grids, share)
    assert permuted.shape == grids.shape
    assert (
        np.sort(permuted.reshape(3, channels, -1)) == np.sort(grids.reshape(3, channels, -1))
    ).all()
    if channels > 1:
        assert (permuted[:, -1] == permuted[:, 0] / 2).all()
    assert (permute_positions(grids, share) == permuted).all()
    assert (permute_positions(grids, 0) == grids).all()


@pytest.mark.parametrize("sides", [(784,), (28, 28), (40,)])
def test_a_share_of_the_positions_is_permuted_among_itself(sides: tuple[int, ...]) -> None:
    count = int(np.prod(sides))
    grids = np.arange(count, dtype=np.float32).reshape(1, 1, *sides)
    changed_before: set[int] = set()
    for share in (0, 0.25, 0.5, 1):
        places = permute_positions(grids, share).ravel().astype(int)
        assert sorted(places) == list(range(count))
        changed = {i for i, place in enumerate(places) if i != place}
        # A permutation leaves one position in its place on average.
        assert share * count - 8 <= len(changed) <= share * count
        assert len(changed_before - changed) < 8, "a larger share permutes these too"
        changed_before = changed
    # Frozen: all of them are permuted as they were before there were shares.
    order = np.random.default_rng(20_240_501).permutation(count)
    assert (permute_positions(grids).ravel() == order).all()


@given(sides_of, st.data())
def test_each_example_moves_by_its_own_amount_and_zeros_come_in(
    sides: list[int], data: st.DataObject
) -> None:
    grids = random_grids(2, sides)
    by = st.lists(st.integers(-9, 9), min_size=3, max_size=3).map(np.array)
    amounts = [data.draw(by) for _ in sides]
    done = moved(grids, *amounts)
    for i in range(3):
        padded = np.pad(grids[i], [(0, 0), *[(9, 9)] * len(sides)])
        window = tuple(slice(9 - a[i], 9 - a[i] + n) for a, n in zip(amounts, sides, strict=True))
        assert (done[i] == padded[:, *window]).all()


@given(sides_of, st.floats(0.01, 100), st.floats(-1e3, 1e3, width=32))
def test_what_is_the_same_everywhere_stays_when_smoothed(
    sides: list[int], sigma: float, value: float
) -> None:
    grids = np.full((2, 1, *sides), value, np.float32)
    assert np.allclose(smoothed(grids, sigma), grids, rtol=1e-5)
