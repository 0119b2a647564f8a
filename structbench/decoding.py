"""What a network answers to a sequence, symbol by symbol: at each place the likeliest one.

A network may keep what it has read and said so far: `start(source) -> state` and `step(state,
symbol) -> (logits, state)`, where the symbol is the one before. Without them it is called anew for
each symbol, and one with `one_pass` is called once for all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from structbench.data.examples import PADDING, Examples
from structbench.errors import ConfigError
from structbench.evaluation import (
    answers,
    autocast,
    batches,
    differ_by,
    is_one_pass,
    likeliest,
    offers,
    tolerance,
)
from structbench.evaluation import logits as logits_of
from structbench.models.failures import kind_of, require_logits
from structbench.outcome import NO_NUMBER, Predictions
from structbench.problem import END, Problem


def answered(
    network: nn.Module, examples: Examples, precision: str, given: Tensor | None = None
) -> Predictions:
    """What a network answers to examples of any kind.

    given: its logits, where they are known
    """
    if examples.labels.ndim == 2:
        return decoded(network, examples, precision)
    return answers(logits_of(network, examples, precision) if given is None else given, examples)


def decoded(network: nn.Module, examples: Examples, precision: str) -> Predictions:
    """What a network answers to sequences: symbols, END, and PADDING behind it.

    The confidence is the product of the probabilities of all symbols of the answer. A symbol
    without a probability that is a number is NO_NUMBER, and ends the answer.
    """
    predicted = np.full(examples.labels.shape, PADDING)
    confidence = np.empty(len(examples), np.float32)
    network.eval()
    device = next(network.parameters()).device
    with autocast(device, precision):
        for place, (source, *_) in batches(network, examples):
            symbols, probability = decode(network, source, examples.labels.shape[1])
            predicted[place] = symbols.cpu().numpy()
            confidence[place] = probability.cpu().numpy()
    return Predictions(predicted, confidence, examples.labels, examples.rows)


@torch.inference_mode()
def decode(network: nn.Module, source: Tensor, answer_length: int) -> tuple[Tensor, Tensor]:
    """Answers int64 [n, answer_length] as `decoded` gives them, and their probabilities [n].

    source: int64 [n, places] on the network's device
    """
    asked = Asked(network, source, answer_length)
    previous = source.new_full((len(source), answer_length), END)
    answer = source.new_full((len(source), answer_length), PADDING)
    probability = torch.ones(len(source), device=source.device)
    going = torch.ones(len(source), dtype=torch.bool, device=source.device)
    for place in range(answer_length):
        sure, symbol = likeliest(asked.at(previous[:, : place + 1]).float())
        answer[:, place] = symbol.where(going, PADDING)
        probability = probability * sure.where(going, 1.0)
        going = going & (symbol != END) & (symbol != NO_NUMBER)
        if place + 1 == answer_length or not going.any():
            break
        previous[:, place + 1] = symbol.where(going, END)
    return answer, probability


def forced(network: nn.Module, source: Tensor, previous: Tensor) -> Tensor:
    """Logits [n, answer places, classes], asked for symbol by symbol as `decode` does, with
    `previous` [n, answer places] for what was answered before."""
    asked = Asked(network, source, previous.shape[1])
    return torch.stack(
        [asked.at(previous[:, : place + 1]) for place in range(previous.shape[1])], dim=1
    )


def otherwise_than_learned(
    network: nn.Module, source: Tensor, previous: Tensor, asked: Tensor
) -> str:
    """Why a network answers otherwise than it learned to; empty where it does not.

    asked: bool [n, answer places], where there is a label
    """
    learned, given = network(source, previous), forced(network, source, previous)
    if differ_by(learned[asked], given[asked]) <= tolerance(network):
        return ""
    if is_one_pass(network):
        return (
            "it is `one_pass` and yet reads the answer so far, which it is not given when it is "
            "tested"
        )
    if offers(network, "start", "step"):
        return (
            "its `start` and `step`, by which it is tested, give other logits than its `forward`, "
            "by which it learns"
        )
    return (
        "what it says at a place depends on the symbols of the answer behind it, which are not "
        "there when it is tested: mask them"
    )


def require_steps(network: nn.Module, source: Tensor, problem: Problem) -> None:
    """ConfigError, to be explained, where `start` and `step` do not give what they should."""
    if is_one_pass(network) or not offers(network, "start", "step"):
        return
    stepping: Any = network
    given = stepping.step(stepping.start(source), source.new_full((len(source),), END))
    if not (isinstance(given, tuple) and len(given) == 2):
        raise ConfigError(f"has a `step` that gives {kind_of(given)}; it should give logits, state")
    one = replace(problem, answer_length=0)
    require_logits(given[0], len(source), one, "from `step`")


class Asked:
    """A network that is asked for one place of the answers after the other."""

    network: Any

    def __init__(self, network: nn.Module, source: Tensor, answer_length: int) -> None:
        self.network, self.source, self.at_once = network, source, None
        self.steps = offers(network, "start", "step")
        if is_one_pass(network):
            before = source.new_full((len(source), answer_length), END)
            self.at_once = self.network(source, before)
        elif self.steps:
            self.state = self.network.start(source)

    def at(self, previous: Tensor) -> Tensor:
        """Logits [n, classes] of the next place; previous: [n, places so far], END first."""
        given: Tensor
        if self.at_once is not None:
            given = self.at_once[:, previous.shape[1] - 1]
        elif self.steps:
            given, self.state = self.network.step(self.state, previous[:, -1].contiguous())
        else:
            given = self.network(self.source, previous.contiguous())[:, -1]
        return given
