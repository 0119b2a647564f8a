"""Where the gradient goes, told of norms made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from structbench.errors import RunFolderError
from structbench.experiment.run import Run
from structbench.outcome import Outcome
from structbench.report.exhibits.gradients_in_depth import gradients_in_depth, verdict
from structbench.report.exhibits.material import Material
from structbench.report.figures.gradients import Norms
from structbench.report.figures.style import svg
from structbench.report.section import Section
from structbench.results.compare import Asked
from structbench.store.runs import Store
from tests.made import compared, errors, outcome_of
from tests.made_sentences import MadeStore

LAYERS = 24


def network(name: str, seed: int, first: float, last: float = 0.2, spread: float = 1.2) -> Outcome:
    """The norm goes from the first layer's to the last one's; weights have norm 5."""
    along = np.geomspace(first, last, LAYERS) * spread**seed
    values = {"gradients_new": along, "gradients_trained": along / 10,
              "weights_new": np.full(LAYERS, 5)}  # fmt: skip
    tensors = {f"layer_{key}": of.astype(np.float32) for key, of in values.items()}
    return replace(outcome_of(name, seed, {"clean": errors(0.1, seed)}), tensors=tensors)


def shown(found: dict[str, list[Outcome]]) -> Section | None:
    every = {o.summary.run: o for group in found.values() for o in group}
    first = {name: (cast(Run, None), group[0]) for name, group in found.items()}
    material = Material(first, cast(Store, MadeStore(every)), Path())
    asked = Asked("image", "mnist", ("clean",), None, 0.005, "structbench compare")
    return gradients_in_depth(compared(found, asked), material)


def made(seeds: int = 3) -> dict[str, list[Outcome]]:
    return {
        "plain": [network("plain", s, 200) for s in range(seeds)],
        "residual": [network("residual", s, 0.5) for s in range(seeds)],
        "bare": [network("bare", s, 1e-4, 1e-4) for s in range(seeds)],
        "wild": [network("wild", s, 2, 2, 30) for s in range(seeds)],
        "shallow": [outcome_of("shallow", s, {"clean": errors(0.2, s)}) for s in range(seeds)],
    }


def test_it_is_told_by_the_rule_beside_the_lectures_hypothesis() -> None:
    section = shown(made())
    assert section
    lecture, new, open_, trained, missing = section.findings
    assert "larger training error, because gradients vanish" in lecture
    assert "the gradient vanishes in bare; it explodes in plain; it neither" in new
    assert "in wild is not settled" in open_
    assert trained.startswith("Of trained networks nothing of the kind is said")
    assert missing == "Of shallow no norms were kept."
    (table,) = section.tables
    rows = {row[:2]: row[2:] for row in table.rows}
    assert rows["new", "bare"] == (
        "24", "1.2·10⁻⁴", "1.2·10⁻⁴", "6·10⁻⁴ (3.8·10⁻⁴ … 9.4·10⁻⁴)", "3", "vanishing",
    )  # fmt: skip
    assert rows["trained", "plain"][3:] == ("", "3", "")
    figure = section.figures["gradients"]
    drawn = svg(figure, inline=True)
    assert "new weights" in drawn
    assert "layer, from the input" in drawn
    assert "n = 3" in figure.caption
    axes = figure.axes[0]
    assert axes.get_xticks().tolist() == [5, 10, 15, 20]
    assert all(line.get_transform() == axes.transData for line in axes.lines), "not aside"
    assert len(axes.lines) == 4 * (3 + 1), "a line for each seed, and their mean"
    assert "new weights: plain 240 to 0.24" in figure.alt


def test_of_one_seed_the_number_itself_decides() -> None:
    section = shown({"plain": made(1)["plain"]})
    assert section
    row = section.tables[0].rows[0]
    assert row[-2:] == ("1", "exploding")
    assert "…" not in row[-3]
    assert "One seed" in section.figures["gradients"].caption


@pytest.mark.parametrize(
    ("by_seed", "said"),
    [
        ([9.9], "neither"),
        ([10.1], "exploding"),
        ([0.11], "neither"),
        ([0.09], "vanishing"),
        ([0.0], "vanishing"),
        ([100.0, 120.0, 90.0], "exploding"),
        ([8.0, 12.0, 9.0], "not settled"),
        ([0.002, 0.001], "not settled"),  # of two seeds the interval is wide
        ([5.0, 5.0], "not settled"),  # without a spread there is no interval
    ],
)
def test_the_rule_is_a_tenth_and_ten_times(by_seed: list[float], said: str) -> None:
    assert verdict(Norms([1], np.array(by_seed)[:, None])) == said


def test_layers_without_a_gradient_are_left_out_and_the_others_keep_their_numbers() -> None:
    plain = made(1)["plain"][0]
    kept = dict(plain.tensors)
    kept["layer_gradients_new"] = kept["layer_gradients_new"].copy()
    kept["layer_gradients_new"][:6] = np.nan
    section = shown({"plain": [replace(plain, tensors=kept)]})
    assert section
    assert section.tables[0].rows[0][2] == "18"
    axes = section.figures["gradients"].axes[0]
    assert np.asarray(axes.lines[0].get_xdata())[0] == 7


def test_nothing_is_shown_of_shallow_networks_and_damage_is_refused() -> None:
    assert shown({"shallow": made(1)["shallow"]}) is None
    plain = made(1)["plain"][0]
    short = {**plain.tensors, "layer_gradients_trained": np.ones(3, np.float32)}
    with pytest.raises(RunFolderError, match="its array layer_gradients_trained is float32"):
        shown({"plain": [replace(plain, tensors=short)]})
