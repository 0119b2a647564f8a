"""Comparisons and sweeps of networks of several depths, made by hand: nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from structbench.problem import Kind
from structbench.results.compare import Asked, Setting
from structbench.results.comparison import Comparison, SeedDraws
from structbench.results.findings import summarise
from structbench.results.sweep import Point, Sweep
from tests.made import compared, first, outcome_of

CONDITIONS = ("clean", "training")
OPTIONS = {"width": 8, "normalisation": "batch", "stem_stride": 2, "squeeze": False}


def made_depths(
    counts: Mapping[str, Sequence[int]],
    baseline: str = "",
    conditions: tuple[str, ...] = CONDITIONS,
    kind: Kind = "image",
    draws: SeedDraws = "training",
    **options: object,
) -> Comparison:
    """Networks called FAMILY_DEPTH that err on so many of 1,000 clean examples, a number a seed,
    and on twice as many under each other condition."""
    found, settings, chains = {}, {}, dict[str, list[str]]()
    for name, each in counts.items():
        family, depth = name.split("_")
        settings[name] = Setting({**OPTIONS, **options, "depth": int(depth)}, steps=300)
        chains.setdefault(family, []).append(name)
        wrong = [{c: first(n if c == "clean" else 2 * n) for c in conditions} for n in each]
        found[name] = [
            outcome_of(family, s, of, f"{name}-s{s}", first=s * (draws != "training"))
            for s, of in enumerate(wrong)
        ]
    asked = Asked(
        kind, "mnist", conditions, baseline or [*counts][-1], 0.005, "structbench",
        seed_draws=draws, settings=settings,
        chains=tuple(tuple(of) for of in chains.values() if len(of) > 1),
    )  # fmt: skip
    return compared(found, asked)


def made_depth_sweep(
    counts: Mapping[str, Mapping[int, Sequence[int]]], axis: str = "models.*.depth"
) -> Sweep:
    """Families along an axis of depth: family → depth → as above. Each with batch normalisation and
    without, where they err alike."""
    depths, points = list(next(iter(counts.values()))), []
    for depth, normalisation in product(depths, ("batch", "none")):
        found = made_depths(
            {f"{family}_{depth}": of[depth] for family, of in counts.items()},
            normalisation=normalisation,
        )
        models = dict(zip(counts, found.models.values(), strict=True))
        renamed = [
            d.model_copy(
                update={key: getattr(d, key).split("_")[0] for key in ("model", "baseline")}
            )
            for d in found.differences
        ]
        at = found.model_copy(update={"models": models, "differences": tuple(renamed)})
        levels = {axis: depth, "models.*.normalisation": normalisation}
        points.append(Point(levels=levels, config="", train_examples=60_000, comparison=at))
    return summarise(
        Sweep(
            title="depth", smoke=False, seeds=len(points[0].comparison.seeds),
            conditions=CONDITIONS, baseline=list(counts)[-1],
            axes={axis: tuple(depths), "models.*.normalisation": ("batch", "none")}, strengths={},
            command="", points=tuple(points),
        )
    )  # fmt: skip
