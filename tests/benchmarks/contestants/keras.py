"""Keras 3: `compile` and `fit` on arrays in memory, with the backend that is faster.

Seconds an epoch of 6,000 images, the second one, two runs each on two busy cores: the CNN 2.5 and
3.7 with torch, 7.7 and 11.5 with jax, whose CPU convolutions are slow backwards; the FNN 0.15 and
0.20 with jax, 0.9 and 6.6 with torch, which is not compiled. A job of both
models is one process, so one backend: torch. $KERAS_BACKEND overrides.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.util import find_spec
from typing import Any

FASTER = {"cnn": "torch", "fnn": "jax"}

# Keras and its backends ask for backend and device once, when they are imported.
models, _, _, device, _ = sys.argv[1:]
backend = FASTER.get(models, "torch") if find_spec("jax") else "torch"
os.environ.setdefault("KERAS_BACKEND", backend)
os.environ["JAX_PLATFORMS"] = device
if device != "cuda":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from tests.benchmarks.contestants.convention import (  # noqa: E402
    BATCH,
    DROPOUT,
    LEARNING_RATE,
    TEST_BATCH,
    Result,
    Task,
    contest,
    mnist,
)

STACKS = {
    "cnn": lambda: [
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(DROPOUT),
        layers.Dense(10),
    ],
    "fnn": lambda: [
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dense(32, activation="relu"),
        layers.Dense(10),
    ],
}


class Clock(keras.callbacks.Callback):
    """Seconds of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keras's hook."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keras's hook; the loss in `logs` has been waited for."""
        self.seconds.append(time.perf_counter() - self.started)


def train(task: Task) -> Result:
    """Fit and predict, channels last as Keras has them by default."""
    keras.utils.set_random_seed(task.seed)
    data, clock = mnist(task.examples), Clock()
    module = keras.Sequential([keras.Input((28, 28, 1)), *STACKS[task.model]()])
    module.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    images = data.images.reshape(-1, 28, 28, 1)
    module.fit(
        images, data.labels, batch_size=BATCH, epochs=task.epochs, verbose=0, callbacks=[clock]
    )

    def predict(images: NDArray[np.float32]) -> NDArray[np.int64]:
        answers = module.predict(images.reshape(-1, 28, 28, 1), TEST_BATCH, verbose=0)
        return answers.argmax(1)

    return Result(clock.seconds, data.misclassification(predict), module.count_params())


if __name__ == "__main__":
    contest(train)
