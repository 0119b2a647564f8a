"""A network tried before its run, as the run will use it.

What fails is a ConfigError before anything is trained. What works but would give other numbers
another time is a notice, which stays with the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from structbench.data.examples import PADDING, Examples
from structbench.data.spec import LoadedData
from structbench.decoding import decode, otherwise_than_learned, require_steps
from structbench.errors import ConfigError
from structbench.evaluation import (
    BATCH,
    TOLERANCE,
    autocast,
    differ_by,
    inputs_of,
    is_one_pass,
    require_unaltered,
    rounding,
    versions,
)
from structbench.experiment.schema import Experiment
from structbench.inside import require_attention
from structbench.models.build import build
from structbench.models.failures import explained, refused, require_logits, told_error
from structbench.models.requirements import (
    require_own,
    require_storable_options,
    require_trainable,
)
from structbench.models.spec import ModelSpec
from structbench.models.surroundings import running
from structbench.problem import Problem
from structbench.streams import seeded
from structbench.training.checkpoint import packed, unpacked
from structbench.training.losses import cross_entropy_of
from structbench.training.recipe import Recipe


@dataclass(frozen=True)
class Trial:
    """What a trial found: how the network is to be laid out in memory, and what is to be said.

    channels_last: oneDNN's and cuDNN's own layout, so that nothing is reordered in each layer;
        a network that cannot bear it (it takes apart what a convolution gave by `view`) is trained
        in torch's own
    """

    channels_last: bool
    notices: tuple[str, ...] = ()


# Examples whose answers are compared: more would tell no more, and each costs the trial time.
ASKED = 8

_tried: dict[tuple[Any, ...], Trial] = {}


def tried(experiment: Experiment, device: str, load: Callable[[], LoadedData]) -> Trial:
    """Try the network of an experiment; once in a process for all seeds.

    load: gives its data, if they are needed
    """
    source = type(experiment.model).source
    same = experiment.model_copy(update={"seed": 0}).model_dump_json(exclude={"conditions"})
    key = (same, device, source and source.digest)
    if key not in _tried:
        with running(source), refused(experiment.model.family):
            _tried[key] = _Trying(experiment, device, load()).found()
    return _tried[key]


@dataclass(frozen=True)
class _Batch:
    """A batch on the device, what is to be learned of it, and when the network is given it."""

    inputs: tuple[Tensor, ...]
    labels: Tensor
    problem: Problem
    when: str


@dataclass
class _Trying:
    """One trial; `said` gathers what is to be noticed."""

    experiment: Experiment
    device: str
    data: LoadedData
    said: list[str] = field(default_factory=list)

    def found(self) -> Trial:
        require_storable_options(self.model)
        first, again = self._new(1), self._new(1)
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

    @property
    def model(self) -> ModelSpec:
        return self.experiment.model

    @property
    def recipe(self) -> Recipe:
        return self.experiment.training

    def _fail(self, told: str) -> ConfigError:
        return ConfigError(f"model {self.model.family} {told}")

    def _new(self, seed: int, channels_last: bool = False) -> nn.Module:
        problem = self.experiment.data.problem
        return build(self.model, problem, seed, self.device, channels_last)

    def _explained(self, network: nn.Module, when: str) -> Any:
        problem = self.experiment.data.problem
        return explained(network, self.model.family, problem, when)

    def _look_at_initial_weights(self, first: nn.Module, again: nn.Module) -> bool:
        """Whether the seed decides them."""
        if not _same_state(first, again):
            self.said.append(
                "its initial weights are not decided by the seed: the same run again gives others"
            )
            return False
        if type(self.model).source and _same_state(first, self._new(2)):
            self.said.append(
                "its initial weights are the same for every seed: seeds differ only in the order "
                "of the examples"
            )
        return True

    def _laid_out(self, plain: nn.Module) -> bool:
        """Whether it bears channels-last, and then gives what it gives in torch's own layout."""
        if any(p.ndim == 4 for p in plain.parameters()) and self._bears_channels_last(plain):
            return True
        self._use(self._new(1), channels_last=False)
        return False

    def _bears_channels_last(self, plain: nn.Module) -> bool:
        before = len(self.said)
        try:
            network = self._new(1, channels_last=True)
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
            with torch.no_grad(), self._explained(network, "for a batch"):
                answers.append(self._ask(network, training=False))
        return differ_by(*answers) <= TOLERANCE

    def _use(self, network: nn.Module, channels_last: bool) -> None:
        self._learn(network)
        self._answer(network)
        self._restore(network, self._new(1, channels_last))

    @property
    def sizes(self) -> list[int]:
        """Of a whole batch of training, and of the shortest that the run will have."""
        examples, size = len(self.data.train), self.recipe.batch_size
        whole, rest = min(size, examples), examples % size
        reached = self.recipe.all_steps(examples) >= self.recipe.steps_per_epoch(examples)
        return [whole, rest] if rest and rest != whole and reached else [whole]

    def _examples(self, count: int) -> Examples:
        examples = self.data.train
        return self.data.prepared(examples.take(np.arange(min(count, len(examples)))))

    def _inputs(self, examples: Examples) -> tuple[Tensor, ...]:
        return inputs_of(examples, torch.device(self.device))

    def _batches(self, network: nn.Module, examples: Examples, when: str) -> Iterator[_Batch]:
        """Of these examples as they come; and of sequences cut as short as any batch may be."""
        problem, labels = self.experiment.data.problem, torch.from_numpy(examples.labels)
        device = torch.device(self.device)
        yield _Batch(self._inputs(examples), labels.to(device), problem, when)
        if examples.lengths is None or is_one_pass(network):
            return
        arrays = (*self._inputs(examples), labels.to(device))
        ends, rows = examples.lengths.min(axis=0), examples.lengths.argmin(axis=0)
        source, previous, labels = (
            array[row : row + 1].expand(len(examples), -1)[:, :end].contiguous()
            for array, row, end in zip(arrays, rows, ends.clip(1), strict=True)
        )
        cut = replace(problem, answer_length=labels.shape[1])
        told = f"{when}, cut to {source.shape[1]} source and {labels.shape[1]} answer places"
        yield _Batch((source, previous), labels, cut, told)

    def _learn(self, network: nn.Module) -> None:
        """A step on each size of batch; what has no part in the loss is noticed."""
        optimizer = self.recipe.optimizer.build(network.parameters())
        named = network.named_parameters()
        idle = {name for name, p in named if p.requires_grad and p.numel()}
        for size in self.sizes:
            for batch in self._batches(network, self._examples(size), self._when(size)):
                with seeded(1), self._explained(network, batch.when):
                    network.train()
                    loss = self._loss(network, batch)
                    if not loss.requires_grad:
                        raise ConfigError(
                            "answers by nothing that is trained: there is no gradient"
                        )
                    loss.backward()  # type: ignore[no-untyped-call]
                idle -= {name for name, p in network.named_parameters() if p.grad is not None}
                with self._explained(network, f"at a step of {self.recipe.optimizer.name}"):
                    if self.recipe.clip_gradient is not None:
                        optimizer.clip(self.recipe.clip_gradient)
                    optimizer.step(self.recipe.optimizer.learning_rate)
        if idle:
            self._say_idle(network, sorted(idle))

    def _say_idle(self, network: nn.Module, idle: list[str]) -> None:
        sizes = {name: p.numel() for name, p in network.named_parameters()}
        some = ", ".join(idle[:3]) + ", …" * (len(idle) > 3)
        self.said.append(
            f"{sum(sizes[name] for name in idle):,} of its parameters ({some}) have no part in "
            "what it answers, and are not trained"
        )

    def _loss(self, network: nn.Module, batch: _Batch) -> Tensor:
        with autocast(torch.device(self.device), self.recipe.precision):
            given = network(*batch.inputs)
            require_logits(given, len(batch.labels), batch.problem, batch.when)
            return cross_entropy_of(given, batch.labels, self.recipe.label_smoothing)

    def _when(self, size: int) -> str:
        if size == self.sizes[0]:
            return f"while training on {size} example{'s' * (size != 1)}"
        examples, batch = len(self.data.train), self.recipe.batch_size
        return (
            f"at the last step of an epoch, which has {size} example{'s' * (size != 1)} "
            f"({examples:,} = {examples // batch} × {batch} + {size}: choose another "
            "training.batch_size or data.train_size)"
        )

    def _answer(self, network: nn.Module) -> None:
        """The batches of evaluation, which are others than those of training."""
        tested = len(self.data.test)
        for size in filter(None, (tested % BATCH, min(BATCH, tested))):
            examples = self._examples(size)
            when = f"when asked for {len(examples)} examples at a time"
            for batch in self._batches(network, examples, when):
                with torch.no_grad(), seeded(1), self._explained(network, batch.when):
                    network.eval()
                    given = network(*batch.inputs)
                    require_logits(given, len(examples), batch.problem, batch.when)
        if self.experiment.data.kind == "sequence":
            self._answer_by_symbol(network)
        if _is_softmax(given):
            self.said.append(
                "it answers with probabilities (a softmax at its end), of which the loss takes a "
                "softmax again, so that it learns slowly: leave it out, or take log_softmax"
            )

    def _answer_by_symbol(self, network: nn.Module) -> None:
        """As decoding does; whether that agrees with what was trained is asked of a user's own."""
        examples = self._examples(min(ASKED, self.sizes[0]))
        for batch in self._batches(network, examples, "when it answers symbol by symbol"):
            with torch.no_grad(), seeded(1), self._explained(network, batch.when):
                source, previous = batch.inputs
                require_steps(network, source, batch.problem)
                decode(network, source, previous.shape[1])
                require_attention(network, source, previous)
        if not type(self.model).source:
            return
        with torch.no_grad(), seeded(1), self._explained(network, "when it is asked again"):
            source, previous = self._inputs(examples)
            asked = torch.from_numpy(examples.labels != PADDING).to(source.device)
            if said := otherwise_than_learned(network, source, previous, asked):
                self.said.append(said)

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
            with torch.no_grad(), self._explained(network, "when it is asked again"):
                one, same = self._ask(network, training), self._ask(other, training)
            if differ_by(one, same) > rounding(self.device):
                self.said.append(
                    "restored from its state_dict it answers otherwise: it keeps state elsewhere, "
                    "so that a run that was interrupted gives other numbers"
                )
                return

    def _ask(self, network: nn.Module, training: bool) -> Tensor:
        examples = self._examples(min(ASKED, self.sizes[0]))
        inputs = self._inputs(examples)
        shared = inputs[len(examples.inputs) :]
        before = versions(shared)
        network.train(training)
        with seeded(1):
            answer: Tensor = network(*inputs)
        require_unaltered(shared, before, f"model {self.model.family}")
        return answer

    def _answer_when_new(self) -> Tensor | None:
        """None where it fails, which is told where that is tried."""
        with suppress(ConfigError), torch.no_grad():
            network = self._new(1)
            with self._explained(network, "for a batch"):
                return self._ask(network, training=False)
        return None

    def _look_at_chance(self, channels_last: bool, untouched: Tensor | None) -> None:
        """Training twice from one seed gives the same, unless chance is drawn elsewhere, and
        whatever was trained before, unless that is remembered elsewhere.

        untouched: what a new one answered before any was trained
        """
        answers = []
        for _ in range(2):
            network = self._new(1, channels_last)
            with torch.no_grad(), self._explained(network, "while training"):
                answers.append(self._ask(network, training=True))
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


def _is_softmax(logits: Tensor) -> bool:
    sums = logits.float().sum(dim=-1)
    return bool((logits >= 0).all() and ((sums - 1).abs() < 1e-3).all()) and logits.shape[-1] > 1


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")
