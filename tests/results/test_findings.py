"""What points say together, on outcomes made by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from structbench.results.comparison import Excluded
from structbench.results.findings import summarise
from structbench.results.sweep import Point, Sweep, axis_curves, strength_curves
from tests.made import crossed, interval_of, made_sweep, relabelled


def without_seed(point: Point, seed: int) -> Point:
    """The point as it is where a run of this seed has failed."""
    compared = point.comparison
    kept = [i for i, s in enumerate(compared.seeds) if s != seed]
    models = {
        name: model.model_copy(
            update={
                "misclassification": {
                    c: found.model_copy(update={"by_seed": tuple(found.by_seed[i] for i in kept)})
                    for c, found in model.misclassification.items()
                }
            }
        )
        for name, model in compared.models.items()
    }
    seeds = tuple(compared.seeds[i] for i in kept)
    changed = compared.model_copy(update={"seeds": seeds, "models": models})
    return point.model_copy(update={"comparison": changed})


def test_the_data_worth_is_that_of_the_curves() -> None:
    # cnn errs half as often, and error falls as the root of the size: a quarter of the examples.
    sweep = made_sweep()
    inside = [worth for worth in sweep.worth if not worth.bound]
    assert [worth.level for worth in inside] == [0.05, 0.03, 0.02]
    for worth in inside:
        assert (worth.of, worth.model, worth.baseline, worth.n) == (
            "training examples", "cnn", "fnn", 3,
        )  # fmt: skip
        assert worth.ratio == pytest.approx(4, rel=0.02)
        assert worth.interval
        assert worth.interval.low == pytest.approx(4, rel=0.1)
    bounds = {worth.level: worth.bound for worth in sweep.worth if worth.bound}
    assert bounds == {0.1: "more than", 0.01: "more than"}


def test_the_parameter_worth_is_along_the_parameters() -> None:
    sweep = made_sweep()
    points = [
        point.model_copy(
            update={
                "comparison": point.comparison.model_copy(
                    update={
                        "models": {
                            name: model.model_copy(
                                update={"parameters": size * (1 + (name == "cnn"))}
                            )
                            for name, model in point.comparison.models.items()
                        }
                    }
                )
            }
        )
        for point, size in zip(sweep.points, (100, 1000, 10_000), strict=True)
    ]
    worths = relabelled(
        sweep.model_copy(update={"points": tuple(points)}), "budget", (1, 2, 3)
    ).worth
    inside = [worth for worth in worths if not worth.bound]
    assert inside
    for worth in inside:
        # With twice the parameters of what it had above, it is worth half as much.
        assert worth.of == "parameters"
        assert worth.ratio == pytest.approx(2, rel=0.02)


def test_areas_are_mean_errors_over_the_levels() -> None:
    sweep = made_sweep(sizes=(10_000,))
    cnn, fnn = sweep.areas
    # 100 errors of 10,000 at level 0, 150 at 1 and 200 at 3; 5 % more for each seed.
    assert cnn.misclassification.by_seed[0] == pytest.approx((125 * 1 + 175 * 2) / 3 / 10_000)
    assert fnn.misclassification.mean == pytest.approx(2 * cnn.misclassification.mean, rel=0.02)
    assert cnn.difference
    difference = cnn.misclassification.mean - fnn.misclassification.mean
    assert cnn.difference.estimate == pytest.approx(difference)
    assert fnn.difference is None


def test_a_lead_changes_from_the_first_level_to_the_last() -> None:
    sweep = relabelled(made_sweep(), "data.structure_removed", (1, 0, 0.5))
    lead, *own = sweep.changes
    assert [(change.model, change.baseline) for change in own] == [("cnn", None), ("fnn", None)]
    assert (lead.first_level, lead.last_level) == (0, 1), "in the order of their numbers"
    # At 0 there are 1,000 examples, at 1 there are 100.
    first, last = (interval_of(sweep.points[i].comparison.differences[0]) for i in (1, 0))
    assert (lead.first, lead.last) == (first, last)
    assert lead.change.estimate == pytest.approx(last.estimate - first.estimate)
    assert sweep.worth == ()


def test_a_lead_ends_where_the_curves_cross() -> None:
    sweep = crossed("data.structure_removed")
    ends = sweep.crossings[0]
    assert (ends.axis, ends.condition, ends.model, ends.n) == (
        "data.structure_removed", "clean", "cnn", 3,
    )  # fmt: skip
    assert ends.rises
    # As far below 0 at 0.5 as above it at 1.
    assert ends.level == pytest.approx(0.75, abs=0.02)
    assert ends.interval
    assert crossed("data.structure_removed", seeds=1).crossings[0].interval is None
    assert crossed("data.train_size").crossings == (), "of sizes it is the worth that is told"
    assert relabelled(made_sweep(), "data.structure_removed", (1, 0, 0.5)).crossings == ()


def test_an_axis_of_names_has_curves_and_no_lead() -> None:
    sweep = relabelled(made_sweep(), "training.optimizer.name", ("sgd", "adam", "adamw"))
    (curves,) = axis_curves(sweep)
    assert list(curves.ticks.values()) == ["sgd", "adam", "adamw"]
    assert sweep.changes == ()


def test_a_curve_is_over_the_seeds_that_are_at_all_its_points() -> None:
    whole = made_sweep()
    points = (whole.points[0], without_seed(whole.points[1], 1), whole.points[2])
    sweep = summarise(whole.model_copy(update={"points": points}))
    (curves,) = axis_curves(sweep)
    assert curves.lines["cnn"].common_seeds == [0, 2]
    assert {worth.n for worth in sweep.worth} == {2}


def test_sizes_are_in_their_order_whatever_the_configs() -> None:
    sweep = made_sweep(sizes=(1000, 100, 10_000))
    (curves,) = axis_curves(sweep)
    for line in curves.lines.values():
        assert all(a < b for a, b in pairwise(line.x))
    assert sweep.worth == made_sweep().worth
    assert len(strength_curves(sweep)) == 3


def test_one_seed_and_one_size_claim_nothing_over_seeds() -> None:
    sweep = made_sweep(seeds=1)
    assert all(worth.interval is None for worth in sweep.worth)
    assert all(area.difference is None for area in sweep.areas)
    assert made_sweep(sizes=(100,)).worth == ()


def test_the_name_is_of_what_decides_the_numbers_and_of_nothing_else() -> None:
    name = made_sweep().name
    assert name.startswith("sweep-made-")
    assert relabelled(made_sweep(), "data.train_size", (100, 1000, 10_000)).name == name
    failed = Excluded(run="m0-s7", model="cnn", seed=7, reason="memory")
    others = {
        made_sweep(sizes=(100, 1000)).name,
        made_sweep(seeds=2).name,
        made_sweep(excluded=(failed,)).name,
    }
    assert len(others | {name}) == 4
    assert made_sweep(title="../a b").name.startswith("sweep-___a_b-")


def test_it_survives_the_way_through_json() -> None:
    sweep = made_sweep()
    assert Sweep.model_validate_json(sweep.model_dump_json()) == sweep
