"""Outcomes, comparisons, sweeps and what their pages show, made by hand: nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from structbench.experiment.sweep import Strength
from structbench.outcome import Epoch, Outcome, Predictions, Summary
from structbench.problem import Kind
from structbench.report.exhibits.confusion import matrices
from structbench.report.exhibits.filters import FirstLayer, montages
from structbench.report.exhibits.gallery import Picture, pictures
from structbench.report.exhibits.images import IMAGES
from structbench.report.exhibits.signals import SIGNALS
from structbench.report.figures.style import looks
from structbench.report.focus import focus
from structbench.report.places import Found, places
from structbench.report.provenance import Origin, Session
from structbench.report.section import Section
from structbench.report.sources import Sources
from structbench.report.table import Table
from structbench.results.compare import Asked, compare
from structbench.results.comparison import (
    ComparedModel,
    Comparison,
    Difference,
    Excluded,
    Misclassification,
    SeedDraws,
)
from structbench.results.findings import structure_taken_out, summarise
from structbench.results.judged import judged
from structbench.results.sweep import Point, Sweep
from structbench.statistics import Interval

HOSTILE = "<img src=x onerror=alert(1)>"
CLASSES = 10
Wrong = Mapping[str, NDArray[np.bool_]]


def outcome_of(
    model: str, seed: int, wrong: Wrong, name: str = "", smoke: bool = False, first: int = 0
) -> Outcome:
    """The outcome of a network that errs on just these examples: condition → bool [examples].

    first: number of the first one in its data set; the others follow it
    """
    examples = len(next(iter(wrong.values())))
    labels = np.arange(examples) % CLASSES
    predictions = {
        condition: Predictions(
            (labels + errs) % CLASSES,
            np.full(examples, 0.75, np.float32),
            labels,
            first + np.arange(examples),
        )
        for condition, errs in wrong.items()
    }
    epochs = tuple(Epoch(epoch=i, train_loss=1 / i, seconds=1.0) for i in (1, 2, 3))
    summary = Summary(
        run=name or f"{model}-s{seed}", model=model, seed=seed, smoke=smoke, parameters=1000,
        macs=2000, train_loss=1 / 3, misclassification={}, examples={}, seconds=3.0,
        precision="fp32", device="cpu", threads=1, history=epochs, files={},
    )  # fmt: skip
    return Outcome(summary, {}).with_predictions(predictions, 0.0)


def errors(rate: float, *seed: int, examples: int = 100) -> NDArray[np.bool_]:
    """bool [examples], each true with this chance."""
    return np.random.default_rng(seed).random(examples) < rate


def first(count: int, examples: int = 1000) -> NDArray[np.bool_]:
    """bool [examples]: the first ones are wrong."""
    return np.arange(examples) < count


def made(
    names: Sequence[str] = ("cnn", "fnn"),
    seeds: int = 3,
    conditions: tuple[str, ...] = ("clean", "rotate:30"),
    ablation: bool = False,
    kind: Kind = "image",
    draws: SeedDraws = "training",
) -> tuple[Comparison, Sources]:
    """A comparison of models that err by chance, and what its report would show.

    draws: what the seed draws; each tests other examples where that is more than the training
    """
    found = {
        name: [
            outcome_of(
                f"m{i}",
                s,
                {c: errors(0.1 * (j + 1), s, i, j) for j, c in enumerate(conditions)},
                first=s * (draws != "training"),
            )
            for s in range(seeds)
        ]
        for i, name in enumerate(names)
    }
    baseline = names[-1] if len(names) > 1 else None
    asked = Asked(
        kind, "mnist", conditions, baseline, 0.005, "structbench compare", seed_draws=draws
    )
    comparison = compared(found, asked)
    if ablation:
        comparison = ablated(comparison, comparison)
    return comparison, made_sources(comparison)


def interval_of(found: Misclassification | Difference) -> Interval:
    """Its interval, where there must be one."""
    assert found.interval
    return found.interval


def made_of_counts(*counts: Sequence[int], margin: float = 0.005) -> Comparison:
    """Models a, b, … that err on so many of 1,000 clean examples, and on twice as many inverted."""
    names = "abcdef"[: len(counts)]
    found = {
        name: [
            outcome_of(name, seed, {"clean": first(n), "invert": first(2 * n)})
            for seed, n in enumerate(each)
        ]
        for name, each in zip(names, counts, strict=True)
    }
    conditions = ("clean", "invert")
    return compared(found, Asked("image", "mnist", conditions, names[-1], margin, "structbench"))


def compared(found: Mapping[str, Sequence[Outcome]], asked: Asked) -> Comparison:
    """What the models' outcomes say, one a seed."""
    return compare({name: [judged(o) for o in group] for name, group in found.items()}, asked)


def ablated(intact: Comparison, without: Comparison) -> Comparison:
    """The comparison with what was found where the structure is taken out."""
    points = [
        Point(
            levels={"data.structure_removed": level},
            config="",
            train_examples=1,
            comparison=at.model_copy(update={"structure_removed": float(level)}),
        )
        for level, at in enumerate((intact, without))
    ]
    sweep = Sweep(
        title="", smoke=False, seeds=len(intact.seeds), conditions=intact.conditions,
        baseline=intact.baseline or "", axes={"data.structure_removed": (0, 1)}, strengths={},
        command="", points=tuple(points),
    )  # fmt: skip
    return structure_taken_out(sweep)


def made_exhibits(comparison: Comparison) -> tuple[Section, ...]:
    """Pictures of noise."""
    rng, names, condition = np.random.default_rng(0), list(comparison.models), focus(comparison)
    counts = rng.integers(0, 20, (CLASSES, CLASSES))
    answers = {name: (i, 0.5) for i, name in enumerate(names[:2])}
    drawing, axes = (SIGNALS, 1) if comparison.kind == "signal" else (IMAGES, 2)
    picture = Picture(rng.random((1, *(8,) * axes), np.float32), 0, answers)
    shapes = (5, 1, *(3,) * axes), (32, 3, *(8,) * axes)
    gallery = pictures(drawing, (picture,) * 5, looks(names))
    gallery.caption = "Pictures of noise."
    small, large = (rng.standard_normal(shape, np.float32) for shape in shapes)
    weights = (
        FirstLayer(names[0], "Conv 5", small, 5),
        FirstLayer(names[-1], "Linear 99", large, 99),
    )
    drawn = {
        "confusion": matrices(dict.fromkeys(names, counts), condition, seed=0),
        "gallery": gallery,
        "first_layers": montages(drawing, weights, seed=0),
    }
    return tuple(Section(name, name, "", {name: figure}) for name, figure in drawn.items())


def made_sources(found: Found, pictures: Sequence[Section] | None = None) -> Sources:
    """What would be read from run folders: losses, layers, exhibits and origins.

    pictures: None for those of noise
    """
    rows = (("Linear 10", "10", "7,850", "784·10 + 10", "7,840"), ("total", "", "7,850", "", ""))
    columns = ("layer", "output", "parameters", "worked out", "MACs")
    session = Session("2026-11-24", "structbench train cnn", (("threads", "2 of 2 cores"),))
    origins = tuple(
        Origin(run, name, seed, (session,))
        for _, comparison in places(found)
        for name, model in comparison.models.items()
        for run, seed in zip(model.runs, comparison.seeds, strict=True)
    )
    if isinstance(found, Sweep):
        return Sources(origins)
    losses = {name: (1 / np.arange(1, 4),) * len(found.seeds) for name in found.models}
    layers = tuple(Table("layers", name, columns, rows) for name in found.models)
    shown = made_exhibits(found) if pictures is None else pictures
    return Sources(origins, losses, layers, shown)


def made_sweep(
    names: Sequence[str] = ("cnn", "fnn"),
    sizes: Sequence[int] = (100, 1000, 10_000),
    seeds: int = 3,
    title: str = "made",
    excluded: tuple[Excluded, ...] = (),
    kind: Kind = "image",
    draws: SeedDraws = "training",
) -> Sweep:
    """Models over sizes whose errors fall as a power of the size, each next one twice as large.

    Of 10,000 examples; a little more for each seed, so that there is a spread. With a strength.
    """
    strength = Strength(condition="translate:{level},0", levels=(0, 1, 3))
    conditions = ("clean", *strength.conditions)

    def errors_of(model: int, seed: int, size: int, level: int) -> NDArray[np.bool_]:
        count = 5000 * 2**model * size**-0.5 * (1 + 0.05 * seed) * (1 + level)
        return first(min(10_000, round(count)), examples=10_000)

    points = []
    for size in sizes:
        found = {
            name: [
                outcome_of(
                    name, s, {c: errors_of(i, s, size, j) for j, c in enumerate(conditions)},
                    name=f"m{i}-s{s}-{size}",
                )
                for s in range(seeds)
            ]
            for i, name in enumerate(names)
        }  # fmt: skip
        asked = Asked(
            kind, "mnist", conditions, names[-1], 0.005,
            f"structbench compare points/{size}.yaml", seed_draws=draws,
        )  # fmt: skip
        at = compared(found, asked)
        levels = {"data.train_size": size}
        config = f"points/{size}.yaml"
        points.append(Point(levels=levels, config=config, train_examples=size, comparison=at))
    bare = Sweep(
        title=title, smoke=False, seeds=seeds, conditions=("clean",), baseline=names[-1],
        axes={"data.train_size": tuple(sizes)}, strengths={"shift": strength},
        command="structbench sweep made", points=tuple(points), excluded=excluded,
    )  # fmt: skip
    return summarise(bare)


def uneven_sweep(first_point: int, others: int) -> Sweep:
    """A sweep whose first point has another number of seeds left than the others."""
    return uneven(made_sweep(seeds=first_point), made_sweep(seeds=others))


def uneven(few: Sweep, many: Sweep) -> Sweep:
    """The second of two sweeps, with the first point of the other."""
    return summarise(many.model_copy(update={"points": (few.points[0], *many.points[1:])}))


def relabelled(sweep: Sweep, axis: str, levels: tuple[object, ...]) -> Sweep:
    """The same points along another axis."""
    points = [
        point.model_copy(update={"levels": {axis: level}})
        for point, level in zip(sweep.points, levels, strict=True)
    ]
    return summarise(sweep.model_copy(update={"points": tuple(points), "axes": {axis: levels}}))


def crossed(
    axis: str, seeds: int = 3, kind: Kind = "image", worse: tuple[bool, ...] = (False, False, True)
) -> Sweep:
    """cnn errs half as often as fnn at the levels from 0 to 1 where it is not worse, and twice as
    often at the others.

    There the seeds are in the other order, so that each crosses at another place.
    """
    sizes = range(1000, 1000 + len(worse))
    sweep = made_sweep(sizes=sizes, seeds=seeds, kind=kind)
    points = [
        swapped(point) if is_worse else point
        for point, is_worse in zip(sweep.points, worse, strict=True)
    ]
    levels = tuple(i / (len(worse) - 1) for i in range(len(worse)))
    return relabelled(sweep.model_copy(update={"points": tuple(points)}), axis, levels)


def swapped(point: Point) -> Point:
    """Where each of two models errs as the other did, on the seeds in the other order."""
    found = point.comparison
    (a, b), (of_a, of_b) = found.models, found.models.values()
    models = {a: turned(of_b), b: turned(of_a)}
    return point.model_copy(update={"comparison": found.model_copy(update={"models": models})})


def turned(model: ComparedModel) -> ComparedModel:
    """The same errors, of the seeds in the other order."""
    found = {
        condition: of.model_copy(update={"by_seed": of.by_seed[::-1]})
        for condition, of in model.misclassification.items()
    }
    return model.model_copy(update={"misclassification": found})
