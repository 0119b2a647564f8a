"""What is said and shown of depth, and of what was published of it."""

from __future__ import annotations

import pytest

from structbench.report import figures
from structbench.report.rows import csv_text
from structbench.report.sections import sections
from structbench.report.sentences import headline, sentences
from structbench.report.tables import tables
from structbench.results.comparison import Comparison
from structbench.results.findings import summarise
from tests.made import made, made_sources
from tests.made_depths import made_depth_sweep, made_depths

PUBLISHED = {"plain_20": [80, 90], "plain_56": [600, 610], "resnet_56": [50, 60]}


def of_two(shallow: list[int], deep: list[int]) -> list[str]:
    """What is said of depth on clean examples, and on those that were learned from."""
    return sentences(made_depths({"plain_20": shallow, "plain_56": deep}))[:2]


def test_deeper_is_worse_or_better() -> None:
    clean, learned = of_two([80, 85, 81], [610, 618, 612])
    assert clean.startswith(
        "On clean examples, plain_56 errs more often than plain_20: deeper is worse, by 53.13 "
        "percentage points (52.75 … 53.51, 95 % paired t interval over 3 seeds; p < 0.0001)."
    )
    assert learned.startswith(
        "On training examples, plain_56 errs more often than plain_20: deeper is worse, by 83.60 "
    )
    clean, _ = of_two([610, 618, 612], [80, 85, 81])
    assert "plain_56 errs less often than plain_20: deeper is better, by 53.13" in clean


def test_what_seeds_do_not_settle_has_no_direction() -> None:
    clean, _ = of_two([80, 20, 75], [70, 85, 60])
    assert clean.startswith(
        "Whether plain_56 or plain_20 errs less often on clean examples is not settled by 3 seeds"
    )
    clean, _ = of_two([80, 81, 80, 82], [81, 80, 81, 81])
    assert clean.startswith("plain_56 and plain_20 err about equally often on clean examples, with")
    clean, _ = of_two([80], [120])
    assert clean.startswith("plain_56 − plain_20 is +4.00 percentage points on clean examples (")
    assert "compares two trained networks (seed 0), not two architectures" in clean


@pytest.fixture
def many() -> Comparison:
    depths = {8: [80, 85, 81], 20: [60, 90, 85], 32: [90, 96, 91], 44: [99, 104, 101]}
    named = {
        f"{family}_{depth}": of for family in ("plain", "resnet") for depth, of in depths.items()
    }
    return made_depths(named | {"resnet_110": [20, 21, 20]})


def test_many_depths_have_a_sentence_a_chain(many: Comparison) -> None:
    said = sentences(many)
    assert said[:2] == [
        "On clean examples, plain_32 and plain_44 err more often than plain_8; not settled: "
        "plain_20.",
        "On clean examples, resnet_110 errs less often than resnet_8; resnet_32 and resnet_44 err "
        "more often than resnet_8; not settled: resnet_20.",
    ]  # fmt: skip
    assert "deeper is" not in headline(many)


def test_the_table_has_each_pair(many: Comparison) -> None:
    table = next(t for t in tables(many) if t.name == "deeper")
    assert [row[1] for row in table.rows[:3]] == [
        "plain_20 − plain_8", "plain_32 − plain_8", "plain_44 − plain_8",
    ]  # fmt: skip
    assert "simultaneous over 7 differences" in table.note
    assert "corrected for 7 pairs (Bonferroni-Dunn)" in table.note
    assert "deeper,plain_20,plain_8,clean," in csv_text(many)


def test_the_section_has_what_is_said_with_its_figure() -> None:
    two = made_depths(PUBLISHED, conditions=("clean",))
    shown = {section.name: section for section in sections(two, made_sources(two, ()))}
    depth = shown["depth"]
    assert list(depth.figures) == ["depth"]
    assert [table.name for table in depth.tables] == ["deeper"]
    assert "published_depths" in [table.name for table in shown["numbers"].tables]
    assert depth.findings == tuple(sentences(two)[:1])
    assert not set(depth.findings) & set(shown["findings"].findings)


def test_a_line_is_a_chain_and_a_panel_a_condition() -> None:
    found = made_depths(PUBLISHED)
    figure = figures.depth(found)
    assert figure
    assert figure.alt == (
        "clean: plain depth 20 8.50 %, depth 56 60.50 %; resnet_56 depth 56 5.50 %. "
        "training: plain depth 20 17.00 %, depth 56 100.00 %; resnet_56 depth 56 11.00 %."
    )
    assert "the bar is the mean's 95 % t interval over 2 seeds" in figure.caption
    assert len(figure.axes) == 2
    assert figures.depth(made()[0]) is None


def test_a_sweep_of_depths_says_the_same_of_both_ends() -> None:
    found = made_depth_sweep(
        {
            "resnet": {8: [50, 55, 51], 20: [40, 41, 40], 56: [60, 40, 58]},
            "plain": {8: [60, 64, 61], 20: [70, 71, 70], 56: [400, 420, 404]},
        }
    )
    said = sentences(found)
    assert said[0].startswith(
        "On clean examples, normalisation batch, it is not settled whether resnet errs less or "
        "more often with depth 56 than with depth 8: a change of +0.07 percentage points ("
    )
    assert said[1].startswith(
        "On clean examples, normalisation batch, plain errs more often with depth 56 than with "
        "depth 8: deeper is worse, by 34.63 percentage points ("
    )
    assert "simultaneous over 2 differences" in said[1]
    assert len([text for text in said if "with depth 56 than with depth 8" in text]) == 8
    assert headline(found) == said[0]
    rows = next(t for t in tables(found) if t.name == "published_depths")
    assert rows.columns[:3] == ("depth", "normalisation", "network")
    assert [row[:3] for row in rows.rows] == [
        ("20", "batch", "ResNet-20 (resnet)"), ("20", "batch", "plain-20 (plain)"),
        ("56", "batch", "ResNet-56 (resnet)"), ("56", "batch", "plain-56 (plain)"),
    ]  # fmt: skip


def test_a_model_without_the_depth_that_is_varied_is_left_out() -> None:
    same = {8: [50, 55], 56: [60, 58]}
    sweep = made_depth_sweep({"resnet": same, "plain": same}, axis="models.resnet.depth")
    points = [p for p in sweep.points if p.levels["models.*.normalisation"] == "batch"]
    unchanged = points[0].comparison.models["plain"]
    kept = [
        p.model_copy(update={"comparison": p.comparison.model_copy(
            update={"models": {**p.comparison.models, "plain": unchanged}})})
        for p in points
    ]  # fmt: skip
    said = sentences(summarise(sweep.model_copy(update={"points": tuple(kept)})))
    of_ends = [text for text in said if " 56 than with " in text and "normalisation batch" in text]
    assert len(of_ends) == 2
    assert not any("plain errs" in text or "simultaneous" in text for text in of_ends)


def test_published_depths_stand_beside_ours() -> None:
    table = next(t for t in tables(made_depths(PUBLISHED)) if t.name == "published_depths")
    assert table.columns == (
        "network", "He et al., 2016: CIFAR-10", "a re-implementation: CIFAR-10", "ours: mnist",
        "95 % interval",
    )  # fmt: skip
    assert [row[:4] for row in table.rows] == [
        ("plain-20 (plain_20)", "", "9.78 ± 0.13 %", "8.50 ± 0.71 %"),
        ("plain-56 (plain_56)", "", "12.95 ± 0.22 %", "60.50 ± 0.71 %"),
        ("ResNet-56 (resnet_56)", "6.97 %", "7.40 ± 0.27 %", "5.50 ± 0.71 %"),
    ]
    assert "64,000 steps on batches of 128, with width 16 and augmentation" in table.note
    assert "ours: mnist, 300 steps, width 8, mean ± standard deviation over 2 seeds" in table.note
    assert "the two are not tested against each other" in table.note


@pytest.mark.parametrize(
    "found",
    [
        made_depths(PUBLISHED, normalisation="none"),
        made_depths(PUBLISHED, squeeze=True),
        made_depths({"plain_26": [80, 90], "resnet_8": [50, 60]}),
        made_depths(PUBLISHED, conditions=("training",)),
        made_depths(PUBLISHED).model_copy(update={"smoke": True}),
        made_depths(PUBLISHED).model_copy(update={"structure_removed": 1.0}),
    ],
    ids=["without normalisation", "squeeze", "other depths", "not clean", "smoke", "permuted"],
)
def test_of_other_networks_nothing_was_published(found: Comparison) -> None:
    assert "published_depths" not in [table.name for table in tables(found)]


def test_nothing_published_of_depth_is_compared_with_ours() -> None:
    said = " ".join(sentences(made_depths(PUBLISHED)))
    assert "published" not in said
    assert "CIFAR" not in said
