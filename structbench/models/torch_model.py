"""The base of a model of one's own: options, and a torch module made from them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError
from structbench.models.layer_table import LayerTable
from structbench.models.spec import ModelSpec
from structbench.problem import Problem

if TYPE_CHECKING:
    from torch import Tensor, nn

_tables: dict[tuple[Any, ...], LayerTable] = {}


class TorchModel(ModelSpec):
    """A family given by a torch module: derive from it and write `network`.

    Parameters and operations are counted by running the module on one example of zeros.
    """

    @abstractmethod
    def network(self, problem: Problem) -> nn.Module:
        """A module from float32 [n, *problem.input_shape] to logits [n, problem.classes]."""

    def layer_table(self, problem: Problem) -> LayerTable:
        """What the module's parts are, as they ran; ConfigError where it fails."""
        key = (type(self), self.model_dump_json(), problem)
        if key not in _tables:
            _tables[key] = self._observed(problem)
        return _tables[key]

    def _observed(self, problem: Problem) -> LayerTable:
        import torch

        from structbench.models.counting import observe

        try:
            with torch.random.fork_rng(devices=[]):
                module = self.network(problem).eval()
                observed = observe(module, _zeros(problem))
        except Exception as error:
            raise ConfigError(f"model {self.family}: {type(error).__name__}: {error}") from error
        output = observed.output
        if tuple(output.shape) != (expected := (1, *problem.output_shape)):
            raise ConfigError(
                f"model {self.family} gives {tuple(output.shape)} for one example; "
                f"it should give one logit for each of the {problem.classes} classes: {expected}"
            )
        return observed.table


def _zeros(problem: Problem) -> tuple[Tensor, ...]:
    """One example, as a network takes it; symbols and what came before in the answer as numbers."""
    import torch

    numbers = torch.int64 if problem.vocabulary else torch.float32
    before = [torch.zeros(1, problem.answer_length, dtype=torch.int64)]
    return (
        torch.zeros(1, *problem.input_shape, dtype=numbers),
        *(before if problem.answer_length else []),
    )
