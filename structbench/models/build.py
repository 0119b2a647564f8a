"""From a model's options to its torch network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from structbench.errors import ConfigError, StructBenchError
from structbench.models.arguments import call
from structbench.models.failures import explained, kind_of, told, told_error
from structbench.models.rings import ring
from structbench.models.spec import ModelSpec
from structbench.models.surroundings import reading, running
from structbench.problem import END, UNKNOWN, Problem
from structbench.streams import seeded

if TYPE_CHECKING:
    from torch import Tensor, nn

    from structbench.models.layer_table import LayerTable

# So many examples are asked for at a time, or as many as have a largest feature map of so many
# bytes together. The CNN's is 25 MB, which malloc keeps and uses again. With 1,000 images it is
# mapped anew for each batch: half of the time went into page faults, and 130 MB more.
MOST_ASKED, MAP_BYTES = 250, 256_000_000

_asked: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()


def evaluation_batch(table: LayerTable, problem: Problem) -> int:
    """How many examples a network is asked for at a time. It follows from the network alone, never
    from what memory is free: its last bits may depend on it."""
    return max(1, min(MOST_ASKED, MAP_BYTES // (4 * largest_map(table, problem))))


def largest_map(table: LayerTable, problem: Problem) -> int:
    """Values of the largest that a layer reads or gives, for one example."""
    shapes = (problem.input_shape, *(row.output_shape for row in table.opened))
    return max(map(math.prod, shapes))


def asked_at_once(network: nn.Module) -> int:
    """How many examples it is asked for at a time; MOST_ASKED where `build` has not made it."""
    return _asked.get(network, MOST_ASKED)


def build(
    spec: ModelSpec,
    problem: Problem,
    seed: int,
    device: str = "cpu",
    channels_last: bool = False,
) -> nn.Module:
    """The network of a family, with its initial weights drawn from `seed`.

    The caller's own random state is left as it was. ConfigError where it cannot be made.
    """
    import torch

    try:
        network = make(spec, problem, seed).to(device)
        if channels_last:
            network = network.to(memory_format=torch.channels_last)
    except RuntimeError as error:
        raise ConfigError(_too_large(spec, problem, error)) from None
    parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    table = spec.layer_table(problem)
    if parameters != table.parameters:
        raise ConfigError(
            f"model {spec.family} has {parameters:,} parameters to train one time and "
            f"{table.parameters:,} another: it must be the same for the same options"
        )
    _asked[network] = evaluation_batch(table, problem)
    return network


def _too_large(spec: ModelSpec, problem: Problem, error: RuntimeError) -> str:
    parameters = spec.layer_table(problem).parameters
    return (
        f"a network of {parameters:,} parameters ({parameters * 4 / 1e9:,.1f} GB, and three times "
        f"that to train) cannot be made here: {told_error(error)}"
    )


def make(spec: ModelSpec, problem: Problem, seed: int) -> nn.Module:
    """As `build`; nothing is counted."""
    from torch import nn
    from torch.nn.parameter import is_lazy

    with running(spec.source), reading(spec.source), seeded(seed):
        try:
            # A copy: what it does to its options, such as a list of widths, is its own affair.
            network = call(spec.model_copy(deep=True).network, problem)
        except StructBenchError as error:
            raise ConfigError(f"model {spec.family}: {error}") from None
        except MemoryError:
            raise
        except Exception as error:
            if spec.source is None:
                raise
            raise ConfigError(
                f"model {spec.family} cannot be made for {told(problem)}: {told_error(error)}"
            ) from error
        if not isinstance(network, nn.Module):
            raise ConfigError(
                f"model {spec.family} is {kind_of(network)}; it should be a torch.nn.Module"
            )
        if any(map(is_lazy, network.parameters())):
            _run_once(network, spec.family, problem)
    return network


def _run_once(network: nn.Module, family: str, problem: Problem) -> None:
    """One example, so that layers that wait for their input's size get it."""
    import torch

    with torch.no_grad(), explained(network, family, problem, "for one example"):
        network.eval()
        network(*example(network, problem))
    network.train()


def example(network: nn.Module, problem: Problem) -> tuple[Any, ...]:
    """What the network is called with for one example of zeros."""
    given = zeros(problem)
    if problem.kind != "graph":
        return given
    nodes, *shared = given
    return (nodes, *made_ready(network, *shared))


def made_ready(network: nn.Module, *shared: Tensor) -> tuple[Any, ...]:
    """What stands in place of what all examples share; by a method `ready`, if it has one.

    ConfigError where that gives no tuple.
    """
    import torch

    asked: Any = network
    if not callable(getattr(type(network), "ready", None)):
        return shared
    with torch.no_grad():
        made = asked.ready(*shared)
    if not isinstance(made, tuple):
        raise ConfigError(f"the network gives {kind_of(made)} by `ready`; it should give a tuple")
    return made


def zeros(problem: Problem) -> tuple[Tensor, ...]:
    """One example, as a network takes it; of a sequence a source of unknown symbols at all places,
    since none has only empty ones, and what came before in the answer; of a graph one of its nodes,
    features and edges."""
    import torch

    if problem.kind == "graph":
        return (torch.zeros(1, dtype=torch.int64), *ring(problem))
    example = torch.zeros(1, *problem.input_shape)
    if problem.vocabulary:
        example = torch.full(example.shape, UNKNOWN)
    before = [torch.full((1, problem.answer_length), END)] if problem.answer_length else []
    return (example, *before)
