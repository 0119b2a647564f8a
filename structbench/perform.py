"""Perform a run: the one place where data, model, training and evaluation meet."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from structbench.data.alterations import read_condition
from structbench.data.spec import LoadedData
from structbench.errors import ConfigError, DataError, NumericsError, RunFolderError
from structbench.evaluation import answers, logits
from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.machine.files import Generations
from structbench.models.build import build
from structbench.outcome import Epoch, Outcome, Predictions, Summary
from structbench.streams import stream_seed
from structbench.training.checkpoint import load_checkpoint, save_checkpoint
from structbench.training.loop import TrainingState, best_epoch, fit
from structbench.training.progress import OnProgress, Progress

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Performed:
    """A run's outcome and the weights that gave it: all numpy, so it can be pickled."""

    outcome: Outcome
    weights: Weights


def perform(
    run: Run,
    data_folder: Path,
    kept: Generations | None = None,
    on_progress: OnProgress | None = None,
) -> Performed:
    """Train and evaluate a run with the threads that torch is set to.

    kept: checkpoints; training goes on from the newest, to the bit-identical result on the
        same machine with the same number of threads
    """
    started = time.perf_counter()
    experiment, tell = run.experiment, on_progress or (lambda progress: None)
    data = experiment.data.load(data_folder, experiment.seed)
    state = _initial_state(experiment, run.device)
    checkpoint = kept.newest() if kept else None
    spent = load_checkpoint(state, checkpoint) if checkpoint else 0.0
    for epoch in fit(state, data, experiment.training, experiment.seed, tell):
        _check_weights(state.network, epoch.epoch)
        if not experiment.training.keeps(epoch.epoch, len(data.train)):
            continue
        if kept:
            save_checkpoint(state, spent + time.perf_counter() - started, kept)
        tell(_epoch_progress(state.history, experiment, len(data.train)))
    if state.best is not None:
        state.network.load_state_dict(state.best)
    predictions = _predict(state.network, data, experiment, experiment.conditions)
    outcome = Outcome(_summary(run, state), {}).with_predictions(
        predictions, spent + time.perf_counter() - started
    )
    return Performed(outcome, _weights(state.network))


def evaluate(
    run: Run,
    weights: Mapping[str, NDArray[np.float32]],
    conditions: Sequence[str],
    data_folder: Path,
) -> dict[str, Predictions]:
    """What the trained weights of a run answer under further conditions."""
    experiment = run.experiment
    if experiment.data.dataset.digest(data_folder) != run.data_digest:
        raise DataError(
            f"{experiment.data.name} in {data_folder} is not the data {run.id} was trained on"
        )
    data = experiment.data.load(data_folder, experiment.seed)
    network = _build(experiment, run.device)
    try:
        network.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    except RuntimeError:
        raise RunFolderError(f"the weights in {run.id} are not those of its network") from None
    return _predict(network, data, experiment, conditions)


def _initial_state(experiment: Experiment, device: str) -> TrainingState:
    network = _build(experiment, device)
    return TrainingState(network, experiment.training.optimizer.build(network.parameters()))


def _build(experiment: Experiment, device: str) -> nn.Module:
    layers, problem = experiment.layer_table, experiment.data.problem
    seed = stream_seed(experiment.seed, "initialisation")
    try:
        network = build(experiment.model, problem, seed).to(device)
        # oneDNN's and cuDNN's own layout, so nothing is reordered in each layer.
        return network.to(memory_format=torch.channels_last)
    except RuntimeError as error:
        gigabytes = layers.parameters * 4 / 1e9
        raise ConfigError(
            f"a network of {layers.parameters:,} parameters ({gigabytes:,.1f} GB, and "
            f"three times that to train) cannot be made here: {str(error).splitlines()[0]}"
        ) from None


def _predict(
    network: nn.Module, data: LoadedData, experiment: Experiment, conditions: Sequence[str]
) -> dict[str, Predictions]:
    def under(text: str) -> Predictions:
        """In a scope of its own, so that one condition's examples are let go before the next's."""
        altered = data.test.altered(read_condition(text), experiment.seed)
        examples = data.prepared(altered)
        return answers(logits(network, examples, experiment.training.precision), examples)

    return {text: under(text) for text in conditions}


def _summary(run: Run, state: TrainingState) -> Summary:
    experiment, layers = run.experiment, run.experiment.layer_table
    kept = best_epoch(state.history) if state.best is not None else state.history[-1]
    return Summary(
        run=run.id,
        model=experiment.model.family,
        seed=experiment.seed,
        smoke=run.smoke,
        parameters=layers.parameters,
        macs=layers.macs,
        train_loss=kept.train_loss,
        misclassification={},
        examples={},
        seconds=0.0,
        precision=experiment.training.precision,
        device=run.device,
        threads=torch.get_num_threads(),
        history=tuple(state.history),
        files={},
    )


def _epoch_progress(history: list[Epoch], experiment: Experiment, examples: int) -> Progress:
    recipe, last = experiment.training, history[-1]
    epochs, steps = recipe.all_epochs(examples), recipe.steps_in_epoch(last.epoch - 1, examples)
    speed = min(steps * recipe.batch_size, examples) / last.seconds
    return Progress(last.epoch, epochs, steps, steps, last.train_loss, speed, tuple(history))


def _weights(network: nn.Module) -> Weights:
    return {
        name: np.ascontiguousarray(value.detach().cpu().numpy())
        for name, value in network.state_dict().items()
    }


def _check_weights(network: nn.Module, epoch: int) -> None:
    """The last step of an epoch can leave weights that no loss has been computed with."""
    if not all(bool(p.isfinite().all()) for p in network.parameters()):
        raise NumericsError(
            f"weights are no longer finite after epoch {epoch}; "
            "try a smaller training.optimizer.learning_rate"
        )
