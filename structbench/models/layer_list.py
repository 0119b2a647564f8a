"""Families given by lists of layers: their tables and their networks both come from the lists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from structbench.models.layer_table import LayerTable, follow
from structbench.models.layers import Layer, Shape
from structbench.models.spec import ModelSpec
from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import nn


class LayerList(ModelSpec):
    """Derive from it and write `layers`."""

    same_operations: ClassVar = True

    @abstractmethod
    def layers(self, problem: Problem) -> Iterator[Layer]:
        """The layers from the input to one logit a class; of sequences, one at each place.

        Of graphs they end with `Asked`.
        """

    def layer_table(self, problem: Problem) -> LayerTable:
        table = follow(self.layers(problem), problem.input_shape)
        return replace(table, of_graph=problem.kind == "graph")

    def network(self, problem: Problem) -> nn.Module:
        from structbench.models.modules import graph_network, one_pass, sequential

        table = self.layer_table(problem)
        if problem.kind == "graph":
            return graph_network(table, problem)
        return one_pass(table) if problem.kind == "sequence" else sequential(table)


class EncoderDecoder(LayerList):
    """Of sequences two lists: derive from it and write `encoder` and `decoder` too."""

    @abstractmethod
    def encoder(self, problem: Problem) -> Iterator[Layer]:
        """The layers from the words of a source to what the decoder reads of them."""

    @abstractmethod
    def decoder(self, problem: Problem, states: Shape) -> Iterator[Layer]:
        """The layers from the symbols that came before to one logit a class at each place.

        states: the shape of what the encoder gives
        """

    def layer_table(self, problem: Problem) -> LayerTable:
        if problem.kind != "sequence":
            return super().layer_table(problem)
        encoder = follow(self.encoder(problem), problem.input_shape, "encoder").rows
        decoder = self.decoder(problem, encoder[-1].output_shape)
        return LayerTable((*encoder, *follow(decoder, (problem.answer_length,), "decoder").rows))

    def network(self, problem: Problem) -> nn.Module:
        from structbench.models.modules import encoder_decoder

        if problem.kind != "sequence":
            return super().network(problem)
        return encoder_decoder(self.layer_table(problem))
