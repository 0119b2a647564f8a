"""Perform a run: the one place where data, model, training and evaluation meet."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import nn

from structbench.data.alterations import of_tests
from structbench.data.examples import Examples
from structbench.data.spec import LoadedData
from structbench.decoding import answered
from structbench.errors import DataError, NumericsError, RunFolderError
from structbench.evaluation import asked_again, unsteady
from structbench.experiment.cost import few_steps
from structbench.experiment.run import Run
from structbench.experiment.schema import Experiment
from structbench.inside import INSIDE, Seen
from structbench.layer_gradients import EXAMPLES
from structbench.machine.device import true_arithmetic
from structbench.machine.files import Generations
from structbench.models.build import build
from structbench.models.surroundings import running
from structbench.outcome import Epoch, Outcome, Predictions, Summary
from structbench.streams import seeded, stream, stream_seed
from structbench.training.checkpoint import load_checkpoint, packed, save_checkpoint, unpacked
from structbench.training.loop import TrainingState, best_epoch, fit
from structbench.training.progress import OnProgress, Progress, seldom
from structbench.trial import Trial, tried


class Answered(NamedTuple):
    """Answers under some conditions, and what is to be known of their examples."""

    predictions: dict[str, Predictions]
    notices: Sequence[str]


@dataclass(frozen=True)
class Performed:
    """A run's outcome, and the weights that gave it as a safetensors file: it can be pickled."""

    outcome: Outcome
    weights: bytes


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
    with surroundings(run):
        return _perform(run, data_folder, kept, on_progress or (lambda progress: None))


def _perform(run: Run, data_folder: Path, kept: Generations | None, tell: OnProgress) -> Performed:
    started, experiment = time.perf_counter(), run.experiment
    data = experiment.data.load(data_folder, experiment.seed)
    trial = tried(experiment, run.device, lambda: data)
    network, began = _new(experiment, run.device, trial)
    state = _initial_state(experiment, network)
    checkpoint = kept.newest() if kept else None
    spent = load_checkpoint(state, checkpoint) if checkpoint else 0.0
    for epoch in fit(state, data, experiment.training, experiment.seed, seldom(tell)):
        if not experiment.training.keeps(epoch.epoch, len(data.train)):
            continue
        _check_weights(state)
        if kept:
            save_checkpoint(state, spent + time.perf_counter() - started, kept)
        tell(_epoch_progress(state.history, experiment, len(data.train)))
    _check_weights(state)
    if state.best is not None:
        state.network.load_state_dict(state.best)
    weights = packed(state.network.state_dict())
    found = _predict(state.network, data, experiment, experiment.conditions)
    notices = (
        *experiment.layer_table.notices,
        *trial.notices,
        *filter(None, [began, few_steps(run)]),
        *_unsteady(state.network, data, experiment),
    )
    seen = _look_inside(state.network, data, run, trial, found)
    seconds = spent + time.perf_counter() - started
    outcome = Outcome(_summary(run, state, notices), {}, seen)
    return Performed(outcome.with_predictions(found.predictions, seconds, found.notices), weights)


def try_out(run: Run, data_folder: Path) -> None:
    """ConfigError where a run's network would fail; it is looked at once in a process."""
    experiment = run.experiment
    with surroundings(run):
        tried(experiment, run.device, lambda: experiment.data.load(data_folder, experiment.seed))


def evaluate(run: Run, weights: bytes, conditions: Sequence[str], data_folder: Path) -> Answered:
    """What the trained weights of a run, a safetensors file, answer under further conditions."""
    experiment = run.experiment
    require_its_data(run, data_folder)
    data = experiment.data.load(data_folder, experiment.seed)
    asked = experiment.model_copy(update={"conditions": tuple(conditions)})
    with surroundings(run):
        network = restored(run, weights, tried(asked, run.device, lambda: data))
        return _predict(network, data, experiment, conditions)


def require_its_data(run: Run, data_folder: Path) -> None:
    """DataError where the folder holds other data than the run was trained on."""
    if run.experiment.data.dataset.digest(data_folder) != run.data_digest:
        raise DataError(
            f"{run.experiment.data.called} in {data_folder} is not the data {run.id} was trained on"
        )


def restored(run: Run, weights: bytes, trial: Trial) -> nn.Module:
    """The network of a run with its trained weights, a safetensors file; RunFolderError where
    they are not those of its network."""
    network = _build(run.experiment, run.device, trial)
    try:
        network.load_state_dict(unpacked(weights))
    except (RuntimeError, SafetensorError):
        raise RunFolderError(f"the weights in {run.id} are not those of its network") from None
    return network


@contextmanager
def surroundings(run: Run) -> Iterator[None]:
    """What a run computes in: true arithmetic, and the places of a user's own code."""
    with true_arithmetic(run.device), running(type(run.experiment.model).source):
        yield


def _initial_state(experiment: Experiment, network: nn.Module) -> TrainingState:
    family = type(experiment.model)
    return TrainingState(
        network,
        experiment.training.optimizer.build(network),
        recordable=family.same_operations and family.source is None,
        foreign=family.source is not None,
    )


def _new(experiment: Experiment, device: str, trial: Trial) -> tuple[nn.Module, str]:
    """The network that training begins with, and what is to be said of its weights."""
    network = _build(experiment, device, trial)
    return network, experiment.model.start(network, experiment.data.problem)


def _build(experiment: Experiment, device: str, trial: Trial) -> nn.Module:
    seed = stream_seed(experiment.seed, "initialisation")
    problem = experiment.data.problem
    return build(experiment.model, problem, seed, device, trial.channels_last)


def _predict(
    network: nn.Module, data: LoadedData, experiment: Experiment, conditions: Sequence[str]
) -> Answered:
    trained = {name: value.clone() for name, value in network.state_dict().items()}
    said: dict[str, Sequence[str]] = {}

    def under(text: str) -> Predictions:
        """In a scope of its own, so that one condition's examples are let go before the next's."""
        # Whatever a network does to itself while it is asked, the order of conditions is no matter.
        network.load_state_dict(trained)
        examples = _tested(data, experiment, text)
        said[text] = examples.notices
        with seeded(stream_seed(experiment.seed, "evaluation", text)):
            return answered(network, examples, experiment.training.precision)

    predictions = {text: under(text) for text in conditions}
    return Answered(predictions, _once(said, data.test.notices))


def _once(said: Mapping[str, Sequence[str]], of_data: Sequence[str]) -> list[str]:
    """What is to be known of the examples under each condition; what is so of the data themselves,
    or under all of several conditions, without it."""
    first, *others = said.values()
    alike = (text for text in first if all(text in other for other in others))
    every = [text for text in alike if others or text in of_data]
    of_some = (
        f"under {condition}: {text}"
        for condition, texts in said.items()
        for text in texts
        if text not in every
    )
    return [*every, *of_some]


def _tested(data: LoadedData, experiment: Experiment, condition: str) -> Examples:
    """The examples of a condition, as the network sees them."""
    return data.tested(condition, experiment.seed)


def _look_inside(
    network: nn.Module, data: LoadedData, run: Run, trial: Trial, found: Answered
) -> dict[str, NDArray[Any]]:
    """What is to be shown of a network, of answers under the first condition."""
    experiment, condition = run.experiment, of_tests(run.experiment.conditions)[0]
    seen = Seen(
        new=lambda: _new(experiment, run.device, trial)[0],
        tested=lambda: _tested(data, experiment, condition),
        predicted=found.predictions[condition].predicted,
        learned=lambda: _learned(data, experiment),
    )
    with seeded(stream_seed(experiment.seed, "inside")):
        return INSIDE[experiment.data.kind](network, seen)


def _learned(data: LoadedData, experiment: Experiment) -> Examples:
    """A batch of training examples, no larger than training's own: what memory that takes."""
    size = min(EXAMPLES, experiment.training.batch(len(data.train)))
    drawn = stream(experiment.seed, "layer gradients").permutation(len(data.train))[:size]
    return data.prepared(data.train.take(drawn))


def _unsteady(network: nn.Module, data: LoadedData, experiment: Experiment) -> Iterator[str]:
    with seeded(stream_seed(experiment.seed, "asked again")):
        most = asked_again(experiment.data.problem)
        if said := unsteady(network, data.prepared(data.test), most):
            yield said


def _summary(run: Run, state: TrainingState, notices: Sequence[str]) -> Summary:
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
        notices=tuple(notices),
        history=tuple(state.history),
        files={},
    )


def _epoch_progress(history: list[Epoch], experiment: Experiment, examples: int) -> Progress:
    recipe, last = experiment.training, history[-1]
    epochs, steps = recipe.all_epochs(examples), recipe.steps_in_epoch(last.epoch - 1, examples)
    speed = min(steps * recipe.batch(examples), examples) / last.seconds
    return Progress(last.epoch, epochs, steps, steps, last.train_loss, speed, tuple(history))


def _check_weights(state: TrainingState) -> None:
    """The last step of an epoch can leave weights that no loss has been computed with."""
    if not all(bool(p.isfinite().all()) for p in state.network.parameters()):
        raise NumericsError(
            f"weights are no longer finite after epoch {len(state.history)}; "
            "try a smaller training.optimizer.learning_rate"
        )
