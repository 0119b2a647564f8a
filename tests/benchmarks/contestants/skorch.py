"""skorch: the network as a scikit-learn classifier, on arrays in memory."""

from __future__ import annotations

import torch
from skorch import NeuralNetClassifier

from tests.benchmarks.contestants.convention import (
    BATCH,
    LEARNING_RATE,
    Result,
    Task,
    contest,
    mnist,
)
from tests.benchmarks.contestants.torch_parts import network, size


def train(task: Task) -> Result:
    """Fit and predict; skorch's own history has the seconds."""
    data = mnist(task.examples)
    classifier = NeuralNetClassifier(
        network(task.model, task.seed),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        batch_size=BATCH,
        max_epochs=task.epochs,
        iterator_train__shuffle=True,
        train_split=None,
        device=task.device,
        verbose=0,
    )
    classifier.fit(data.images, data.labels)
    return Result(
        [float(seconds) for seconds in classifier.history[:, "dur"]],
        data.misclassification(classifier.predict),
        size(classifier.module_),
    )


if __name__ == "__main__":
    contest(train)
