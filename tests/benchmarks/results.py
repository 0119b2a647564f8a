"""From turns to what is told of each contestant: medians, ranges, ratios within a round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.arithmetic import lecture_structure, training_flops
from tests.benchmarks.rounds import Measured, Plan, Turn
from tests.benchmarks.spread import Spread

# The others' seconds are divided by theirs.
REFERENCES = ("structbench", "structbench_bf16")


@dataclass(frozen=True)
class Standing:
    """One contestant with one model.

    later_epoch_seconds: None with one epoch only
    images_per_second: in a later epoch, or in the only one
    ratio: reference → this contestant's seconds an epoch over the reference's in the same round
    share: of the float32 matrix product's rate in the same round; None for all but structbench
    """

    parameters: int
    first_epoch_seconds: Spread
    later_epoch_seconds: Spread | None
    images_per_second: Spread
    command_seconds: Spread
    peak_mb: Spread
    misclassification: Spread
    ratio: dict[str, Spread]
    share: Spread | None


def standings(plan: Plan, measured: Measured) -> dict[str, dict[str, Standing]]:
    """Model → contestant → its standing, of those that have finished a turn."""
    found: dict[str, dict[str, Standing]] = {}
    for model in plan.models:
        turns = {
            name: [t for t in measured.turns if (t.model, t.contestant) == (model, name)]
            for name in plan.contestants
        }
        found[model] = {
            name: _standing(plan, measured, own, turns) for name, own in turns.items() if own
        }
    return found


def _standing(
    plan: Plan, measured: Measured, own: Sequence[Turn], turns: dict[str, list[Turn]]
) -> Standing:
    def spread(value: Callable[[Turn], float]) -> Spread:
        return Spread.of([value(turn) for turn in own])

    flops = training_flops(lecture_structure(own[0].model)) * plan.examples / 1e9
    ratios = {name: _ratio(own, turns.get(name, [])) for name in REFERENCES}
    return Standing(
        parameters=own[0].parameters,
        first_epoch_seconds=spread(lambda t: t.seconds[0]),
        later_epoch_seconds=spread(lambda t: t.epoch_seconds) if plan.epochs > 1 else None,
        images_per_second=spread(lambda t: plan.examples / t.epoch_seconds),
        command_seconds=spread(lambda t: t.command_seconds),
        peak_mb=spread(lambda t: t.peak_mb),
        misclassification=spread(lambda t: t.misclassification),
        ratio={name: ratio for name, ratio in ratios.items() if ratio},
        share=spread(lambda t: flops / t.epoch_seconds / measured.gflops[t.round])
        if own[0].contestant == "structbench"
        else None,
    )


def _ratio(own: Sequence[Turn], reference: Sequence[Turn]) -> Spread | None:
    return Spread.of_ratios(
        {turn.round: turn.epoch_seconds for turn in own},
        {turn.round: turn.epoch_seconds for turn in reference},
    )
