"""A network tried before its run, as the run will use it.

What fails is a ConfigError before anything is trained. What works but would give other numbers
another time is a notice, which stays with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from structbench.data.alterations import TRAINING
from structbench.data.spec import LoadedData
from structbench.errors import ConfigError
from structbench.evaluation import (
    TOLERANCE,
    differ_by,
    rounding,
)
from structbench.experiment.schema import Experiment
from structbench.models.failures import refused, told_error
from structbench.models.requirements import (
    require_own,
    require_storable_options,
    require_trainable,
)
from structbench.models.surroundings import running
from structbench.rehearsal import Rehearsal
from structbench.training.checkpoint import packed, unpacked


@dataclass(frozen=True)
class Trial:
    """What a trial found: how the network is to be laid out in memory, and what is to be said.

    channels_last: oneDNN's and cuDNN's own layout, so that nothing is reordered in each layer;
        a network that cannot bear it (it takes apart what a convolution gave by `view`) is trained
        in torch's own
    """

    channels_last: bool
    notices: tuple[str, ...] = ()


_tried: dict[tuple[Any, ...], Trial] = {}


def tried(experiment: Experiment, device: str, load: Callable[[], LoadedData]) -> Trial:
    """Try the network of an experiment; once in a process for all seeds.

    load: gives its data, if they are needed
    """
    source = type(experiment.model).source
    same = experiment.model_copy(update={"seed": 0}).model_dump_json(exclude={"conditions"})
    key = (same, TRAINING in experiment.conditions, device, source and source.digest)
    if key not in _tried:
        with running(source), refused(experiment.model.family):
            _tried[key] = _Trying(experiment, device, load()).found()
    return _tried[key]


class _Trying(Rehearsal):
    """One trial: what the run will do, and whether it would do the same another time."""

    def found(self) -> Trial:
        require_storable_options(self.model)
        first, again = self.new(1), self.new(1)
        require_trainable(self.model.family, first)
        require_own(self.model.family, first, again)
        decided = self._look_at_initial_weights(first, again)
        untouched = self._answer_when_new()
        del again
        channels_last = self._laid_out(first)
        if source := type(self.model).source:
            if decided:
                self._look_at_chance(channels_last, untouched)
            self.said += [
                f"it reads {file.name}, which is not a part of the run's name: with another "
                "content the same run gives others"
                for file in sorted({*source.unnamed(), *source.read})
            ]
        return Trial(channels_last, tuple(self.said))

    def _fail(self, told: str) -> ConfigError:
        return ConfigError(f"model {self.model.family} {told}")

    def _look_at_initial_weights(self, first: nn.Module, again: nn.Module) -> bool:
        """Whether the seed decides them."""
        if not _same_state(first, again):
            self.said.append(
                "its initial weights are not decided by the seed: the same run again gives others"
            )
            return False
        if type(self.model).source and _same_state(first, self.new(2)):
            self.said.append(
                "its initial weights are the same for every seed: seeds differ only in the order "
                "of the examples"
            )
        return True

    def _laid_out(self, plain: nn.Module) -> bool:
        """Whether it bears channels-last, and then gives what it gives in torch's own layout."""
        if any(p.ndim == 4 for p in plain.parameters()) and self._bears_channels_last(plain):
            return True
        self._use(self.new(1), channels_last=False)
        return False

    def _bears_channels_last(self, plain: nn.Module) -> bool:
        before = len(self.said)
        try:
            network = self.new(1, channels_last=True)
            if type(self.model).source and not self._agree(plain, network):
                return False
            self._use(network, channels_last=True)
        except ConfigError:
            del self.said[before:]
            return False
        return True

    def _agree(self, *networks: nn.Module) -> bool:
        answers = []
        for network in networks:
            with torch.no_grad(), self.explained(network, "for a batch"):
                answers.append(self.ask(network, training=False))
        return differ_by(*answers) <= TOLERANCE

    def _use(self, network: nn.Module, channels_last: bool) -> None:
        self.learn(network)
        self.answer(network)
        self._restore(network, self.new(1, channels_last))

    def _restore(self, network: nn.Module, other: nn.Module) -> None:
        """What a checkpoint holds makes the same network again, or that is noticed."""
        try:
            stored = packed(network.state_dict())
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._fail(f"has state that cannot be stored: {told_error(error)}") from None
        try:
            other.load_state_dict(unpacked(stored))
        except RuntimeError as error:
            said = "; ".join(str(error).split("\n\t")[1:]) or _line(error)
            raise self._fail(f"cannot be restored from its state_dict: {said}") from None
        for training in (False, True):
            with torch.no_grad(), self.explained(network, "when it is asked again"):
                one, same = self.ask(network, training), self.ask(other, training)
            if differ_by(one, same) > rounding(self.device):
                self.said.append(
                    "restored from its state_dict it answers otherwise: it keeps state elsewhere, "
                    "so that a run that was interrupted gives other numbers"
                )
                return

    def _answer_when_new(self) -> Tensor | None:
        """None where it fails, which is told where that is tried."""
        with suppress(ConfigError), torch.no_grad():
            network = self.new(1)
            with self.explained(network, "for a batch"):
                return self.ask(network, training=False)
        return None

    def _look_at_chance(self, channels_last: bool, untouched: Tensor | None) -> None:
        """Training twice from one seed gives the same, unless chance is drawn elsewhere, and
        whatever was trained before, unless that is remembered elsewhere.

        untouched: what a new one answered before any was trained
        """
        answers = []
        for _ in range(2):
            network = self.new(1, channels_last)
            with torch.no_grad(), self.explained(network, "while training"):
                answers.append(self.ask(network, training=True))
        if differ_by(*answers) > rounding(self.device):
            self.said.append(
                "it draws chance that the seed does not decide: the same run again gives others"
            )
            return
        new = self._answer_when_new()
        if untouched is not None and new is not None and differ_by(untouched, new):
            self.said.append(
                "it keeps state outside its module: what was trained before it in the same process "
                "alters its answers"
            )


def _same_state(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(
        torch.equal(a[k].nan_to_num(), b[k].nan_to_num()) for k in a if isinstance(a[k], Tensor)
    )


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")
