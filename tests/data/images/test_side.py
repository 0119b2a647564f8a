"""`data.side`: images of another size reach the network, and nothing else sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from structbench import Experiment, load_experiment, train
from structbench.data.grids import unit_range
from structbench.data.images.spec import ImageSpec
from structbench.data.spec import LoadedData, default_data_folder
from structbench.data.specs import data_spec
from structbench.errors import ConfigError
from structbench.evaluation import batches, inputs_of
from structbench.experiment.run import make_run
from structbench.rehearsal import Rehearsal
from structbench.store.runs import Store
from structbench.training.checkpoint import unpacked
from structbench.training.feed import Feed
from structbench.training.recipe import Recipe

CPU, SMALL = torch.device("cpu"), "data={train_size: 70, test_size: 60, side: %d}"


def asked(side: int, *overrides: str, family: str = "cnn") -> Experiment:
    model = "model={family: cnn, channels: [4], hidden: 8}" if family == "cnn" else "training={}"
    return load_experiment(family, [model, SMALL % side, "training.epochs=1", *overrides])


def loaded(experiment: Experiment) -> LoadedData:
    return experiment.data.load(default_data_folder(), experiment.seed)


def by_pillow(grids: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Each channel of each image resized by another library."""
    flat = grids.reshape(-1, *grids.shape[2:])
    made = [Image.fromarray(one).resize((side, side), Image.Resampling.BILINEAR) for one in flat]
    return np.stack(list(map(np.asarray, made))).reshape(*grids.shape[:2], side, side)


def seen(examples: object, size: int) -> Iterator[Tensor]:
    for _, (images,) in batches(nn.Linear(1, 1), examples, size):  # type: ignore[arg-type]
        yield images


@pytest.mark.parametrize("side", [11, 64])
def test_a_network_gets_images_of_this_side_altered_before(side: int) -> None:
    experiment = asked(side, "data.structure_removed=0.3")
    data = loaded(experiment)
    for condition in ("clean", "translate:9,0", "training"):
        examples = data.tested(condition, 0)
        assert examples.inputs[0].shape[2:] == (28, 28)
        whole = by_pillow(unit_range(examples.inputs[0]), side)
        (together,) = inputs_of(examples, CPU)
        assert together.dtype == torch.float32
        assert 0 <= together.min() <= together.max() <= 1 + 1e-6
        assert np.allclose(together, whole, atol=1e-5)
        for size in (7, 59, 250):
            assert torch.equal(torch.cat(list(seen(examples, size))), together)


@pytest.mark.parametrize("augment", [(), ("clean", "rotate:30")])
def test_training_and_the_trial_see_them_too(augment: tuple[str, ...]) -> None:
    experiment = asked(14, f"training.augment={list(augment)}")
    data, network = loaded(experiment), nn.Linear(1, 1)
    feed = Feed(data, Recipe(batch_size=32, augment=augment), 0, network)
    shapes = [(images.shape, labels.shape) for images, labels in feed.epoch(0)]
    assert shapes == [((n, 1, 14, 14), (n,)) for n in (32, 32, 6)]
    tried = Rehearsal(experiment, "cpu", data)
    assert tried.inputs(network, tried.examples(5))[0].shape == (5, 1, 14, 14)


def test_the_layers_are_worked_out_for_it() -> None:
    for family in ("cnn", "lenet5"):
        rows = asked(36, family=family).layer_table.rows
        assert rows[0].input_shape == (1, 36, 36)
    cifar = data_spec({"name": "cifar10", "side": 8})
    assert (cifar.problem.input_shape, cifar.problem.classes) == ((3, 8, 8), 10)
    with pytest.raises(ConfigError, match="layer"):
        asked(2, family="lenet5")


def test_a_run_of_another_side_is_another_one_and_its_own_side_is_none(tmp_path: Path) -> None:
    names = {make_run(asked(side), "cpu", tmp_path).id for side in (14, 15)}
    assert len(names) == 2
    null, own = (make_run(asked(28, f"data.side={s}"), "cpu", tmp_path).id for s in ("null", 28))
    assert null == own
    spec = data_spec({"name": "cifar10", "side": 32})
    assert isinstance(spec, ImageSpec)
    assert spec.side is None
    assert data_spec({"name": "cifar10", "side": 28}).model_dump()["side"] == 28


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{side: 0}", "greater than or equal to 1"),
        ("{side: 1025}", "less than or equal to 1024"),
        ("{side: 2.5}", "valid integer"),
        (
            "{name: mnist1d, side: 8}",
            "'side' of mnist1d; 'side' needs name: cifar10 or",
        ),
        ("{name: cora, side: 8}", "unknown key 'side' of cora"),
    ],
)
def test_what_is_no_side_is_told_in_a_line(data: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_experiment("fnn", [f"data={data}"])
    (line,) = str(error.value).splitlines()
    assert told in line


def test_a_run_errs_where_a_plain_loop_errs(runs: Path) -> None:
    experiment = asked(14, "data.validation_size=20", "conditions=['translate:2,2', training]")
    outcome = train(experiment, runs_dir=runs)
    network = experiment.model.network(experiment.data.problem)
    network.load_state_dict(unpacked(Store(runs).weights_file(outcome.summary.run)))
    network.eval()
    for condition, found in outcome.predictions.items():
        grids = unit_range(loaded(experiment).tested(condition, 0).inputs[0])
        with torch.no_grad():
            given = network(torch.from_numpy(by_pillow(grids, 14)))
        assert (found.predicted == given.argmax(dim=1).numpy()).all()
