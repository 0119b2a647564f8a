"""A torch module's parts, as they were seen to run: parameters and multiply-accumulates."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from structbench.models.layer_table import LayerRow, LayerTable
from structbench.models.layers import Module, Shape, Worked
from structbench.models.operations import Counting, CountingCompiled, compiler_is_loaded

# A part that ran, and the shapes of what it took and gave.
_Seen = tuple[nn.Module, Shape, Shape]


@dataclass(frozen=True)
class Observed:
    """What a module did with one example.

    output: whatever it gave
    not_counted: operations whose multiply-accumulates are not in the rows, e.g. `aten::_fft_r2c`
    frozen: parameters that are not trained
    """

    rows: tuple[LayerRow, ...]
    output: Any
    not_counted: tuple[str, ...]
    frozen: int

    @property
    def table(self) -> LayerTable:
        """The rows with their totals."""
        return LayerTable(self.rows, frozen=self.frozen, not_counted=self.not_counted)


def observe(module: nn.Module, inputs: tuple[Tensor, ...]) -> Observed:
    """Run a module on one example: a row for each part with parameters or operations of its own.

    Rows are in the order in which the parts ran, each part once. A parameter used in several places
    counts once, in the first; a complex number is one parameter, and a product of two is four of
    real ones. Whatever the module raises is raised.
    """
    if not compiler_is_loaded():
        try:
            found = _observe(module, inputs, Counting())
        except Exception:
            if not compiler_is_loaded():
                raise
        else:
            if not compiler_is_loaded():
                return found
    # What the module compiled as it ran was not seen.
    return _observe(module, inputs, CountingCompiled())


def _observe(module: nn.Module, inputs: tuple[Tensor, ...], counting: Counting) -> Observed:
    ran: dict[str, _Seen] = {}

    def begin(name: str, part: nn.Module, given: Any) -> None:
        counting.running.append(name)

    def end(name: str, part: nn.Module, given: Any, output: Any) -> None:
        counting.running.pop()
        ran.setdefault(name, (part, _shape(given), _shape(output)))

    with ExitStack() as hooks:
        for name, part in module.named_modules():
            if isinstance(part, torch.jit.ScriptModule):
                continue  # It takes no hooks, and counts for the part that calls it.
            # Around what the user's own hooks do; also where a part fails and that is caught.
            before, after = partial(begin, name), partial(end, name)
            hooks.enter_context(part.register_forward_pre_hook(before, prepend=True))
            hooks.enter_context(part.register_forward_hook(after, always_call=True))
        with _attention_in_steps(), torch.no_grad(), counting:
            output = module(*inputs)
    trained, frozen = _own_parameters(module)
    rows = tuple(_rows(module, ran, trained, counting.macs))
    return Observed(rows, output, tuple(counting.not_counted), frozen)


def _rows(
    module: nn.Module, ran: dict[str, _Seen], trained: Counter[str], macs: Counter[str]
) -> Iterator[LayerRow]:
    # A part that has parameters but did not run still counts: it is part of the network.
    every = ran | {n: (part, (), ()) for n, part in module.named_modules() if n not in ran}
    for name, (part, given, output) in every.items():
        leaf = name in ran and not list(part.children())
        if trained[name] or macs[name] or leaf:
            parameters, text = Worked(trained[name]), _layer(part)
            yield LayerRow(name or "model", text, given, output, parameters, macs[name], None)


@contextmanager
def _attention_in_steps() -> Iterator[None]:
    """Without torch's fused attention and encoder layers, which are one operation each."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        # Flex attention would compile itself, which it cannot while operations are looked at.
        flexible = "torch.nn.attention.flex_attention" in sys.modules
        with torch.compiler.set_stance("force_eager") if flexible else nullcontext():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _own_parameters(module: nn.Module) -> tuple[Counter[str], int]:
    """Part → trained parameters that no part before it has; how many are not trained."""
    trained, frozen = Counter[str](), 0
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            trained[name.rpartition(".")[0]] += parameter.numel()
        else:
            frozen += parameter.numel()
    return trained, frozen


def _layer(part: nn.Module) -> Module:
    leaf = not list(part.children())
    return Module(" ".join(str(part).split()) if leaf else type(part).__name__)


def _shape(value: Any) -> Shape:
    """Of one example; of the first tensor where there are several."""
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    dense = isinstance(value, Tensor) and not value.is_nested
    return tuple(value.shape[1:]) if dense else ()
