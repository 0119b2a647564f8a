"""What a report shows besides the comparison's numbers: pictures, weights, layers, origins.

Arrays and texts only; everything is read from run folders, nothing is computed by a network.
Where one run must stand for a model, it is the run of the first seed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from structbench.data.alterations import read_condition
from structbench.errors import DataError
from structbench.experiment.run import Run
from structbench.models.layers import shape_text
from structbench.outcome import Outcome, Predictions
from structbench.report.table import Table
from structbench.results.comparison import Comparison
from structbench.store.run_files import PROVENANCE
from structbench.store.runs import Store

# So many fit a page; captions say of how many they were chosen.
PICTURES, FILTERS = 12, 32

NOT_RECORDED = "not recorded"
# The largest provenance file and the longest text from one that are shown.
LARGEST_BYTES, LONGEST = 1_000_000, 400

Found = tuple[Run, Outcome]


@dataclass(frozen=True)
class Confusion:
    """counts: int64 [classes, classes], true class → predicted class, test images."""

    model: str
    condition: str
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """What a model says of one image, and the probability it gives to that class."""

    model: str
    predicted: int
    confidence: float


@dataclass(frozen=True)
class Picture:
    """A test image as the networks saw it: float32 [channels, height, width] in [0, 1]."""

    image: NDArray[np.float32]
    label: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Gallery:
    """Images that only `model` gets right, or, without a baseline, that it gets wrong.

    total: how many such images there are; reverse: how many only the baseline gets right
    """

    condition: str
    model: str
    baseline: str | None
    pictures: tuple[Picture, ...]
    total: int
    reverse: int


@dataclass(frozen=True)
class FirstLayer:
    """weights: float32 [filters, channels, height, width]; total: how many the layer has."""

    model: str
    layer: str
    weights: NDArray[np.float32]
    total: int


@dataclass(frozen=True)
class Session:
    """One sitting at a run, as its provenance.json has it: texts, or `not recorded`."""

    started: str
    command: str
    machine: tuple[tuple[str, str], ...]
    """What → text: versions, code, processor, GPU, threads."""


@dataclass(frozen=True)
class Origin:
    """Where a run's numbers come from. model: with `, permuted` where its pixels were."""

    run: str
    model: str
    seed: int
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class Exhibits:
    """All of it. losses: model → for each seed float64 [epochs], the training loss."""

    seed: int
    permuted: bool
    """Whether all networks learned from permuted pixels, so that pictures show dots."""
    confusions: tuple[Confusion, ...]
    gallery: Gallery
    first_layers: tuple[FirstLayer, ...]
    layers: Mapping[str, Table]
    losses: Mapping[str, tuple[NDArray[np.float64], ...]]
    origins: tuple[Origin, ...]


def gather(comparison: Comparison, store: Store, data_folder: Path) -> Exhibits:
    """Read what the report shows; DataError where the test images are other ones by now."""
    first = {name: store.read(model.runs[0]) for name, model in comparison.models.items()}
    run = next(iter(first.values()))[0]
    return Exhibits(
        seed=comparison.seeds[0],
        permuted=bool(run.experiment.data.structure_removed),
        confusions=_confusions(first, comparison.conditions),
        gallery=_gallery(comparison, first, data_folder),
        first_layers=_first_layers(first, store),
        layers={name: _layer_grid(name, found[0]) for name, found in first.items()},
        losses={
            name: tuple(_losses(store.read(run)[1]) for run in model.runs)
            for name, model in comparison.models.items()
        },
        origins=tuple(origins(comparison, store)),
    )


def focus(comparison: Comparison) -> str:
    """The condition that single figures are of: the first that alters the images."""
    altered = (condition for condition in comparison.conditions if condition != "clean")
    return next(altered, comparison.conditions[0])


def leader(comparison: Comparison) -> str:
    """The model that is set beside the baseline: the first other one."""
    others = (name for name in comparison.models if name != comparison.baseline)
    return next(others)


def _losses(outcome: Outcome) -> NDArray[np.float64]:
    return np.array([epoch.train_loss for epoch in outcome.summary.history])


def _confusions(first: Mapping[str, Found], conditions: Sequence[str]) -> tuple[Confusion, ...]:
    return tuple(
        Confusion(name, condition, _counts(outcome, condition, run.experiment.data.problem.classes))
        for name, (run, outcome) in first.items()
        for condition in conditions
    )


def _counts(outcome: Outcome, condition: str, classes: int) -> NDArray[np.int64]:
    found = outcome.predictions[condition]
    cells = found.labels * classes + found.predicted
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _gallery(comparison: Comparison, first: Mapping[str, Found], data_folder: Path) -> Gallery:
    condition, model, baseline = focus(comparison), leader(comparison), comparison.baseline
    names = [model] if baseline is None else [model, baseline]
    told = {name: first[name][1].predictions[condition] for name in names}
    wrong = {name: first[name][1].wrong(condition) for name in names}
    labels = told[model].labels
    if baseline is None:
        candidates, reverse = wrong[model], 0
    else:
        candidates = wrong[baseline] & ~wrong[model]
        reverse = int((wrong[model] & ~wrong[baseline]).sum())
    chosen = spread_over_classes(candidates, labels, told[names[-1]].confidence, PICTURES)
    seen = _images(first[model][0], condition, labels, data_folder)
    pictures = (
        Picture(seen[i], int(labels[i]), tuple(_answer(n, told[n], i) for n in names))
        for i in chosen
    )
    total = int(candidates.sum())
    return Gallery(condition, model, baseline, tuple(pictures), total, reverse)


def _answer(model: str, told: Predictions, index: int) -> Answer:
    return Answer(model, int(told.predicted[index]), float(told.confidence[index]))


def spread_over_classes(
    candidates: NDArray[np.bool_],
    labels: NDArray[np.int64],
    confidence: NDArray[np.float32],
    most: int,
) -> list[int]:
    """Up to `most` candidates: the surest of each class, then the next surest; by class.

    candidates, labels, confidence: [images]; ties go to the image that comes first
    """
    found = np.flatnonzero(candidates)
    surest = found[np.lexsort((found, -confidence[found]))]
    before = dict.fromkeys(labels[surest].tolist(), 0)
    ranked = []
    for index in surest.tolist():
        label = int(labels[index])
        ranked.append((before[label], -float(confidence[index]), index))
        before[label] += 1
    return sorted(
        (i for *_, i in sorted(ranked)[:most]), key=lambda i: (labels[i], -confidence[i], i)
    )


def _images(
    run: Run, condition: str, labels: NDArray[np.int64], data_folder: Path
) -> NDArray[np.float32]:
    """The test images of a run as its network saw them."""
    experiment = run.experiment
    same = experiment.data.dataset.digest(data_folder) == run.data_digest
    data = experiment.data.load(data_folder, experiment.seed)
    if not same or not np.array_equal(data.test.labels, labels):
        raise DataError(
            f"{experiment.data.name} in {data_folder} is not the data {run.id} was trained on"
        )
    altered = data.test.altered(read_condition(condition), experiment.seed)
    (images,) = data.prepared(altered).inputs
    return images


def _first_layers(first: Mapping[str, Found], store: Store) -> tuple[FirstLayer, ...]:
    found = (_first_layer(name, run, store) for name, (run, _) in first.items())
    return tuple(layer for layer in found if layer)


def _first_layer(name: str, run: Run, store: Store) -> FirstLayer | None:
    """The weights that read the pixels, where each of them can be drawn as a picture."""
    data = run.experiment.data
    rows = run.experiment.layer_table.rows
    row = next((row for row in rows if row.parameters.value), None)
    weights = store.weights(run.id).get(f"{row.name}.weight") if row else None
    if row is None or weights is None:
        return None
    shape = data.problem.input_shape
    if weights.ndim == 2 and weights.shape[1] == math.prod(shape) and not data.structure_removed:
        weights = weights.reshape(-1, *shape)
    if weights.ndim != 4 or weights.shape[1] != shape[0]:
        return None
    total = len(weights)
    if total > FILTERS:
        norms = np.linalg.norm(weights.reshape(total, -1), axis=1)
        weights = weights[np.argsort(-norms, kind="stable")[:FILTERS]]
    return FirstLayer(name, row.layer.describe(), weights, total)


def _layer_grid(name: str, run: Run) -> Table:
    table = run.experiment.layer_table
    rows = [
        (
            row.layer.describe(),
            shape_text(row.output_shape),
            f"{row.parameters.value:,}" if row.parameters.value else "",
            row.parameters.formula,
            f"{row.macs:,}" if row.macs else "",
        )
        for row in table.rows
    ]
    total = ("total", "", f"{table.parameters:,}", "", f"{table.macs:,}")
    columns = ("layer", "output", "parameters", "worked out", "MACs")
    return Table("layers", name, columns, (*rows, total))


def origins(comparison: Comparison, store: Store) -> Iterator[Origin]:
    """Where each of the comparison's runs comes from, model by model."""
    without = comparison.without_structure
    for found, suffix in ((comparison, ""), *(((without, ", permuted"),) if without else ())):
        for name, model in found.models.items():
            for run, seed in zip(model.runs, found.seeds, strict=True):
                yield Origin(run, name + suffix, seed, sessions(store.root / run / PROVENANCE))


def sessions(path: Path) -> tuple[Session, ...]:
    """What a provenance file says, whatever is in it: what is odd counts as not recorded."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        content = []
    entries = content if isinstance(content, list) else []
    return tuple(_session(entry) for entry in entries if isinstance(entry, dict))


def _session(entry: Mapping[str, Any]) -> Session:
    versions = entry.get("versions")
    known = versions if isinstance(versions, dict) else {}
    threads = (_text(entry.get("threads")), _text(entry.get("cores")))
    machine = (
        ("versions", _text(", ".join(f"{name} {_text(of)}" for name, of in known.items()))),
        ("code", _code(entry.get("git"))),
        ("system", _text(entry.get("platform"))),
        ("processor", _text(entry.get("cpu"))),
        ("GPU", "none" if entry.get("gpu", "") is None else _text(entry.get("gpu"))),
        ("threads", "{} of {} cores".format(*threads)),
    )
    return Session(_text(entry.get("started")), _text(entry.get("command")), machine)


def _code(git: object) -> str:
    """The commit, and whether something had been changed since."""
    if not isinstance(git, dict):
        return NOT_RECORDED
    dirty = " with uncommitted changes" if git.get("dirty") is True else ""
    return f"commit {_text(git.get('commit'))}{dirty}"


def _text(value: object) -> str:
    if not isinstance(value, (str, int)) or value == "":
        return NOT_RECORDED
    # JSON can hold half a surrogate pair, UTF-8 cannot.
    return str(value)[:LONGEST].encode(errors="replace").decode()
