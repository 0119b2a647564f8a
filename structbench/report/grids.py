"""The tables of a comparison, as texts: the same cells on the terminal, in Markdown, in LaTeX
and on the page, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping

from structbench.report.lecture import LECTURE, lecture_models
from structbench.report.table import Table
from structbench.report.text import counted, interval_points, p_text, percent, points, spread_text
from structbench.results.comparison import BySeed, ComparedModel, Comparison


def grids(comparison: Comparison, verbose: bool = False) -> list[Table]:
    """All tables of a comparison; `verbose` adds each seed's values."""
    found = [models_grid(comparison)]
    if comparison.differences:
        found.append(differences_grid(comparison))
    if verbose and len(comparison.seeds) > 1:
        found.append(seeds_grid(comparison))
    if comparison.without_structure:
        found.append(structure_grid(comparison))
        if comparison.changes:
            found.append(worth_grid(comparison))
    if lecture := lecture_models(comparison):
        found.append(_lecture_grid(comparison, lecture))
    return found


def models_grid(comparison: Comparison) -> Table:
    """One line a model."""
    over = counted(len(comparison.seeds), "seed")
    what = over_seeds(over, len(comparison.seeds), comparison.seeds[0])
    return Table(
        "models",
        f"{comparison.data} · {over} · {comparison.precision} on {comparison.device}"
        + (" · smoke: too few images to mean anything" if comparison.smoke else ""),
        ("model", "parameters", "MACs", "training loss", *comparison.conditions),
        tuple(
            (
                name,
                f"{model.parameters:,}",
                f"{model.macs:,}",
                f"{model.train_loss.mean:.4f}",
                *(share_text(model.misclassification[c]) for c in comparison.conditions),
            )
            for name, model in comparison.models.items()
        ),
        f"misclassification of {comparison.examples:,} test images, {what}; "
        f"MACs: multiply-accumulates for one image; {_sizes(comparison.models)}",
    )


def over_seeds(seeds: str, count: int, only: int = 0) -> str:
    """What stands after misclassification: over which seeds, and what the ± is.

    seeds: e.g. `5 seeds`; only: which one, where the count is 1
    """
    if count > 1:
        return f"mean ± standard deviation over {seeds}"
    return f"of one trained network each (seed {only})"


def share_text(found: BySeed) -> str:
    """Mean ± standard deviation over seeds, in per cent; with one seed its value."""
    return percent(found.mean) if found.sd is None else spread_text(found.mean, found.sd)


def _sizes(models: Mapping[str, ComparedModel]) -> str:
    """How far apart the parameter counts are."""
    counts = [model.parameters for model in models.values()]
    apart = 100 * (max(counts) / min(counts) - 1)
    return f"parameter counts are {apart:.1f} % apart" if len(counts) > 1 else ""


def differences_grid(comparison: Comparison) -> Table:
    """One line a pair and condition."""
    several = len(comparison.seeds) > 1
    columns = ["condition", "difference", "points", "95 % interval"]
    columns += (
        ["p (paired t)", "p (sign flip)", "P(errs less)"] if several else ["p (McNemar)", "only …"]
    )
    crossed = any(d.seeds_and_examples for d in comparison.differences)
    rows = []
    for d in comparison.differences:
        row = [d.condition, f"{d.model} − {d.baseline}", points(d.estimate)]
        row.append(interval_points(d.interval))
        if d.tests:
            row += [p_text(d.tests.paired_t.p_value), p_text(d.tests.sign_flip.p_value)]
            better = d.tests.probability_better
            row.append(f"{better.estimate:.2f} ({better.low:.2f} … {better.high:.2f})")
        else:
            test = d.two_networks.mcnemar
            row += [p_text(test.p_value), f"{test.only_a:,} / {test.only_b:,}"]
        if crossed and d.seeds_and_examples:
            row.append(interval_points(d.seeds_and_examples))
        rows.append(tuple(row))
    if crossed:
        columns.append("seeds and examples")
    return Table(
        "differences",
        "difference in misclassification, in percentage points",
        tuple(columns),
        tuple(rows),
        _differences_note(comparison),
    )


def _differences_note(comparison: Comparison) -> str:
    first = comparison.differences[0]
    if first.tests is None:
        return (
            f"{first.interval.label}; McNemar's test is exact; only …: images that one network "
            "alone misclassifies. One seed compares two trained networks, not two architectures"
        )
    several = len(comparison.models) - 1
    corrected = f", corrected for {several} models (Bonferroni-Dunn)" if several > 1 else ""
    crossed = first.seeds_and_examples
    return (
        f"interval: {first.interval.label}; p: two-sided{corrected}; the sign flip's smallest "
        f"possible p with {counted(first.n, 'seed')} is {p_text(first.tests.sign_flip.smallest_p)}"
        f"; P(errs less): share of seeds on which the model errs less, ties half, with its "
        f"{first.tests.probability_better.label}"
        + (f"; seeds and examples: {crossed.label}" if crossed else "")
    )


def seeds_grid(comparison: Comparison) -> Table:
    """Each seed's misclassification."""
    return Table(
        "seeds",
        "misclassification by seed",
        ("model", "condition", *(f"seed {seed}" for seed in comparison.seeds)),
        tuple(
            (name, condition, *map(percent, model.misclassification[condition].by_seed))
            for name, model in comparison.models.items()
            for condition in comparison.conditions
        ),
    )


def structure_grid(comparison: Comparison) -> Table:
    """Models × pixels intact and permuted."""
    assert comparison.without_structure
    changes = {(c.model, c.condition): c.change for c in comparison.changes if not c.baseline}
    rows, change = [], None
    for name, model in comparison.models.items():
        permuted = comparison.without_structure.models[name]
        for condition in comparison.conditions:
            change = changes.get((name, condition))
            rows.append(
                (
                    name,
                    condition,
                    share_text(model.misclassification[condition]),
                    share_text(permuted.misclassification[condition]),
                    f"{points(change.estimate)} ({interval_points(change)})" if change else "",
                )
            )
    return Table(
        "structure",
        "with the structure taken out: the same pixels in a fixed random order",
        ("model", "condition", "intact", "permuted", "change in points"),
        tuple(rows),
        _over(comparison, "misclassification: mean ± standard deviation")
        + (f"; change: {change.label}" if change else ""),
    )


def worth_grid(comparison: Comparison) -> Table:
    """How much of each lead is the structure."""
    leads = [change for change in comparison.changes if change.baseline]
    return Table(
        "worth",
        "what the structure is worth: the difference of the differences, in percentage points",
        ("condition", "difference", "intact", "permuted", "permuted − intact"),
        tuple(
            (
                w.condition,
                f"{w.model} − {w.baseline}",
                points(w.first.estimate),
                points(w.last.estimate),
                f"{points(w.change.estimate)} ({interval_points(w.change)})",
            )
            for w in leads
        ),
        leads[0].change.label,
    )


def _over(comparison: Comparison, what: str) -> str:
    return f"{what} over {counted(len(comparison.seeds), 'seed')}"


def _lecture_grid(comparison: Comparison, names: Mapping[str, str]) -> Table:
    return Table(
        "lecture",
        "beside the lecture",
        ("network", "parameters", "the lecture", "ours at translate:2,2"),
        tuple(
            (
                label,
                f"{LECTURE[label].parameters:,}",
                f"{100 * LECTURE[label].misclassification:.1f} %",
                share_text(comparison.models[name].misclassification["translate:2,2"]),
            )
            for label, name in names.items()
        ),
        "the lecture gives its two numbers but not its test set; that it was shifted by 2 pixels "
        "right and down is our reconstruction, and nothing was tuned to meet the numbers",
    )
