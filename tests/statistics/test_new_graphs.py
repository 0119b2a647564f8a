"""What an interval covers where each seed draws a graph: over seeds at its level, over nodes not.

The larger one, with networks that are really trained, is among the benchmarks.
"""

from __future__ import annotations

import pytest

from tests.new_graphs import Errors, at_its_level, drawn, nearest_mean, over_nodes, over_seeds

SEEDS = 800


@pytest.fixture(scope="module")
def errors() -> tuple[list[Errors], list[Errors]]:
    """Of networks of 60 nodes, all of which but 6 are tested: with neighbours, and without."""
    made = [
        drawn(seed, nodes=60, degree=6.0, features=4, train_size=6, test_size=54)
        for seed in range(SEEDS)
    ]
    of = [[nearest_mean(data, neighbours) for data in made] for neighbours in (True, False)]
    return of[0], of[1]


@pytest.mark.parametrize("seeds", [2, 5])
def test_intervals_over_seeds_cover_new_graphs_at_their_level(
    errors: tuple[list[Errors], list[Errors]], seeds: int
) -> None:
    a, b = ([float(wrong.mean()) for wrong in of] for of in errors)
    assert at_its_level(over_seeds(a, b, seeds), SEEDS // seeds)


# 2,000 seeds gave 0.865.
def test_intervals_over_the_nodes_of_one_graph_are_too_short_for_new_graphs(
    errors: tuple[list[Errors], list[Errors]],
) -> None:
    assert over_nodes(*errors) < 0.9
    assert not at_its_level(over_nodes(*errors), SEEDS)
