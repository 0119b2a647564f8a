"""Lightning's Trainer on tensors in memory; what it writes and prints is off."""

from __future__ import annotations

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from tests.benchmarks.contestants.convention import (
    BATCH,
    LEARNING_RATE,
    Result,
    Task,
    contest,
    mnist,
)
from tests.benchmarks.contestants.torch_parts import network, now, predicted, size


class Classifier(LightningModule):
    """The network, its loss and its optimiser."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task, self.network = task, network(task.model, task.seed)
        self.marks: list[float] = []  # start and end of each epoch

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        """The loss of a batch."""
        images, labels = batch
        return cross_entropy(self.network(images), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain Adam."""
        return torch.optim.Adam(self.parameters(), lr=LEARNING_RATE)

    def on_train_epoch_start(self) -> None:
        """Lightning's hook before the first batch is asked for."""
        self.marks.append(now(self.task.device))

    def on_train_epoch_end(self) -> None:
        """Lightning's hook after the last step."""
        self.marks.append(now(self.task.device))


def train(task: Task) -> Result:
    """Fit by the Trainer, test by hand."""
    data, classifier = mnist(task.examples), Classifier(task)
    examples = TensorDataset(torch.from_numpy(data.images), torch.from_numpy(data.labels))
    trainer = Trainer(
        max_epochs=task.epochs,
        accelerator=task.device,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(classifier, DataLoader(examples, batch_size=BATCH, shuffle=True))
    starts, ends = classifier.marks[::2], classifier.marks[1::2]
    return Result(
        [end - start for start, end in zip(starts, ends, strict=True)],
        data.misclassification(lambda images: predicted(classifier.network, images, task.device)),
        size(classifier.network),
    )


if __name__ == "__main__":
    contest(train)
