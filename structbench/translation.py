"""What a trained network answers to sentences of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from structbench.data.examples import Examples
from structbench.decoding import decode
from structbench.errors import ConfigError
from structbench.evaluation import autocast, cut_to, inputs_of, is_one_pass, offers
from structbench.experiment.run import Run
from structbench.inside import attended
from structbench.machine.device import resolve_device
from structbench.outcome import NO_NUMBER
from structbench.perform import require_its_data, restored, surroundings
from structbench.problem import EMPTY, END
from structbench.trial import Trial

# Sentences that are answered together.
TOGETHER = 250


@dataclass(frozen=True)
class Translation:
    """What a network answers to a sentence, or why it cannot.

    probability: of the whole answer
    unknown: pieces of the sentence that the network has no symbol for
    remark: what else is to be known of the answer; where `answered` is false, why there is none
    source, answer: a text for each symbol, that of the answer's end among them
    attention: float32 [heads, answer symbols, source symbols], of a network that attends
    """

    sentence: str
    text: str = ""
    probability: float = 0.0
    answered: bool = False
    unknown: tuple[str, ...] = ()
    remark: str = ""
    source: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    attention: NDArray[Any] | None = None


def translations(
    run: Run, weights: bytes, sentences: Sequence[str], data_folder: Path
) -> list[Translation]:
    """What the trained weights of a run, a safetensors file, answer to each sentence.

    ConfigError where the run learned no sequences; DataError where the data are others.
    """
    if run.experiment.data.kind != "sequence":
        raise ConfigError(f"{run.id} learned {run.experiment.data.kind}s: it translates nothing")
    require_its_data(run, data_folder)
    here = replace(run, device=_device(run.device))
    with surroundings(here):
        network = restored(here, weights, Trial(channels_last=False))
        return _Translator(here, network, data_folder).all(sentences)


def _device(trained_on: str) -> str:
    """That of the training, or the CPU where it is not there."""
    name: Any = trained_on
    try:
        return resolve_device(name)
    except ConfigError:
        return "cpu"


class _Translator:
    dataset: Any  # one of sequences

    def __init__(self, run: Run, network: nn.Module, data_folder: Path) -> None:
        self.run, self.network, self.folder = run, network, data_folder
        self.dataset = run.experiment.data.dataset
        self.of_source, self.of_answer = self.dataset.vocabularies(data_folder)

    def all(self, sentences: Sequence[str]) -> list[Translation]:
        encoded = [self._encoded(sentence) for sentence in sentences]
        found = {i: of for i, of in enumerate(encoded) if isinstance(of, Translation)}
        asked = [(i, of) for i, of in enumerate(encoded) if not isinstance(of, Translation)]
        self.network.eval()
        for start in range(0, len(asked), TOGETHER):
            some = asked[start : start + TOGETHER]
            told = self._answered([sentences[i] for i, _ in some], [of for _, of in some])
            found.update(zip((i for i, _ in some), told, strict=True))
        return [found[i] for i in range(len(sentences))]

    def _encoded(self, sentence: str) -> Examples | Translation:
        """An example without an answer, or why there is none."""
        try:
            examples: Examples = self.dataset.encode_sources(self.folder, [sentence])
            return examples.without_structure(self.run.experiment.data.structure_removed)
        except ConfigError as error:
            return Translation(sentence, remark=str(error))

    def _answered(self, sentences: list[str], of: list[Examples]) -> list[Translation]:
        experiment, device = self.run.experiment, torch.device(self.run.device)
        source = torch.cat([inputs_of(examples, device)[0] for examples in of])
        if not is_one_pass(self.network):
            (source,) = cut_to(np.concatenate([examples.lengths for examples in of]), (source,))
        with autocast(device, experiment.training.precision):
            answer, probability = decode(
                self.network, source, experiment.data.problem.answer_length
            )
        attention: list[NDArray[Any] | None] = [None] * len(sentences)
        if offers(self.network, "attention"):
            attention = list(attended(self.network, source, answer))
        rows = zip(sentences, source, answer, probability.tolist(), attention, strict=True)
        return [self._told(*row) for row in rows]

    def _told(
        self,
        sentence: str,
        source: Tensor,
        answer: Tensor,
        probability: float,
        attention: NDArray[Any] | None,
    ) -> Translation:
        read = source[source != EMPTY].tolist()
        said = [symbol for symbol in answer.tolist() if symbol >= END]
        unknown = tuple(dict.fromkeys(self.of_source.unknown(sentence)))
        if NO_NUMBER in answer:
            told = "the network's answer is no number"
            return Translation(sentence, unknown=unknown, remark=told)
        return Translation(
            sentence,
            self.of_answer.decoded(said),
            probability,
            answered=True,
            unknown=unknown,
            remark="" if END in said else f"the answer has no end in {len(said)} symbols",
            source=tuple(self.of_source.words(read)),
            answer=tuple(self.of_answer.words(said)),
            attention=None if attention is None else attention[:, : len(said), : len(read)],
        )
