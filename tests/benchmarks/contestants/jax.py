"""JAX without a framework: a jitted step, and Adam written out."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import NDArray

from tests.benchmarks.contestants.convention import (
    BATCH,
    DROPOUT,
    LEARNING_RATE,
    TEST_BATCH,
    Result,
    Task,
    contest,
    mnist,
)

Parameters = dict[str, Array]
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "cnn": {
        "conv1": (3, 3, 1, 32),
        "conv2": (3, 3, 32, 64),
        "linear1": (64 * 7 * 7, 128),
        "linear2": (128, 10),
    },
    "fnn": {"linear1": (784, 512), "linear2": (512, 32), "linear3": (32, 10)},
}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def initial(model: str, seed: int) -> Parameters:
    """Weights and biases, uniform within 1/√fan-in, as torch draws them."""
    rng, parameters = np.random.default_rng(seed), {}
    for name, shape in SHAPES[model].items():
        bound = 1 / math.sqrt(math.prod(shape[:-1]))
        parameters[f"{name}.weight"] = rng.uniform(-bound, bound, shape).astype(np.float32)
        parameters[f"{name}.bias"] = rng.uniform(-bound, bound, shape[-1]).astype(np.float32)
    return {name: jnp.asarray(value) for name, value in parameters.items()}


def _linear(p: Parameters, name: str, x: Array) -> Array:
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def _block(p: Parameters, name: str, x: Array) -> Array:
    """Convolution, ReLU and 2×2 max-pooling: [examples, height, width, channels]."""
    axes = ("NHWC", "HWIO", "NHWC")
    x = lax.conv_general_dilated(x, p[f"{name}.weight"], (1, 1), "SAME", dimension_numbers=axes)
    x = jax.nn.relu(x + p[f"{name}.bias"])
    examples, height, width, channels = x.shape
    return x.reshape(examples, height // 2, 2, width // 2, 2, channels).max((2, 4))


def logits(p: Parameters, x: Array, key: Array | None = None) -> Array:
    """[examples, 10] for images [examples, 28, 28, 1]. key: of the dropout; None: none"""
    if "conv1.weight" in p:
        x = _block(p, "conv2", _block(p, "conv1", x)).reshape(len(x), -1)
        x = jax.nn.relu(_linear(p, "linear1", x))
        if key is not None:
            kept = jax.random.bernoulli(key, 1 - DROPOUT, x.shape)
            x = jnp.where(kept, x / (1 - DROPOUT), 0)
        return _linear(p, "linear2", x)
    x = jax.nn.relu(_linear(p, "linear1", x.reshape(len(x), -1)))
    return _linear(p, "linear3", jax.nn.relu(_linear(p, "linear2", x)))


def _loss(p: Parameters, images: Array, labels: Array, key: Array) -> Array:
    likelihoods = jax.nn.log_softmax(logits(p, images, key))
    return -jnp.take_along_axis(likelihoods, labels[:, None], axis=1).mean()


@partial(jax.jit, donate_argnums=0)
def step(state: Any, images: Array, labels: Array, chosen: Array, seed: Array) -> Any:
    """One step on the chosen examples: (parameters, means, squares, count) → the next."""
    p, means, squares, count = state
    key = jax.random.fold_in(jax.random.key(seed), count)
    gradient = jax.grad(_loss)(p, images[chosen], labels[chosen], key)
    count = count + 1
    means = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, means, gradient)
    squares = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, squares, gradient)
    rate, unbiased = LEARNING_RATE / (1 - BETA1**count), 1 / (1 - BETA2**count)

    def moved(value: Array, mean: Array, square: Array) -> Array:
        return value - rate * mean / (jnp.sqrt(square * unbiased) + EPSILON)

    return jax.tree.map(moved, p, means, squares), means, squares, count


answer = jax.jit(logits)


def predicted(p: Parameters, images: NDArray[np.float32]) -> NDArray[np.int64]:
    """The class of each image [1, 28, 28]."""
    parts = np.split(images.reshape(-1, 28, 28, 1), len(images) // TEST_BATCH)
    return np.concatenate([np.asarray(answer(p, part).argmax(1)) for part in parts])


def train(task: Task) -> Result:
    """All images on the device; a step picks its own there."""
    jax.config.update("jax_platforms", task.device)  # an error where jax has no CUDA
    data = mnist(task.examples)
    images = jnp.asarray(data.images.reshape(-1, 28, 28, 1))
    labels = jnp.asarray(data.labels, jnp.int32)
    p, rng, seconds = initial(task.model, task.seed), np.random.default_rng(task.seed), []
    zeros = partial(jax.tree.map, jnp.zeros_like)
    state = (p, zeros(p), zeros(p), jnp.zeros((), jnp.int32))
    for _ in range(task.epochs):
        started = time.perf_counter()
        order = rng.permutation(task.examples).astype(np.int32)
        for start in range(0, task.examples, BATCH):
            state = step(state, images, labels, order[start : start + BATCH], task.seed)
        jax.block_until_ready(state)
        seconds.append(time.perf_counter() - started)
    count = sum(value.size for value in state[0].values())
    return Result(seconds, data.misclassification(partial(predicted, state[0])), count)


if __name__ == "__main__":
    contest(train)
