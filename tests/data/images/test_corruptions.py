from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms.v2 import functional

from structbench.data import DATASETS
from structbench.data.alterations import TRAINING, read_condition
from structbench.data.conditions import CONDITIONS, parse_condition
from structbench.data.grids import unit_range
from structbench.data.images.affine import CHUNK
from structbench.data.images.corruptions import Images
from structbench.data.images.examples import ImageExamples
from structbench.errors import ConfigError

EXAMPLES = {
    "clean": "clean",
    "translate": "translate:2,-3",
    "shift": "shift:4",
    "rotate": "rotate:30",
    "scale": "scale:0.7",
    "shear": "shear:20",
    "gaussian_noise": "gaussian_noise:0.3",
    "impulse_noise": "impulse_noise:0.1",
    "gaussian_blur": "gaussian_blur:1.5",
    "occlude": "occlude:10",
    "invert": "invert",
    "contrast": "contrast:0.4",
}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Images:
    """200 real digits, float32 [200, 1, 28, 28]."""
    _, test = DATASETS["mnist"].read(tmp_path_factory.mktemp("data"))
    return unit_range(test.inputs[0][:200])


def alter(images: Images, text: str, seed: int = 0) -> Images:
    examples = ImageExamples.numbered(images, np.zeros(len(images), np.int64))
    return examples.altered(parse_condition(text, "image"), seed).grids


def test_every_corruption_has_an_example_here() -> None:
    assert {*EXAMPLES, TRAINING} == CONDITIONS["image"].keys()


@pytest.mark.parametrize("text", EXAMPLES.values())
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_range_and_determinism(digits: Images, text: str, channels: int) -> None:
    images = np.repeat(digits[:50], channels, axis=1)
    before = images.copy()
    altered = alter(images, text)
    assert altered.shape == images.shape
    assert altered.dtype == np.float32
    assert altered.min() >= 0
    assert altered.max() <= 1
    assert (altered == alter(images, text)).all()
    assert (images == before).all(), "the input was changed"
    assert text == "clean" or (altered != images).any()


@pytest.mark.parametrize(
    "text", ["shift:4", "gaussian_noise:0.3", "impulse_noise:0.1", "occlude:9"]
)
def test_chance_differs_between_seeds_and_between_images(digits: Images, text: str) -> None:
    same = np.repeat(digits[:1], 20, axis=0)
    assert (alter(same, text, seed=0) != alter(same, text, seed=1)).any()
    altered = alter(same, text)
    assert len(np.unique(altered.reshape(20, -1), axis=0)) > 1


def test_translate_moves_content_right_and_down() -> None:
    image = np.zeros((1, 1, 4, 5), np.float32)
    image[0, 0, 1, 1] = 1
    moved = alter(image, "translate:3,2")
    assert moved[0, 0, 3, 4] == 1
    assert moved.sum() == 1
    assert alter(image, "translate:-1,-1")[0, 0, 0, 0] == 1
    assert alter(image, "translate:4,0").sum() == 0
    assert alter(image, "translate:1000,-1000").sum() == 0


@given(st.integers(-6, 6), st.integers(-6, 6))
def test_translate_is_padding_and_cropping(dx: int, dy: int) -> None:
    images = np.random.default_rng(0).random((3, 2, 5, 4), dtype=np.float32)
    padded = np.pad(images, ((0, 0), (0, 0), (6, 6), (6, 6)))
    expected = padded[:, :, 6 - dy : 11 - dy, 6 - dx : 10 - dx]
    assert (alter(images, f"translate:{dx},{dy}") == expected).all()


def test_shift_moves_each_image_by_up_to_k_and_uses_all_of_it() -> None:
    images = np.zeros((2000, 1, 9, 9), np.float32)
    images[:, 0, 4, 4] = 1
    _, _, rows, columns = np.nonzero(alter(images, "shift:2"))
    assert set(rows) == set(columns) == {2, 3, 4, 5, 6}
    assert (alter(images, "shift:0") == images).all()


def test_rotate_is_counter_clockwise_and_exact_at_right_angles(digits: Images) -> None:
    expected = np.rot90(digits, axes=(2, 3))
    assert np.abs(alter(digits, "rotate:90") - expected).max() < 1e-4


def test_scale_and_shear_move_what_they_should() -> None:
    image = np.zeros((1, 1, 21, 21), np.float32)
    image[0, 0, 5:16, 5:16] = 1
    assert alter(image, "scale:0.5").sum() == pytest.approx(image.sum() / 4, rel=0.2)
    assert alter(image, "scale:1.5").sum() > 2 * image.sum()
    sheared = alter(image, "shear:30")[0, 0]
    assert np.nonzero(sheared[5])[0].mean() != np.nonzero(sheared[15])[0].mean()
    assert (sheared.sum(axis=1)[:4] == 0).all()


def test_noise_has_the_strength_asked_for() -> None:
    grey = np.full((50, 1, 28, 28), 0.5, np.float32)
    assert alter(grey, "gaussian_noise:0.1").std() == pytest.approx(0.1, rel=0.05)
    impulses = alter(grey, "impulse_noise:0.2")
    assert (impulses == 0).mean() == pytest.approx(0.1, abs=0.01)
    assert (impulses == 1).mean() == pytest.approx(0.1, abs=0.01)


def test_blur_keeps_brightness_and_takes_a_large_sigma(digits: Images) -> None:
    point = np.zeros((1, 1, 29, 29), np.float32)
    point[0, 0, 14, 14] = 1
    blurred = alter(point, "gaussian_blur:2")
    assert blurred.sum() == pytest.approx(1, abs=1e-3)
    rows = np.arange(29) - 14
    assert np.sqrt((blurred[0, 0].sum(axis=1) * rows**2).sum()) == pytest.approx(2, rel=0.05)
    assert alter(digits, "gaussian_blur:100").std(axis=(1, 2, 3)).max() < 0.05


def test_occlude_blackens_one_square_inside_the_image() -> None:
    white = np.ones((300, 1, 28, 28), np.float32)
    black = 1 - alter(white, "occlude:10")
    assert (black.sum(axis=(1, 2, 3)) == 100).all()
    assert black.max(axis=0).min() > 0, "every place is hit by some square"
    assert alter(white, "occlude:40").sum() == 0


def test_invert_and_contrast(digits: Images) -> None:
    assert (alter(alter(digits, "invert"), "invert") - digits).max() < 1e-6
    flat = alter(digits, "contrast:0")
    assert flat.std(axis=(1, 2, 3)).max() < 1e-6
    assert np.abs(alter(digits, "contrast:1") - digits).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" rotate:30.0 ", "rotate:30"),
        ("translate:-0,2", "translate:0,2"),
        ("scale:1e-1", "scale:0.1"),
    ],
)
def test_one_condition_has_one_text(text: str, canonical: str) -> None:
    assert str(parse_condition(text, "image")) == str(read_condition(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rotat:30", "did you mean 'rotate'"),
        ("translate:1", "should be written translate:DX,DY for images"),
        ("translate:1,2,3", "translate:DX,DY"),
        ("clean:1", "should be written clean$"),
        ("invert:", "should be written invert"),
        ("translate:1.5,0", "whole number"),
        ("rotate:nan", "DEGREES"),
        ("rotate:inf", "DEGREES"),
        ("scale:0", r"\(0, 100\]"),
        ("impulse_noise:1.1", "FRACTION"),
        ("gaussian_noise:-1", "STD"),
        ("occlude:9999", "SIZE"),
        ("", "unknown condition"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_condition(text, "image")


@given(st.text(max_size=30))
def test_any_text_is_a_condition_or_a_config_error(text: str) -> None:
    try:
        condition = parse_condition(text, "image")
    except ConfigError:
        return
    assert parse_condition(str(condition), "image") == read_condition(str(condition)) == condition


def by_torchvision(images: Images, name: str, value: float) -> Images:
    """What torchvision makes of the images."""
    tensor = torch.from_numpy(images)
    if name == "gaussian_blur":
        radius = min(math.ceil(3 * value), min(images.shape[-2:]) - 1)
        altered = functional.gaussian_blur(tensor, [2 * radius + 1] * 2, [value] * 2)
    else:
        affine = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
        changed = {"rotate": ("angle", -value), "scale": ("scale", value)}
        key, argument = changed.get(name, ("shear", [value, 0.0]))
        bilinear = functional.InterpolationMode.BILINEAR
        altered = functional.affine(tensor, **affine | {key: argument}, interpolation=bilinear)
    return np.asarray(altered)


RANGES = {
    "rotate": st.floats(-360, 360),
    "scale": st.floats(1e-3, 100),
    "shear": st.floats(-80, 80),
    "gaussian_blur": st.floats(1e-2, 100),
}


@pytest.mark.parametrize("name", RANGES)
@given(sides=st.tuples(st.integers(1, 33), st.integers(1, 33)), channels=st.integers(1, 3),
       data=st.data())  # fmt: skip
def test_geometry_and_blur_are_those_of_torchvision(
    name: str, sides: tuple[int, int], channels: int, data: st.DataObject
) -> None:
    value = float(f"{data.draw(RANGES[name]):.12g}")  # as a condition has it
    images = np.random.default_rng(0).random((3, channels, *sides), dtype=np.float32)
    assert (
        np.abs(alter(images, f"{name}:{value!r}") - by_torchvision(images, name, value)).max()
        < 1e-5
    )


def test_more_images_than_are_altered_at_a_time() -> None:
    images = np.random.default_rng(0).random((CHUNK + 3, 1, 5, 4), dtype=np.float32)
    one_by_one = np.concatenate([alter(images[i : i + 1], "rotate:30") for i in range(len(images))])
    assert (alter(images, "rotate:30") == one_by_one).all()


def test_unit_range_is_what_to_tensor_gives() -> None:
    everything = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    expected = torch.from_numpy(everything).to(torch.float32).div(255)
    assert (unit_range(everything) == expected.numpy()).all()
