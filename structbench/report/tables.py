"""The tables of a comparison or sweep, as texts: the same cells on the terminal, in Markdown, in
LaTeX and on the page, so that they cannot differ."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from structbench.experiment.sweep import level_text
from structbench.report.beside import (
    beside_published,
    depths_table,
    published_depths,
    published_table,
)
from structbench.report.curve_tables import curve_tables
from structbench.report.places import (
    NO_INTERVALS,
    Found,
    along,
    axes,
    differences,
    drawn_text,
    examples_text,
    explained,
    first,
    ground,
    has_several_seeds,
    interval_label,
    is_graph,
    is_large,
    judged_text,
    levels_of,
    loss_text,
    named_axis,
    over_seeds,
    places,
)
from structbench.report.table import Cell, Table
from structbench.report.text import (
    NOT_INDEPENDENT,
    counted,
    difference_text,
    interval_points,
    macs_of,
    p_text,
    percent,
    points,
    share_text,
)
from structbench.report.verdict import settled, verdict
from structbench.results.comparison import Change, Comparison, Difference
from structbench.results.sweep import Sweep

Pairs = list[tuple[tuple[str, ...], Difference]]
"""Differences, with the levels of their points."""

# Beside sizes and loss there is room for the numbers of so many conditions.
CONDITIONS_BESIDE = 3
# What is longer in a sweep is summed up by its figures and sentences.
MOST_ROWS = 24


def tables(found: Found) -> list[Table]:
    """All of them, in the order in which they are shown."""
    made = [models_table(found)]
    if isinstance(found, Comparison) and is_large(found) and found.differences:
        made.append(leads_table(found))
    if len(found.conditions) > CONDITIONS_BESIDE:
        made.append(misclassification_table(found))
    if deeper := _deeper(found):
        made.append(deeper_table(found, deeper))
    if published := published_depths(found):
        made.append(depths_table(found, published))
    if differences(found):
        made.append(differences_table(found))
    if isinstance(found, Comparison) and is_large(found) and found.changes:
        made.append(lead_changes_table(found))
    if found.changes:
        made.append(changes_table(found))
    if isinstance(found, Sweep):
        made += curve_tables(found)
    elif beside_published(found):
        made.append(published_table(found))
    if has_several_seeds(found):
        made.append(seeds_table(found))
    if isinstance(found, Sweep):
        return [replace(t, detail=t.detail or len(t.rows) > MOST_ROWS) for t in made]
    return made


def models_table(found: Found) -> Table:
    """One line a point and model."""
    conditions = found.conditions if len(found.conditions) <= CONDITIONS_BESIDE else ()
    notes = [f"misclassification of {examples_text(found)}, {over_seeds(found)}"] * bool(conditions)
    notes += filter(None, [judged_text(found)])
    notes += filter(None, [drawn_text(found)])
    notes.append(f"MACs: multiply-accumulates {macs_of(first(found).kind)}")
    notes.append(f"training loss: {loss_text(found)} in the epoch whose weights are kept")
    if isinstance(found, Comparison) and len(found.models) > 1:
        notes.append(_sizes(found))
    return Table(
        "models",
        ground(found),
        (*axes(found), "model", "parameters", "MACs", "training loss", *conditions),
        tuple(
            (
                *levels,
                name,
                f"{model.parameters:,}",
                f"{model.macs:,}",
                f"{model.train_loss.mean:#.3g}".rstrip("."),
                *(share_text(model.misclassification[c]) for c in conditions),
            )
            for levels, comparison in places(found)
            for name, model in comparison.models.items()
        ),
        "; ".join(notes),
        keys=len(axes(found)) + 1,
    )


def _sizes(comparison: Comparison) -> str:
    """How far apart the parameter counts are."""
    counts = [model.parameters for model in comparison.models.values()]
    ratio = max(counts) / min(counts)
    if ratio >= 2:
        return f"the largest model has {ratio:,.1f} times the parameters of the smallest"
    return f"parameter counts are {100 * (ratio - 1):.1f} % apart"


def misclassification_table(found: Found) -> Table:
    """Conditions × models."""
    return Table(
        "misclassification",
        "misclassification",
        (*axes(found), "condition", *found.models),
        tuple(
            (
                *levels,
                condition,
                *(share_text(m.misclassification[condition]) for m in comparison.models.values()),
            )
            for levels, comparison in places(found)
            for condition in found.conditions
        ),
        f"of {examples_text(found)}, {over_seeds(found)}",
        keys=len(axes(found)) + 1,
        detail=bool(differences(found)),
    )


def leads_table(comparison: Comparison) -> Table:
    """Conditions × models: each model's difference to the baseline, with what it settles."""
    base = comparison.baseline or ""
    shares = comparison.models[base].misclassification
    cells = {c: [share_text(shares[c])] for c in comparison.conditions}
    for d in comparison.differences:
        cells[d.condition].append(Cell(difference_text(d.estimate, d.interval), verdict(d)))
    return Table(
        "leads",
        f"misclassification minus that of {base}, in percentage points",
        ("condition", base, *(name for name in comparison.models if name != base)),
        tuple((condition, *row) for condition, row in cells.items()),
        "; ".join(_leads_notes(comparison, base)),
    )


def _leads_notes(comparison: Comparison, base: str) -> Iterator[str]:
    interval = comparison.differences[0].interval
    yield f"{base}: misclassification of {examples_text(comparison)}, {over_seeds(comparison)}"
    yield f"in brackets: {interval_label(comparison, interval)}" if interval else NO_INTERVALS
    yield f"below 0 a model errs less often than {base}"
    yield from ["settled where the interval leaves out 0"] * bool(interval)
    yield from [ONE_SEED] * (not has_several_seeds(comparison))


ONE_SEED = "one seed compares two trained networks, not two architectures"


def differences_table(found: Found) -> Table:
    """One line a pair and condition."""
    made = _pairs_table(found, differences(found), "models")
    return replace(made, detail=is_large(found))


def _deeper(found: Found) -> Pairs:
    return [
        (levels, d)
        for levels, comparison in places(found)
        for d in comparison.deeper
        if d.condition in found.conditions
    ]


def deeper_table(found: Found, deeper: Pairs) -> Table:
    """One line a condition and network that is deeper than the shallowest like it."""
    title = "deeper minus shallowest: difference in misclassification, in percentage points"
    made = _pairs_table(found, deeper, "pairs")
    return replace(made, name="deeper", title=title, detail=len(deeper) > MOST_ROWS)


def _pairs_table(found: Found, pairs: Pairs, corrected: str) -> Table:
    """One line a pair. corrected: for what the tests are"""
    rows = [(levels, _told(d, isinstance(found, Comparison))) for levels, d in pairs]
    # A point that has lost all seeds but one says other things than the others.
    columns = dict.fromkeys(column for _, cells in rows for column in cells)
    return Table(
        "differences",
        "difference in misclassification, in percentage points",
        (*axes(found), *columns),
        tuple((*levels, *(cells.get(column, "") for column in columns)) for levels, cells in rows),
        _differences_note(found, [d for _, d in pairs], corrected),
        keys=len(axes(found)) + 2,
    )


def _told(d: Difference, whole: bool) -> dict[str, str]:
    """Column → cell. whole: with what there is no room for where there are several points"""
    told = {
        "condition": d.condition,
        "difference": f"{d.model} − {d.baseline}",
        "points": Cell(points(d.estimate), verdict(d)),
    }
    if d.interval:
        told["95 % interval"] = interval_points(d.interval)
    if d.tests is None:
        return told | _told_of_two_networks(d)
    told["p (paired t)"] = p_text(d.tests.paired_t.p_value)
    if whole:
        better = d.tests.probability_better
        told["p (sign flip)"] = p_text(d.tests.sign_flip.p_value)
        told["P(errs less)"] = f"{better.estimate:.2f} ({better.low:.2f} … {better.high:.2f})"
        if d.seeds_and_examples:
            told["seeds and examples"] = interval_points(d.seeds_and_examples)
    return told


def _told_of_two_networks(d: Difference) -> dict[str, str]:
    if d.two_networks is None:
        return {}
    test = d.two_networks.mcnemar
    only = f"{test.only_a:,} / {test.only_b:,}"
    return {"p (McNemar)": p_text(test.p_value), "only …": only}


def _differences_note(found: Found, told: list[Difference], corrected: str) -> str:
    notes = [explained(found, "interval", [d.interval for d in told])]
    if tested := next((d for d in told if d.tests), None):
        notes += [text for text in (drawn_text(found), _not_over_nodes(found)) if text]
        notes += _notes_on_tests(tested, isinstance(found, Comparison), corrected)
    if any(d.two_networks and not d.tests for d in told):
        notes += [
            "McNemar's test is exact",
            "only …: examples that one network alone misclassifies",
        ]
    notes += [ONE_SEED] * any(d.tests is None for d in told)
    return "; ".join(notes)


def _not_over_nodes(found: Found) -> str:
    return f"nothing is said over nodes: {NOT_INDEPENDENT}" * is_graph(found)


def _notes_on_tests(d: Difference, whole: bool, what: str) -> list[str]:
    assert d.tests
    assert d.interval
    models = d.interval.comparisons
    corrected = f", corrected for {models} {what} (Bonferroni-Dunn)" if models > 1 else ""
    notes = [f"p: two-sided{corrected}"]
    if not whole:
        return [*notes, "each point by itself: over many points some are below 0.05 by chance"]
    smallest = p_text(d.tests.sign_flip.smallest_p)
    notes += [
        f"the sign flip's smallest possible p with {counted(d.n, 'seed')} is {smallest}",
        "P(errs less): share of seeds on which the model errs less often, ties half, with its "
        f"{d.tests.probability_better.label}",
    ]
    if d.seeds_and_examples:
        notes.append(f"seeds and examples: {d.seeds_and_examples.label}")
    return notes


def changes_table(found: Found) -> Table:
    """One line a condition, and model or pair: from the first level of the axis to the last."""
    change, labels = found.changes[0], dict[str, set[str]]()
    others = [named_axis(found, axis) for axis in change.at]
    for of in found.changes:
        what = "a difference" if of.baseline else "a misclassification"
        labels.setdefault(interval_label(found, of.change), set()).add(what)
    notes = (
        f"change of {' and of '.join(sorted(what))}: {label}" for label, what in labels.items()
    )
    return Table(
        "changes" if isinstance(found, Sweep) else "structure",
        f"{along(found, change)}: misclassification, and differences in percentage points",
        (*others, "condition", "of", *levels_of(found, change), "change in points"),
        tuple(_change_row(of) for of in found.changes),
        "; ".join(notes),
        keys=len(change.at) + 2,
        detail=is_large(found),
    )


def _change_row(change: Change) -> tuple[str, ...]:
    show = points if change.baseline else percent
    return (
        *map(level_text, change.at.values()),
        change.condition,
        " − ".join(filter(None, (change.model, change.baseline))),
        show(change.first.estimate),
        show(change.last.estimate),
        Cell(difference_text(change.change.estimate, change.change), settled(change.change)),
    )


def lead_changes_table(comparison: Comparison) -> Table:
    """Conditions × models: how each difference to the baseline changes."""
    leads = [change for change in comparison.changes if change.baseline]
    cells: dict[str, list[str]] = {condition: [] for condition in comparison.conditions}
    for lead in leads:
        told = difference_text(lead.change.estimate, lead.change)
        cells[lead.condition].append(Cell(told, settled(lead.change)))
    base = comparison.baseline
    return Table(
        "lead_changes",
        f"{along(comparison, leads[0])}: change of the difference to {base}, in percentage points",
        ("condition", *(name for name in comparison.models if name != base)),
        tuple((condition, *row) for condition, row in cells.items()),
        f"in brackets: {interval_label(comparison, leads[0].change)}; above 0 a model loses ground "
        f"to {base}; settled where the interval leaves out 0",
    )


def seeds_table(found: Found) -> Table:
    """Each seed's misclassification at each point, with the run that it comes from."""
    seeds = sorted({seed for _, comparison in places(found) for seed in comparison.seeds})

    def cells(comparison: Comparison, runs: Iterable[str], shares: Iterable[float]) -> list[str]:
        known = dict(zip(comparison.seeds, zip(runs, shares, strict=True), strict=True))
        return [
            Cell(percent(known[seed][1]), run=known[seed][0]) if seed in known else "left out"
            for seed in seeds
        ]

    return Table(
        "seeds",
        "misclassification by seed",
        (*axes(found), "model", "condition", *(f"seed {seed}" for seed in seeds)),
        tuple(
            (*levels, name, condition, *cells(comparison, model.runs, of.by_seed))
            for levels, comparison in places(found)
            for name, model in comparison.models.items()
            for condition, of in model.misclassification.items()
        ),
        keys=len(axes(found)) + 2,
        detail=True,
    )
