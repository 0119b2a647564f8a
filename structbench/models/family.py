"""What a model family is: options that give a list of layers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from structbench.models.layers import Layer, Shape
from structbench.models.structure import Structure, follow
from structbench.options import Options


class ModelSpec(Options):
    """A family and its options; a subclass is a row of MODELS.

    Its field `family` holds the name, and the first line of its docstring is what
    `structbench models` prints of it.
    """

    family: Any = None

    @abstractmethod
    def layers(self, classes: int) -> Iterator[Layer]:
        """The layers from the image to one logit a class."""

    def structure(self, input_shape: Shape, classes: int) -> Structure:
        """The layers worked out; ConfigError where one does not fit."""
        return follow(self.layers(classes), input_shape)
