"""The base of a model of one's own: options, and a torch module made from them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from structbench.models.build import example, make
from structbench.models.failures import explained, refused, require_logits
from structbench.models.layer_table import LayerTable
from structbench.models.spec import ModelSpec
from structbench.models.surroundings import running
from structbench.problem import Problem
from structbench.streams import seeded

if TYPE_CHECKING:
    from torch import nn

_tables: dict[tuple[Any, ...], LayerTable] = {}


class TorchModel(ModelSpec):
    """A family given by a torch module: derive from it and write `network`.

    Parameters and operations are counted by running the module on one example of zeros.
    """

    # Defaults are taken as they are: read as JSON, a Path or a member of an Enum would be refused.
    model_config = ConfigDict(validate_default=False)

    @abstractmethod
    def network(self, problem: Problem) -> nn.Module:
        """A module from float32 [n, *input_shape] to logits [n, classes].

        Of a graph it is called as network(nodes, features, edges) and gives the logits of those
        nodes: int64 [n], and float32 CSR tensors of all of them; `edges.to_sparse_coo().indices()`
        is what libraries call edge_index. Where it has a method `ready(features, edges)`, that
        gives, as a tuple, what stands in place of the two.

        An override names what it wants: any of problem, input_shape, in_channels, classes and
        num_classes.
        """

    def layer_table(self, problem: Problem) -> LayerTable:
        """What the module's parts are, as they ran; ConfigError where it fails."""
        key = (type(self), self.model_dump_json(), problem)
        if key not in _tables:
            with refused(self.family):
                _tables[key] = self._observed(problem)
        return _tables[key]

    def _observed(self, problem: Problem) -> LayerTable:
        return self._counted(make(self, problem, 0), problem)

    def _counted(self, network: nn.Module, problem: Problem) -> LayerTable:
        """What ran for one example; ConfigError where it fails."""
        from structbench.models.counting import observe

        network.eval()
        with (
            running(self.source),
            seeded(0),
            explained(network, self.family, problem, "for one example"),
        ):
            seen = observe(network, example(network, problem))
            require_logits(seen.output, 1, problem, "for one example")
        return replace(seen.table, of_graph=problem.kind == "graph")
