"""The base of a model of one's own: options, and a torch module made from them."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any

from structbench.errors import ConfigError
from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.layers import Module, Shape, Worked
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

        try:
            with torch.random.fork_rng(devices=[]):
                module = self.network(problem).eval()
                rows, output = _observe(module, _zeros(problem))
        except Exception as error:
            raise ConfigError(f"model {self.family}: {type(error).__name__}: {error}") from error
        if tuple(output.shape) != (expected := (1, *problem.output_shape)):
            raise ConfigError(
                f"model {self.family} gives {tuple(output.shape)} for one example; "
                f"it should give one logit for each of the {problem.classes} classes: {expected}"
            )
        return LayerTable(rows)


def _zeros(problem: Problem) -> tuple[Tensor, ...]:
    """One example, as a network takes it; symbols and what came before in the answer as numbers."""
    import torch

    numbers = torch.int64 if problem.vocabulary else torch.float32
    before = [torch.zeros(1, problem.answer_length, dtype=torch.int64)]
    return (
        torch.zeros(1, *problem.input_shape, dtype=numbers),
        *(before if problem.answer_length else []),
    )


def _observe(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[tuple[LayerRow, ...], Any]:
    """A row for each part that has parameters or operations of its own, in the order they ran."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    own = _own_parameters(module)
    ran: dict[str, tuple[nn.Module, Shape, Shape]] = {}
    flops, inner = dict.fromkeys(own, 0), [0]
    started: list[int] = []
    counter = FlopCounterMode(display=False)

    def begin(part: nn.Module, inputs: Any) -> None:
        started.append(counter.get_total_flops())
        inner.append(0)

    def end(name: str, part: nn.Module, inputs: Any, output: Any) -> None:
        total = counter.get_total_flops() - started.pop()
        flops[name] += total - inner.pop()
        inner[-1] += total
        ran.setdefault(name, (part, _shape(inputs), _shape(output)))

    for name, part in module.named_modules():
        part.register_forward_pre_hook(begin)
        part.register_forward_hook(partial(end, name))
    with counter, torch.no_grad():
        output = module(*inputs)
    # A part that has parameters but did not run still counts: it is part of the network.
    parts = ran | {n: (module.get_submodule(n), (), ()) for n in own if own[n] and n not in ran}
    rows = (
        # One multiply-accumulate is two floating-point operations.
        LayerRow(n or "model", _layer(part), seen, given, Worked(own[n]), flops[n] // 2, None)
        for n, (part, seen, given) in parts.items()
        if own[n] or flops[n] or not list(part.children())
    )
    return tuple(rows), output


def _own_parameters(module: nn.Module) -> dict[str, int]:
    """Part → trainable parameters that no part within it and none before it has."""
    seen, own = set[int](), {}
    for name, part in module.named_modules():
        new = [p for p in part.parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, new))
        own[name] = sum(p.numel() for p in new if p.requires_grad)
    return own


def _layer(part: nn.Module) -> Module:
    leaf = not list(part.children())
    return Module(" ".join(str(part).split()) if leaf else type(part).__name__)


def _shape(value: Any) -> Shape:
    """Of one example; of the first tensor where there are several."""
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    return tuple(value.shape[1:]) if hasattr(value, "shape") else ()
