from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from structbench.data import DATASETS
from structbench.data.alterations import TRAINING, read_condition
from structbench.data.conditions import CONDITIONS, parse_condition
from structbench.data.signals.corruptions import Signals
from structbench.data.signals.examples import SignalExamples
from structbench.errors import ConfigError

EXAMPLES = {
    "clean": "clean",
    "translate": "translate:-3",
    "shift": "shift:4",
    "gaussian_noise": "gaussian_noise:0.3",
    "gaussian_blur": "gaussian_blur:1.5",
    "occlude": "occlude:10",
    "invert": "invert",
    "contrast": "contrast:3",
}


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Signals:
    """50 real signals, float32 [50, 1, 40]."""
    _, test = DATASETS["mnist1d"].read(tmp_path_factory.mktemp("data"))
    return test.inputs[0][:50]


def alter(signals: Signals, text: str, seed: int = 0) -> Signals:
    examples = SignalExamples.numbered(signals, np.zeros(len(signals), np.int64))
    return examples.altered(parse_condition(text, "signal"), seed).grids


def made(channels: int, length: int) -> Signals:
    return np.random.default_rng(0).standard_normal((4, channels, length), dtype=np.float32)


def test_every_corruption_has_an_example_here() -> None:
    assert {*EXAMPLES, TRAINING} == CONDITIONS["signal"].keys()


@pytest.mark.parametrize("text", EXAMPLES.values())
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_type_and_determinism(signals: Signals, text: str, channels: int) -> None:
    several = np.repeat(signals, channels, axis=1)
    before = several.copy()
    altered = alter(several, text)
    assert altered.shape == several.shape
    assert altered.dtype == np.float32
    assert (altered == alter(several, text)).all()
    assert (several == before).all(), "the input was changed"
    assert (text == "clean") == (altered == several).all()


@given(st.sampled_from(sorted(EXAMPLES)), st.integers(1, 3), st.integers(1, 12))
def test_signals_of_any_length_and_number_of_channels(
    name: str, channels: int, length: int
) -> None:
    altered = alter(made(channels, length), EXAMPLES[name])
    assert altered.shape == (4, channels, length)
    assert altered.dtype == np.float32
    assert np.isfinite(altered).all()


@pytest.mark.parametrize("text", ["shift:4", "gaussian_noise:0.3", "occlude:9"])
def test_chance_differs_between_seeds_and_between_signals(signals: Signals, text: str) -> None:
    same = np.repeat(signals[:1], 20, axis=0)
    assert (alter(same, text, seed=0) != alter(same, text, seed=1)).any()
    assert len(np.unique(alter(same, text).reshape(20, -1), axis=0)) > 1


@given(st.integers(1, 12), st.integers(-15, 15))
def test_translate_moves_to_the_right_and_zeros_come_in(length: int, places: int) -> None:
    signals = made(2, length)
    padded = np.pad(signals, ((0, 0), (0, 0), (15, 15)))
    assert (alter(signals, f"translate:{places}") == padded[..., 15 - places :][..., :length]).all()


def test_shift_moves_each_signal_by_up_to_k_to_either_side() -> None:
    signals = np.zeros((200, 1, 9), np.float32)
    signals[:, 0, 4] = 1
    _, _, places = np.nonzero(alter(signals, "shift:3"))
    assert len(places) == 200
    assert set(places.tolist()) == set(range(1, 8))
    assert (alter(signals, "shift:0") == signals).all()


def test_noise_has_the_strength_asked_for() -> None:
    silence = np.zeros((500, 1, 40), np.float32)
    assert alter(silence, "gaussian_noise:2").std() == pytest.approx(2, rel=0.05)


def test_blur_spreads_a_point_and_keeps_its_sum() -> None:
    point = np.zeros((1, 1, 29), np.float32)
    point[0, 0, 14] = 1
    blurred = alter(point, "gaussian_blur:2")
    assert blurred.sum() == pytest.approx(1, abs=1e-5)
    spread = (blurred[0, 0] * (np.arange(29) - 14) ** 2).sum()
    assert np.sqrt(spread) == pytest.approx(2, rel=0.05)


@given(st.floats(0.1, 3))
def test_blur_keeps_the_mean_of_what_is_silent_at_its_ends(sigma: float) -> None:
    signals = np.pad(made(2, 20), ((0, 0), (0, 0), [math.ceil(3 * sigma) + 1] * 2))
    blurred = alter(signals, f"gaussian_blur:{sigma:.12g}")
    assert np.allclose(blurred.mean(axis=-1), signals.mean(axis=-1), atol=1e-6)


def test_occlude_silences_one_window_inside_the_signal() -> None:
    ones = np.ones((300, 2, 40), np.float32)
    silent = 1 - alter(ones, "occlude:10")
    assert (silent.sum(axis=2) == 10).all()
    assert (silent[:, 0] == silent[:, 1]).all(), "in all channels"
    assert ((np.diff(silent, axis=2) != 0).sum(axis=2) <= 2).all(), "neighbours"
    assert silent.max(axis=0).min() > 0, "every place is hit by some window"
    assert alter(ones, "occlude:41").sum() == 0
    assert (alter(ones, "occlude:0") == ones).all()


def test_values_are_neither_clipped_nor_scaled() -> None:
    loud = 1000 * made(1, 40)
    assert (alter(loud, "invert") == -loud).all()
    assert (alter(loud, "contrast:2.5") == np.float32(2.5) * loud).all()
    assert (alter(loud, "contrast:0") == 0).all()
    assert np.abs(alter(loud, "gaussian_noise:1") - loud).max() < 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("translate:2,2", "should be written translate:DX for signals"),
        ("translate:1.5", "DX is '1.5', but must be a whole number"),
        ("shift:-1", "K"),
        ("occlude:9999", "SIZE is '9999', but must be a whole number in"),
        ("gaussian_blur:0", r"\(0, 100\]"),
        ("invert:1", "should be written invert"),
        ("rotate:30", "condition 'rotate' is for images, not for signals"),
        ("invrt", "did you mean 'invert'"),
    ],
)
def test_what_is_no_condition_of_signals_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_condition(text, "signal")


@given(st.text(max_size=30) | st.sampled_from(sorted(EXAMPLES.values())))
def test_any_text_is_a_condition_or_a_config_error(text: str) -> None:
    try:
        condition = parse_condition(text, "signal")
    except ConfigError:
        return
    assert parse_condition(str(condition), "signal") == read_condition(str(condition)) == condition
