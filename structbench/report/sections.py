"""The sections of a page, in their order. Each is None where there is nothing for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version

from structbench.data.conditions import CORRUPTIONS, parse_condition
from structbench.report import figures
from structbench.report.figures.style import CaptionedFigure
from structbench.report.places import Found, is_large, places
from structbench.report.provenance import facts_table, machine_tables, runs_table
from structbench.report.section import Section
from structbench.report.sentences import sentences
from structbench.report.sources import Sources
from structbench.report.table import Table
from structbench.report.tables import tables
from structbench.report.text import counted
from structbench.results.comparison import Comparison
from structbench.results.sweep import Sweep

Tables = dict[str, Table]
Make = Callable[[Found, Sources, Tables], Section | None]

# What is longer is folded away.
LAYERS_OPEN, RUNS_OPEN = 3, 24
PAIRED = (
    "For one seed, all models learn from the same examples in the same order and are tested on "
    "the same ones."
)


def sections(found: Found, sources: Sources) -> list[Section]:
    """All that this comparison or sweep has something for."""
    known = {table.name: table for table in tables(found)}
    made = [make(found, sources, known) for make in RESULTS]
    made += [*sources.pictures, *(make(found, sources, known) for make in SOURCES)]
    return [section for section in made if section]


def _section(
    name: str,
    heading: str,
    text: str = "",
    drawn: Mapping[str, CaptionedFigure | None] | None = None,
    shown: Iterable[Table | None] = (),
) -> Section | None:
    """With those figures and tables that there are, details folded; None where there are none."""
    there = {key: figure for key, figure in (drawn or {}).items() if figure}
    whole = [table for table in shown if table]
    if not there and not whole:
        return None
    first, folded = (tuple(t for t in whole if t.detail == detail) for detail in (False, True))
    return Section(name, heading, text, figures=there, tables=first, folded=folded)


def _numbers(found: Found, sources: Sources, known: Tables) -> Section | None:
    if isinstance(found, Sweep):
        return None
    asked = [(condition, meaning(condition)) for condition in found.conditions]
    if found.budget:
        told = f"{found.budget:,} parameters, to which each model's widths were scaled"
        asked.append(("budget", told))
    alone = None if is_large(found) else known.get("misclassification")
    shown = [replace(known["models"], title=""), alone, known.get("lecture"), facts_table(asked)]
    return _section("numbers", "The numbers", PAIRED * (len(found.models) > 1), shown=shown)


def meaning(condition: str) -> str:
    """What a condition does, as its corruption says of itself."""
    name = parse_condition(condition).name
    corruption = CORRUPTIONS[name]
    first_line = (corruption.alter.__doc__ or "").partition("\n")[0]
    return f"{corruption.usage(name)}: {first_line}" if corruption.arguments else first_line


def _leads(found: Found, sources: Sources, known: Tables) -> Section | None:
    if not isinstance(found, Comparison) or "leads" not in known:
        return None
    return _section(
        "leads",
        f"Compared with {found.baseline}",
        f"Blue errs less often than {found.baseline}, orange more often, green about as often; "
        "what is grey is not settled.",
        shown=[known["leads"], known.get("misclassification"), known["differences"]],
    )


def _curves(found: Found, sources: Sources, known: Tables) -> Section | None:
    if not isinstance(found, Sweep):
        return None
    text = "Errors on test examples that were never learned from."
    return _section("curves", "Curves", text, {"curves": figures.curves(found)})


def _worth(found: Found, sources: Sources, known: Tables) -> Section | None:
    if not isinstance(found, Sweep) or not found.worth:
        return None
    return _section(
        "worth",
        "What the prior is worth",
        "The sizes at which two models make the same share of errors, one divided by the other. "
        "Never extrapolated.",
        {"worth": figures.worth(found)},
        [known["worth"]],
    )


def _areas(found: Found, sources: Sources, known: Tables) -> Section | None:
    return _section(
        "areas",
        "Areas under the curves",
        "One number for a whole curve: the mean misclassification over its levels.",
        shown=[known.get("areas")],
    )


def _differences(found: Found, sources: Sources, known: Tables) -> Section | None:
    if not isinstance(found, Sweep):
        return None
    drawn = {"differences": figures.differences(found)}
    shown = [known.get("differences"), known.get("changes")]
    return _section("differences", "Differences", PAIRED, drawn, shown)


def _findings(found: Found, sources: Sources, known: Tables) -> Section | None:
    said = tuple(sentences(found))
    text = "Only what these runs support, each with how sure one may be of it."
    return Section("findings", "What may be said", text, findings=said) if said else None


def _misclassification(found: Found, sources: Sources, known: Tables) -> Section | None:
    if isinstance(found, Sweep):
        return None
    return _section(
        "misclassification",
        "Misclassification",
        "Errors on test examples: never learned from, and altered in the way that each panel "
        "names.",
        {
            "misclassification": figures.misclassification(found),
            "leads": figures.leads(found) if is_large(found) else None,
        },
    )


def _training(found: Found, sources: Sources, known: Tables) -> Section | None:
    if isinstance(found, Sweep):
        drawn = figures.loss_along(found)
        text = "Where it has not become small, a model had not learned its examples yet."
    else:
        drawn = figures.training_loss(found, sources.losses)
        text = "Measured on the training examples while they are learned from. Of altered test "
        text += "examples it says little."
    what = f"What training makes small. {text}"
    return _section("training", "Training loss", what, {"training_loss": drawn})


def _structure(found: Found, sources: Sources, known: Tables) -> Section | None:
    if isinstance(found, Sweep) or not found.without_structure:
        return None
    return _section(
        "structure",
        "With the structure taken out",
        "The same examples, in training and test, with their structure taken out: every value is "
        "still there, which values are neighbours is not.",
        {"structure": figures.structure(found)},
        [known.get("lead_changes"), known.get("changes")],
    )


def _layers(found: Found, sources: Sources, known: Tables) -> Section | None:
    fold = len(sources.layers) > LAYERS_OPEN
    return _section(
        "layers",
        "Layer by layer",
        "Each parameter count with the arithmetic that gives it. MACs: multiply-accumulates of "
        "one example's forward pass.",
        shown=[replace(table, detail=fold) for table in sources.layers],
    )


def _tables(found: Found, sources: Sources, known: Tables) -> Section | None:
    """What no other section shows."""
    names = ["seeds"]
    if isinstance(found, Sweep):
        names = ["models", "misclassification", *(n for n in known if "strength" in n), "seeds"]
    elif not is_large(found):
        names = ["differences", "seeds"]
    shown = [known[name] for name in names if name in known]
    if not is_large(found):
        shown = [replace(table, detail=False) for table in shown]
    text = "A seed's number leads to the folder of the run that it comes from."
    return _section("tables", "All tables", text * ("seeds" in known), shown=shown)


def _points(found: Found, sources: Sources, known: Tables) -> Section | None:
    if not isinstance(found, Sweep):
        return None
    rows = [
        (
            ", ".join(map(" ".join, zip(found.axes, levels, strict=True))) or "all conditions",
            at.command,
        )
        for levels, at in places(found)
    ]
    return _section(
        "points",
        "Each point by itself",
        "Typed in this folder, a command makes the full report of the comparison at its point, "
        "without training anew.",
        shown=[Table("points", "", ("point", "command"), tuple(rows), keys=2)],
    )


def _runs(found: Found, sources: Sources, known: Tables) -> Section | None:
    left_out = sources.runs - len(sources.origins)
    note = f"and {counted(left_out, 'run')} more, which the results' JSON names" if left_out else ""
    fold = sources.runs > RUNS_OPEN
    runs, title = runs_table(sources.origins), counted(sources.runs, "run") * fold
    return _section(
        "runs",
        "Where the numbers come from",
        f"One run for each {'point, ' if isinstance(found, Sweep) else ''}model and seed. Its "
        "folder holds the config, the history, the weights and every prediction.",
        shown=[
            replace(runs, title=title, note=note, detail=fold),
            *machine_tables(sources.origins),
        ],
    )


def _reproduce(found: Found, sources: Sources, known: Tables) -> Section | None:
    what = "sweep" if isinstance(found, Sweep) else "comparison"
    longer = "; a longer axis trains only what is new" if isinstance(found, Sweep) else ""
    sessions = [session for origin in sources.origins for session in origin.sessions]
    used = [fact for fact in (sessions[0].machine if sessions else ()) if fact[0] in USED]
    facts = [(what, found.name), *used, ("this page", f"StructBench {version('structbench')}")]
    return Section(
        "reproduce",
        "Make it again",
        "The same seeds on the same machine with the same versions and number of threads give the "
        f"same numbers, bit for bit. Runs that are finished are found again{longer}.",
        command=found.command,
        tables=(facts_table(facts),),
    )


# Of a machine, what is said again where a result is to be made again.
USED = ("versions", "code")
# Before the pictures of a kind, and after them.
RESULTS: tuple[Make, ...] = (
    _numbers, _leads, _curves, _worth, _areas, _differences, _findings, _misclassification,
    _training,
)  # fmt: skip
SOURCES: tuple[Make, ...] = (_structure, _layers, _tables, _points, _runs, _reproduce)
