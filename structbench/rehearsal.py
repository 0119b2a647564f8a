"""What a run does with its network, gone through once: a step of training, and its answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from structbench.data.alterations import TRAINING
from structbench.data.examples import PADDING, Examples
from structbench.data.spec import LoadedData
from structbench.data.subsets import training_sample
from structbench.decoding import decode, otherwise_than_learned, require_steps
from structbench.errors import ConfigError
from structbench.evaluation import (
    asked_together,
    autocast,
    inputs_of,
    is_one_pass,
    require_unaltered,
    shared_of,
    to_tensors,
    versions,
)
from structbench.experiment.schema import Experiment
from structbench.inside import require_attention, require_weights
from structbench.models.build import MOST_ASKED, build
from structbench.models.failures import explained, require_logits
from structbench.models.spec import ModelSpec
from structbench.problem import Problem
from structbench.streams import seeded
from structbench.training.losses import cross_entropy_of
from structbench.training.recipe import Recipe

# Examples whose answers are compared: more would tell no more, and each costs the trial time.
ASKED = 8


@dataclass(frozen=True)
class _Batch:
    """A batch on the device, what is to be learned of it, and when the network is given it."""

    inputs: tuple[Tensor, ...]
    labels: Tensor
    problem: Problem
    when: str


@dataclass
class Rehearsal:
    """A run's network on the run's own examples; `said` gathers what is to be noticed.

    What fails is a ConfigError.
    """

    experiment: Experiment
    device: str
    data: LoadedData
    said: list[str] = field(default_factory=list)

    @property
    def model(self) -> ModelSpec:
        """What is tried."""
        return self.experiment.model

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        return self.experiment.training

    def new(self, seed: int, channels_last: bool = False) -> nn.Module:
        """A network with the initial weights of this seed."""
        problem = self.experiment.data.problem
        return build(self.model, problem, seed, self.device, channels_last)

    def explained(self, network: nn.Module, when: str) -> Any:
        """Within, what fails is told in terms of the network."""
        problem = self.experiment.data.problem
        return explained(network, self.model.family, problem, when)

    @property
    def sizes(self) -> list[int]:
        """Of a whole batch of training, and of the shortest that the run will have."""
        examples = len(self.data.train)
        whole = self.recipe.batch(examples)
        rest = examples % whole
        reached = self.recipe.all_steps(examples) >= self.recipe.steps_per_epoch(examples)
        return [whole, rest] if rest and reached else [whole]

    @cached_property
    def seen(self) -> Examples:
        """As many to learn from as are ever tried, as the network sees them."""
        examples = self.data.train
        asked = len(examples) if examples.shared else min(MOST_ASKED, len(examples))
        return self.data.prepared(examples.take(np.arange(max(self.sizes[0], asked))))

    def examples(self, count: int) -> Examples:
        """The first to learn from, as the network sees them; at most so many."""
        return self.seen.take(np.arange(min(count, len(self.seen))))

    def inputs(self, network: nn.Module, examples: Examples) -> tuple[Any, ...]:
        """What the network is called with."""
        device = torch.device(self.device)
        with self.explained(network, "when it makes ready what all batches share"):
            return (*inputs_of(examples, device), *shared_of(network, examples, device))

    def batches(self, network: nn.Module, examples: Examples, when: str) -> Iterator[_Batch]:
        """Of these examples as they come; and of sequences cut as short as any batch may be."""
        problem, labels = self.experiment.data.problem, torch.from_numpy(examples.labels)
        device = torch.device(self.device)
        yield _Batch(self.inputs(network, examples), labels.to(device), problem, when)
        if examples.lengths is None or is_one_pass(network):
            return
        arrays = (*self.inputs(network, examples), labels.to(device))
        ends, rows = examples.lengths.min(axis=0), examples.lengths.argmin(axis=0)
        source, previous, labels = (
            array[row : row + 1].expand(len(examples), -1)[:, :end].contiguous()
            for array, row, end in zip(arrays, rows, ends.clip(1), strict=True)
        )
        cut = replace(problem, answer_length=labels.shape[1])
        told = f"{when}, cut to {source.shape[1]} source and {labels.shape[1]} answer places"
        yield _Batch((source, previous), labels, cut, told)

    def learn(self, network: nn.Module) -> None:
        """A step on each size of batch; what has no part in the loss is noticed."""
        optimizer = self.recipe.optimizer.build(network)
        named = network.named_parameters()
        idle = {name for name, p in named if p.requires_grad and p.numel()}
        for size in self.sizes:
            for batch in self.batches(network, self.examples(size), self._when(size)):
                with seeded(1), self.explained(network, batch.when):
                    network.train()
                    loss = self._loss(network, batch)
                    if not loss.requires_grad:
                        raise ConfigError(
                            "answers by nothing that is trained: there is no gradient"
                        )
                    loss.backward()  # type: ignore[no-untyped-call]
                idle -= {name for name, p in network.named_parameters() if p.grad is not None}
                with self.explained(network, f"at a step of {self.recipe.optimizer.name}"):
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
        examples, batch = len(self.data.train), self.sizes[0]
        return (
            f"at the last step of an epoch, which has {size} example{'s' * (size != 1)} "
            f"({examples:,} = {examples // batch} × {batch} + {size}: choose another "
            "training.batch_size or data.train_size)"
        )

    def asked_sizes(self, network: nn.Module) -> list[int]:
        """Of the batches of evaluation: the last of the examples asked, and a whole one."""
        asked, sizes = [self.data.test], dict[int, None]()
        if TRAINING in self.experiment.conditions:
            asked.append(training_sample(self.data.train))
        for examples in asked:
            most = min(asked_together(network, examples), len(examples))
            sizes.update(dict.fromkeys((len(examples) % most, most)))
        return [size for size in sizes if size]

    def answer(self, network: nn.Module) -> None:
        """The batches of evaluation, which are others than those of training."""
        for size in self.asked_sizes(network):
            examples = self.examples(size)
            when = f"when asked for {len(examples)} examples at a time"
            for batch in self.batches(network, examples, when):
                with torch.no_grad(), seeded(1), self.explained(network, batch.when):
                    network.eval()
                    given = network(*batch.inputs)
                    require_logits(given, len(examples), batch.problem, batch.when)
        if self.experiment.data.kind == "sequence":
            self._answer_by_symbol(network)
        if self.experiment.data.kind == "graph":
            self._attend(network)
        if _is_softmax(given):
            self.said.append(
                "it answers with probabilities (a softmax at its end), of which the loss takes a "
                "softmax again, so that it learns slowly: leave it out, or take log_softmax"
            )

    def _answer_by_symbol(self, network: nn.Module) -> None:
        """As decoding does; whether that agrees with what was trained is asked of a user's own."""
        examples = self.examples(min(ASKED, self.sizes[0]))
        for batch in self.batches(network, examples, "when it answers symbol by symbol"):
            with torch.no_grad(), seeded(1), self.explained(network, batch.when):
                source, previous = batch.inputs
                require_steps(network, source, batch.problem)
                decode(network, source, previous.shape[1])
                require_attention(network, source, previous)
        if not type(self.model).source:
            return
        with torch.no_grad(), seeded(1), self.explained(network, "when it is asked again"):
            source, previous = self.inputs(network, examples)
            asked = torch.from_numpy(examples.labels != PADDING).to(source.device)
            if said := otherwise_than_learned(network, source, previous, asked):
                self.said.append(said)

    def _attend(self, network: nn.Module) -> None:
        """As is looked at in a graph."""
        with torch.no_grad(), seeded(1), self.explained(network, "when it attends"):
            features, edges = to_tensors(self.seen.shared, torch.device(self.device))
            require_weights(network, features, edges)

    def ask(self, network: nn.Module, training: bool) -> Tensor:
        """Its answers to ASKED examples, always with the same chance; nothing is learned."""
        examples = self.examples(min(ASKED, self.sizes[0]))
        inputs = self.inputs(network, examples)
        before = versions(inputs[len(examples.inputs) :])
        network.train(training)
        with seeded(1):
            answer: Tensor = network(*inputs)
        require_unaltered(before, f"model {self.model.family}")
        return answer


def _is_softmax(logits: Tensor) -> bool:
    sums = logits.float().sum(dim=-1)
    return bool((logits >= 0).all() and ((sums - 1).abs() < 1e-3).all()) and logits.shape[-1] > 1
