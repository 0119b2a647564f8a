"""The sections of a page, in their order: what each says, and which tables and figures it shows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from itertools import chain

from structbench.data.alterations import split_condition
from structbench.data.conditions import find_alteration
from structbench.problem import Kind
from structbench.report import figures
from structbench.report.depth import deeper_sentences
from structbench.report.figures.style import CaptionedFigure
from structbench.report.places import Found, at, first, is_graph, is_large, places
from structbench.report.provenance import machine_tables, runs_table
from structbench.report.section import Section
from structbench.report.sentences import sentences
from structbench.report.sources import Sources
from structbench.report.table import Table, words
from structbench.report.tables import tables
from structbench.report.text import but_for_training, macs_of
from structbench.results.sweep import Sweep

Part = tuple[Section, tuple[str, ...]]
"""A section that is still empty, and the names of its tables."""

# Before the pictures that a kind of data has, and after them.
RESULTS: tuple[Part, ...] = (
    (
        Section("curves", "Curves", "Errors on test examples that were never learned from."),
        (),
    ),
    (
        Section(
            "worth",
            "What the prior is worth",
            "The sizes at which two models make the same share of errors, one divided by the "
            "other. Never extrapolated.",
        ),
        ("worth",),
    ),
    (
        Section(
            "areas",
            "Areas under the curves",
            "One number for a whole curve: the mean misclassification over its levels.",
        ),
        ("areas",),
    ),
    (
        Section(
            "depth",
            "Depth",
            "Networks that are the same but for their number of layers, each beside the "
            "shallowest. A deeper one can represent whatever a shallower one does: where it errs "
            "more often on the examples that it learned from, training has failed, whatever it "
            "makes of others.",
        ),
        ("deeper",),
    ),
    (
        Section("numbers", "The numbers"),
        ("models", "published", "published_depths", "misclassification", "asked"),
    ),
    (
        Section(
            "differences",
            "Differences",
            "A model minus the baseline, paired by seed: for one seed, all models learn from the "
            "same examples in the same order and are tested on the same ones. Blue errs less "
            "often, orange more often, green about as often; what is grey is not settled.",
        ),
        ("leads", "differences", "changes", "crossings"),
    ),
    (
        Section(
            "findings",
            "What may be said",
            "Only what these runs support, each with how sure one may be of it.",
        ),
        (),
    ),
    (
        Section(
            "misclassification",
            "Misclassification",
            "Errors on test examples: never learned from, and altered in the way that each panel "
            "names.",
        ),
        (),
    ),
    (
        Section(
            "training",
            "Training loss",
            "What training makes small, measured on the training examples while they are learned "
            "from. Of altered test examples it says little; where it has not become small, a model "
            "had not learned its examples yet.",
        ),
        (),
    ),
)
SOURCES: tuple[Part, ...] = (
    (
        Section(
            "structure",
            "With the structure taken out",
            "The same examples, in training and test, with their structure taken out: everything "
            "is still there, but no longer beside what it stood beside.",
        ),
        ("lead_changes", "structure"),
    ),
    (
        Section(
            "layers",
            "Layer by layer",
            "Each parameter count with the arithmetic that gives it. MACs: multiply-accumulates of "
            "one example's forward pass.",
        ),
        ("layers",),
    ),
    (
        Section(
            "tables",
            "All tables",
            "A seed's number leads to the folder of the run that it comes from.",
        ),
        ("strength", "seeds"),
    ),
    (
        Section(
            "points",
            "Each point by itself",
            "Typed in this folder, a command makes the full report of the comparison at its point, "
            "without training anew.",
        ),
        ("points",),
    ),
    (
        Section(
            "runs",
            "Where the numbers come from",
            "One run for each model and seed, at each point. Its folder holds the config, the "
            "history, the weights and every prediction.",
        ),
        ("runs", "machine"),
    ),
    (
        Section(
            "reproduce",
            "Make it again",
            "The same seeds on the same machine with the same versions and number of threads give "
            "the same numbers, bit for bit. Runs that are finished are found again: more seeds or "
            "a longer axis train only what is new.",
        ),
        ("again",),
    ),
)

# Of a graph some say other things.
OF_GRAPHS: Mapping[str, str] = {
    "curves": "Errors on test nodes, whose classes were never learned from.",
    "differences": "A model minus the baseline, paired by seed: for one seed, all models learn "
    "from the same nodes and are tested on the same ones. Blue errs less often, orange more often, "
    "green about as often; what is grey is not settled.",
    "misclassification": "Errors on test nodes: their classes were never learned from, and the "
    "graph is altered in the way that each panel names.",
    "training": "What training makes small, measured on the labelled nodes while they are learned "
    "from. Of test nodes it says little; where it has not become small, a model had not learned "
    "its nodes yet.",
    "structure": "The same nodes with all edges rewired, in training and test: every node still "
    "has as many neighbours, but no longer those that it had.",
    "layers": "Each parameter count with the arithmetic that gives it. MACs: multiply-accumulates "
    f"{macs_of('graph')}.",
}


def sections(found: Found, sources: Sources) -> list[Section]:
    """All that this comparison or sweep has something for."""
    drawn, known = _figures(found, sources), _tables(found, sources)
    before, last = ([_filled(part, found, drawn, known) for part in p] for p in (RESULTS, SOURCES))
    return [section for section in (*before, *sources.pictures, *last) if section]


def _filled(
    part: Part,
    found: Found,
    drawn: Mapping[str, Mapping[str, CaptionedFigure | None]],
    known: Mapping[str, list[Table]],
) -> Section | None:
    """The section with what there is for it; None where there is nothing."""
    section, names = part
    if is_graph(found):
        section = replace(section, text=OF_GRAPHS.get(section.name, section.text))
    section = replace(section, text=but_for_training(section.text, found.conditions))
    there = {name: figure for name, figure in drawn.get(section.name, {}).items() if figure}
    shown = [table for name in names for table in known.get(name, ())]
    said = _said(section.name, found)
    if not (there or shown or said):
        return None
    folded = [table for table in shown if table.detail and is_large(found)]
    return replace(
        section,
        findings=tuple(said),
        figures=there,
        command=found.command if section.name == "reproduce" else "",
        tables=tuple(table for table in shown if table not in folded),
        folded=tuple(folded),
    )


def _said(section: str, found: Found) -> list[str]:
    """What is said of depth stands beside its figure."""
    if section not in ("depth", "findings"):
        return []
    deeper = deeper_sentences(found)
    return deeper if section == "depth" else [s for s in sentences(found) if s not in deeper]


def _figures(found: Found, sources: Sources) -> Mapping[str, Mapping[str, CaptionedFigure | None]]:
    """Section → name of the file → figure."""
    if isinstance(found, Sweep):
        return {
            "curves": {"curves": figures.curves(found)},
            "worth": {"worth": figures.worth(found)},
            "differences": {"differences": figures.differences(found)},
            "training": {"training_loss": figures.loss_along(found)},
        }
    return {
        "depth": {"depth": figures.depth(found)},
        "misclassification": {
            "misclassification": figures.misclassification(found),
            "leads": figures.leads(found) if is_large(found) else None,
        },
        "training": {"training_loss": figures.training_loss(found, sources.losses)},
        "structure": {"structure": figures.structure(found)},
    }


def _tables(found: Found, sources: Sources) -> Mapping[str, list[Table]]:
    """Those of the results, and those that only a page has, by their names."""
    asked = [(condition, meaning(condition, first(found).kind)) for condition in found.conditions]
    again = [("sweep" if isinstance(found, Sweep) else "comparison", found.name)]
    machines = [session.machine for origin in sources.origins for session in origin.sessions]
    again += [fact for fact in chain(*machines[:1]) if fact[0] in ("versions", "code")]
    again.append(("this page", f"StructBench {version('structbench')}"))
    shown = [*tables(found), words("asked", asked), *sources.layers, runs_table(sources.origins)]
    shown += [*machine_tables(sources.origins), words("again", again)]
    if isinstance(found, Sweep):
        points = [(at(found, of), c.command) for of, c in places(found)]
        shown.append(words("points", points, ("point", "command")))
    elif found.budget:
        told = f"{found.budget:,} parameters, to which each model's widths were scaled"
        shown.append(words("asked", [("budget", told)]))
    known = defaultdict(list)
    for table in shown:
        known[table.name].append(table)
    return known


def meaning(condition: str, kind: Kind) -> str:
    """What a condition does, as its alteration says of itself."""
    name, _ = split_condition(condition)
    alteration = find_alteration(name, kind)
    usage = f"{alteration.usage(name)}: " if alteration.arguments else ""
    return f"{usage}{alteration.purpose}"
