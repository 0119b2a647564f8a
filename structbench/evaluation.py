"""What a network answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from structbench.data.examples import PADDING, Examples
from structbench.errors import ConfigError
from structbench.models.build import asked_at_once, made_ready
from structbench.models.sparse_products import csr
from structbench.outcome import NO_NUMBER, Predictions
from structbench.problem import Problem

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Logits of some examples, by their places.
Parts = Sequence[tuple[NDArray[np.int64], Tensor]]

# So many examples are asked for again, to see whether an answer is a fact. Of sequences fewer,
# though not fewer than 8, where their logits take more bytes: those of 250 answers of 100 symbols,
# each one of 10,000, take a GB, and a dozen copies are made.
ASKED_AGAIN, FEWEST_AGAIN, AGAIN_BYTES = 250, 8, 16_000_000
# What more logits take is not held at once.
LOGITS_BYTES = 256_000_000

# Two ways to the same logits may differ by what float32 rounds off; relative to the largest.
TOLERANCE = 1e-4


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs at this precision; can be entered many times."""
    if precision == "fp32":
        return nullcontext()  # a disabled autocast costs 15 µs a step
    return torch.autocast(device.type, torch.bfloat16)


def to_tensors(
    arrays: Iterable[NDArray[Any] | csr_array], device: torch.device
) -> tuple[Tensor, ...]:
    """Arrays as tensors on a device, of the same types; matrices as sparse CSR tensors."""
    return tuple(_to_tensor(array).to(device) for array in arrays)


def _to_tensor(array: NDArray[Any] | csr_array) -> Tensor:
    if isinstance(array, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(array))
    starts, columns = (torch.from_numpy(i.astype(np.int64)) for i in (array.indptr, array.indices))
    return csr(starts, columns, torch.from_numpy(array.data.copy()), array.shape)


def unit_range(tensor: Tensor) -> Tensor:
    """Bytes 0 … 255 become [0, 1]; what is no bytes is as the network takes it."""
    return tensor.float().div_(255) if tensor.dtype == torch.uint8 else tensor


def resized(images: Tensor, side: int | None) -> Tensor:
    """[n, channels, height, width] with these sides, bilinear, without aliasing; None: as it is.

    Each image by itself, so a batch gives what all of them give.
    """
    if side is None:
        return images
    return interpolate(images, (side, side), mode="bilinear", antialias=True)


def entering(tensor: Tensor, side: int | None) -> Tensor:
    """An input as the network takes it, of a batch. side: see Examples"""
    return resized(unit_range(tensor), side)


def shared_of(network: nn.Module, examples: Examples, device: torch.device) -> tuple[Any, ...]:
    """What a network takes besides the inputs of some examples, the same for all of them.

    A network may make of the tensors once what it needs for every batch: `ready(*shared) -> tuple`
    of whatever it takes in their place. ConfigError where it gives no tuple, or alters them.
    """
    tensors = to_tensors(examples.shared, device)
    if not tensors:
        return ()
    before = versions(tensors)
    made = made_ready(network, *tensors)
    require_unaltered(before, "the network, in `ready`,")
    return made


def versions(shared: Sequence[object]) -> list[tuple[Tensor, int]]:
    """The tensors in it, and how often each was altered in place: a sparse one with its parts."""
    return [(tensor, tensor._version) for tensor in _tensors_in(shared, set())]


def _tensors_in(thing: object, seen: set[int]) -> Iterator[Tensor]:
    """Of tuples, lists, dicts and objects of a network's own, however deep."""
    if isinstance(thing, Tensor):
        yield thing
        return
    if id(thing) in seen or isinstance(thing, (type, ModuleType)):
        return
    seen.add(id(thing))
    named = thing if isinstance(thing, dict) else getattr(thing, "__dict__", {})
    for part in (*thing,) if isinstance(thing, (tuple, list)) else (*named.values(),):
        yield from _tensors_in(part, seen)


def require_unaltered(before: Sequence[tuple[Tensor, int]], network: str = "the network") -> None:
    """ConfigError where a network has altered what all batches share, or what it made of that.

    before: what `versions` gave
    """
    if any(tensor._version != version for tensor, version in before):
        raise ConfigError(
            f"{network} alters in place what all batches share (such as a graph): let it work on "
            "a copy"
        )


def inputs_of(examples: Examples, device: torch.device) -> tuple[Tensor, ...]:
    """What a network is called with for all of some examples, and then with what they share; all
    arrays are its own."""
    side = examples.side
    return tuple(entering(torch.tensor(array).to(device), side) for array in examples.inputs)


def asked_together(network: nn.Module, examples: Examples) -> int:
    """How many are asked for at a time. Of a graph all nodes: what they share is gone through for
    one as for all."""
    return max(1, len(examples)) if examples.shared else asked_at_once(network)


def is_one_pass(network: nn.Module) -> bool:
    """Whether it answers all places of a sequence at once, whatever came before them."""
    return bool(getattr(network, "one_pass", False))


def offers(network: nn.Module, *names: str) -> bool:
    """Whether its class has methods of these names; a part of it may be called so too."""
    return all(callable(getattr(type(network), name, None)) for name in names)


def logits(
    network: nn.Module,
    examples: Examples,
    precision: str,
    batch: int | None = None,
    cut: bool = True,
    shared: tuple[Any, ...] | None = None,
) -> Tensor:
    """float32 [n, classes], or [n, answer_length, classes], on the CPU.

    In a sequence each symbol is asked for with the right ones before it; all are 0 where its label
    is PADDING. Each batch of inputs is a copy: what a network does to it is seen by nobody else.

    batch: how many are asked for at a time; None: as many as is usual
    cut: whether batches of sequences are cut to their longest
    shared: what they share, where that was made before; whose it is looks whether it is altered
    """
    before = []
    if shared is None:
        shared = shared_of(network, examples, next(network.parameters()).device)
        before = versions(shared)
    parts = list(logits_in_parts(network, examples, precision, batch, cut, shared))
    require_unaltered(before)
    if examples.lengths is None:
        return torch.cat([given for _, given in parts])
    return at_labels(parts, examples.labels)


def logits_in_parts(
    network: nn.Module,
    examples: Examples,
    precision: str,
    batch: int | None = None,
    cut: bool = True,
    shared: tuple[Any, ...] = (),
) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """The places of each batch's examples, and its logits as the network gives them; as `logits`,
    whose whole may be too large for the memory."""
    device = next(network.parameters()).device
    network.eval()
    for place, own in batches(network, examples, batch, cut):
        # torch's sparse tensors bear no inference mode: there reading one counts as altering it.
        with torch.no_grad() if shared else torch.inference_mode(), autocast(device, precision):
            given = network(*own, *shared).detach().float().cpu()
        yield place, given


def batches(
    network: nn.Module, examples: Examples, batch: int | None = None, cut: bool = True
) -> Iterator[tuple[NDArray[np.int64], tuple[Tensor, ...]]]:
    """The places of each batch's examples, and copies of their inputs on the network's device.

    Examples that have lengths come sorted by them, and cut to the longest of their batch unless
    the network answers all places at once.

    batch: how many have one; None: as many as are asked for at a time
    """
    batch = batch or asked_together(network, examples)
    device, lengths = next(network.parameters()).device, examples.lengths
    places = np.arange(len(examples))
    if lengths is not None:
        places = np.lexsort(lengths.T[::-1])
        examples, lengths = examples.take(places), lengths[places]
    inputs = to_tensors(examples.inputs, torch.device("cpu"))
    for start in range(0, len(places), batch):
        own = tuple(array[start : start + batch] for array in inputs)
        if lengths is not None and cut and not is_one_pass(network):
            own = cut_to(lengths[start : start + batch], own)
        copies = tuple(entering(part.to(device, copy=True), examples.side) for part in own)
        yield places[start : start + batch], copies


def cut_to(lengths: NDArray[np.int64], arrays: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Arrays [n, places] without the places that none of their examples uses.

    lengths: [n, arrays]; at least a place is left
    """
    ends = lengths.max(axis=0).clip(1).tolist()
    return tuple(array[:, :end].contiguous() for array, end in zip(arrays, ends, strict=False))


def at_labels(parts: Parts, labels: NDArray[np.int64]) -> Tensor:
    """[n, answer_length, classes]: 0 where nothing is asked."""
    together = torch.zeros(*labels.shape, parts[0][1].shape[-1])
    for place, given in parts:
        together[torch.from_numpy(place), : given.shape[1]] = given
    return together.masked_fill_(torch.from_numpy(labels == PADDING)[..., None], 0)


def answers(given: Tensor, examples: Examples) -> Predictions:
    """The likeliest class of each row of logits [n, classes], with its probability.

    Where no probability is a number the answer is NO_NUMBER, with probability 0.
    """
    confidence, predicted = likeliest(given)
    return Predictions(predicted.numpy(), confidence.numpy(), examples.labels, examples.rows)


def likeliest(given: Tensor) -> tuple[Tensor, Tensor]:
    """The largest probability in each row of logits [n, classes], and its class: [n] each.

    Where it is not a number: 0 and NO_NUMBER.
    """
    confidence, predicted = given.softmax(dim=-1).max(dim=-1)
    return confidence.nan_to_num(0.0), predicted.where(confidence.isfinite(), NO_NUMBER)


def unsteady(network: nn.Module, examples: Examples, most: int = ASKED_AGAIN) -> str:
    """What makes the answers of a network others than facts; empty where nothing does.

    It is asked again for the same examples, and for the same ones in other batches, in float32.

    most: how many at most; see `asked_again`
    """
    some = examples.take(np.arange(min(most, len(examples))))
    first, again = (logits(network, some, "fp32") for _ in range(2))
    if differ_by(first, again) > rounding(next(network.parameters()).device.type):
        return (
            "it answers the same examples otherwise when it is asked again: it draws chance, or "
            "changes itself, while it is tested"
        )
    together = min(len(some), asked_together(network, some))
    limit, third = tolerance(network), -(-together // 3)
    in_parts = logits(network, some, "fp32", batch=third)
    if some.lengths is not None:
        in_full = logits(network, some, "fp32", batch=third, cut=False)
        if differ_by(in_parts, in_full) > limit:
            return (
                "its answer to a sentence changes with the empty places behind it, and so with the "
                f"others in its batch: its logits differ by more than {100 * limit:.2g} %; mask "
                "the places whose symbol is EMPTY (0)"
            )
    if differ_by(first, in_parts) > limit:
        found = f"logits differ by more than {100 * limit:.2g} %"
        if some.shared:
            return (
                "its answer to a node depends on which others are asked for: asked for a third of "
                f"the nodes at a time its {found}"
            )
        return (
            "its answer to an example depends on the others in its batch: in other batches its "
            f"{found}"
        )
    return ""


def asked_again(problem: Problem) -> int:
    """How many examples `unsteady` asks for again."""
    if not problem.answer_length:
        return ASKED_AGAIN
    fitting = AGAIN_BYTES // (4 * math.prod(problem.output_shape))
    return max(FEWEST_AGAIN, min(ASKED_AGAIN, fitting))


def rounding(device: str) -> float:
    """How far the same arithmetic on the same numbers may differ: torch promises the same bits on
    the CPU alone."""
    return 0.0 if device == "cpu" else TOLERANCE


def tolerance(network: nn.Module) -> float:
    """How far logits may be from each other by rounding alone, in the network's own precision."""
    kinds = {p.dtype for p in network.parameters() if p.is_floating_point() or p.is_complex()}
    return max(TOLERANCE, *(8 * torch.finfo(kind).eps for kind in kinds))


def differ_by(one: Tensor, other: Tensor) -> float:
    """The largest difference, relative to the largest number; what is no number is 0."""
    one, other = one.double().nan_to_num(0, 0, 0), other.double().nan_to_num(0, 0, 0)
    largest = max(float(one.abs().max()), float(other.abs().max()), 1e-30)
    return float((one - other).abs().max()) / largest
