"""What is to be seen inside a network: what it attends to, and how far the gradient of its loss
reaches back, through a sequence or through its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from structbench.data.examples import PADDING, UNANSWERABLE, Examples
from structbench.errors import ConfigError
from structbench.evaluation import inputs_of, is_one_pass, offers, to_tensors
from structbench.layer_gradients import LAYERS, layer_gradients, weight_norms, weights_of
from structbench.models.failures import kind_of
from structbench.problem import EMPTY, END, Kind

# Sentences whose attention is kept, and over which the norms of gradients are averaged.
ALIGNED, AVERAGED = 12, 250

# Where a gradient is 0 in float32, for its logarithm: that has no smaller number.
SMALLEST = 1e-45


@dataclass(frozen=True)
class Seen:
    """What there is of a run besides its trained network; what takes time is made when it is asked
    for.

    new: gives the network before it was trained; tested: gives the test examples under the run's
    first condition; predicted: what the trained network answers to them; learned: gives some of the
    training examples, the same for every model of a seed
    """

    new: Callable[[], nn.Module]
    tested: Callable[[], Examples]
    predicted: NDArray[np.int64]
    learned: Callable[[], Examples]


def in_layers(network: nn.Module, seen: Seen) -> dict[str, NDArray[Any]]:
    """Tensors of an Outcome, of a network of at least LAYERS layers.

    layer_gradients_new, layer_gradients_trained: float32 [layers], of `layer_gradients`
    layer_weights_new: float32 [layers], of `weight_norms`

    None where that fails: a network of one's own, which has been trained by now, is not to lose
    that by being looked at.
    """
    if len(weights_of(network)) < LAYERS:
        return {}
    with suppress(Exception):
        new, examples = seen.new(), seen.learned()
        return {
            "layer_weights_new": weight_norms(new),
            "layer_gradients_new": layer_gradients(new, examples),
            "layer_gradients_trained": layer_gradients(network, examples),
        }
    return {}


def in_sequences(network: nn.Module, seen: Seen) -> dict[str, NDArray[Any]]:
    """Tensors of an Outcome.

    aligned: int64 [K], places of sentences spread over the lengths of their sources
    alignments: float32 [K, heads, answer_length, longest_source], what the network attends to at
        each symbol of its own answers to them, 0 where there is no symbol; only of a network that
        has a method `attention`
    gradient_new, gradient_trained: float32 [D], and gradient_count: int64 [D], of `reach`; only of
        a network that embeds its source by a part called `source_embedding`
    """
    examples = seen.tested()
    place = spread(examples)
    found: dict[str, NDArray[Any]] = {"aligned": place}
    if offers(network, "attention"):
        source, *_ = inputs_of(examples.take(place), _device(network))
        answer = torch.from_numpy(seen.predicted[place]).to(source.device)
        found["alignments"] = attended(network, source, answer)
    for name, each in (("gradient_new", seen.new()), ("gradient_trained", network)):
        if reached := reach(each, examples):
            found[name], found["gradient_count"] = reached
    return found


def in_graph(network: nn.Module, seen: Seen) -> dict[str, NDArray[Any]]:
    """Tensors of an Outcome, of a network that has a method `attention`.

    attention: float32 [heads, entries], with which weight its last layer reads a node's neighbours
        and the node itself; the entries are those of edges + identity, row by row, columns rising
    """
    if not offers(network, "attention"):
        return {}
    asked: Any = network
    network.eval()
    with torch.no_grad():  # torch's sparse tensors bear no inference mode
        weights: Tensor = asked.attention(*to_tensors(seen.tested().shared, _device(network)))
    return {"attention": weights.float().cpu().numpy()}


def require_weights(network: nn.Module, features: Tensor, edges: Tensor) -> None:
    """ConfigError, to be explained, where it attends, but not by weights as `in_graph` has them."""
    if not offers(network, "attention"):
        return
    asked: Any = network
    given = asked.attention(features, edges)
    entries = len(edges.values()) + len(edges)
    shape = tuple(given.shape) if isinstance(given, Tensor) else ()
    if len(shape) != 2 or shape[1] != entries:
        told = f"{shape}" if isinstance(given, Tensor) else kind_of(given)
        raise ConfigError(
            f"attends by {told}; `attention` should give the weights of each node's neighbours and "
            f"of the node itself: (heads, {entries})"
        )


def spread(examples: Examples) -> NDArray[np.int64]:
    """Places of at most ALIGNED sentences that can be answered, from the shortest source to the
    longest; they follow from the examples alone."""
    places = _answerable(examples)
    lengths = _source_lengths(examples)[places].astype(float)
    chosen = []
    for wanted in np.linspace(*_range(lengths), min(ALIGNED, len(places))):
        chosen.append(np.abs(lengths - wanted).argmin())
        lengths[chosen[-1]] = np.inf
    return places[np.array(chosen, np.int64)]


def attended(network: nn.Module, source: Tensor, answer: Tensor) -> NDArray[np.float32]:
    """Weights [n, heads, answer_length, places] of each symbol of answers over their sources.

    source: int64 [n, places]; answer: int64 [n, answer_length], as decoding gives it
    """
    asked: Any = network
    network.eval()
    with torch.inference_mode():
        previous = torch.cat([torch.full_like(answer[:, :1], END), answer[:, :-1].clamp(END)], 1)
        weights: Tensor = asked.attention(source, previous).float()
        there = (answer != PADDING)[:, None, :, None] & (source != EMPTY)[:, None, None]
        found: NDArray[np.float32] = weights.where(there, 0.0).cpu().numpy()
        return found


def require_attention(network: nn.Module, source: Tensor, previous: Tensor) -> None:
    """ConfigError, to be explained, where it attends, but not by weights [n, heads, …, …]."""
    if not offers(network, "attention"):
        return
    asked: Any = network
    given = asked.attention(source, previous)
    shape = tuple(given.shape) if isinstance(given, Tensor) else ()
    n, places, words = len(source), previous.shape[1], source.shape[1]
    if len(shape) != 4 or (shape[0], *shape[2:]) != (n, places, words):
        told = f"{shape}" if isinstance(given, Tensor) else kind_of(given)
        raise ConfigError(
            f"attends by {told}; `attention` should give the weights of each answered place over "
            f"the source places: ({n}, heads, {places}, {words})"
        )


def reach(
    network: nn.Module, examples: Examples
) -> tuple[NDArray[np.float32], NDArray[np.int64]] | None:
    """How strongly the first symbol of an answer depends on a source word, by its distance d from
    the last one: the norm of its loss's gradient with respect to the embedded word, as geometric
    mean over AVERAGED sentences [D]; and of how many sentences [D].

    None where the source is not embedded, once, by a part called `source_embedding`.
    """
    some = examples.take(_answerable(examples)[:AVERAGED])
    lengths = torch.from_numpy(_source_lengths(some))
    norms = _gradient_norms(network, some) if len(some) else None
    if norms is None:
        return None
    places = lengths[:, None] - 1 - torch.arange(int(lengths.max()))
    logs = norms.clamp_min(SMALLEST).log().gather(1, places.clamp_min(0)).where(places >= 0, 0.0)
    count = (places >= 0).sum(dim=0)
    return (logs.sum(dim=0) / count).exp().float().numpy(), count.numpy()


def _gradient_norms(network: nn.Module, examples: Examples) -> Tensor | None:
    """float64 [n, places of the source], of each example's own loss, in float32."""
    source, previous = inputs_of(examples, device := _device(network))
    labels = torch.from_numpy(examples.labels[:, 0]).to(device)
    network.eval()
    # cuDNN's recurrent layers know no gradient but while training.
    with torch.enable_grad(), _embedded(network) as words, _without_cudnn(device):
        given = network(source, previous if is_one_pass(network) else previous[:, :1])
        loss = cross_entropy(given[:, 0].float(), labels, reduction="sum")
        if len(words) != 1 or words[0].shape[:2] != source.shape:
            return None
        (gradient,) = torch.autograd.grad(loss, words)
    norms: Tensor = gradient.double().norm(dim=2)
    return norms.cpu()


@contextmanager
def _embedded(network: nn.Module) -> Iterator[list[Tensor]]:
    """Within, what `source_embedding` gives is gathered, as the beginning of all gradients."""
    words: list[Tensor] = []

    def gather(part: nn.Module, given: Any, embedded: Tensor) -> Tensor:
        words.append(embedded.detach().requires_grad_())
        return words[-1]

    part = getattr(network, "source_embedding", None)
    hook = part.register_forward_hook(gather) if isinstance(part, nn.Module) else None
    try:
        yield words
    finally:
        if hook:
            hook.remove()


def _without_cudnn(device: torch.device) -> AbstractContextManager[None]:
    return torch.backends.cudnn.flags(enabled=False) if device.type == "cuda" else nullcontext()


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device


def _answerable(examples: Examples) -> NDArray[np.int64]:
    return np.flatnonzero(examples.labels[:, 0] != UNANSWERABLE)


def _source_lengths(examples: Examples) -> NDArray[np.int64]:
    assert examples.lengths is not None  # sequences have them
    return examples.lengths[:, 0]


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)


# A trained network, and what else there is of its run → tensors by name.
INSIDE: dict[Kind, Callable[[nn.Module, Seen], dict[str, NDArray[Any]]]] = {
    "image": in_layers,
    "signal": in_layers,
    "sequence": in_sequences,
    "graph": in_graph,
}
