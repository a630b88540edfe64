"""Images changed as a map says: which pixels, in which order, into what, and no more of them than needed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle import faithfulness as oracle
from support.perturbed import inputs_of, one_by_one
from xai_cam.cam.baselines import BASELINES as BASELINES_OF_MAPS
from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.metrics.asked import BASELINES
from xai_cam.metrics.faithfulness import measure
from xai_cam.metrics.perturbation import FILLS, at_size, blurred, exchanged_at, noise, salient_first


def brightness(x: np.ndarray, target: int) -> float:
    """A 'probability' that can be worked out: the mean of the image, the same for any class."""
    return float(x.mean())


def random_image(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


# --- Sizes ------------------------------


@pytest.mark.parametrize(
    ("grid", "size"), [((2, 3), (7, 8)), ((7, 7), (7, 7)), ((9, 4), (3, 5)), ((1, 1), (2, 2))]
)
def test_maps_at_the_input_s_size_against_loops(grid: tuple[int, int], size: tuple[int, int]) -> None:
    cam = 5 * np.random.default_rng(1).random(grid, np.float32)
    np.testing.assert_allclose(at_size(cam, size), oracle.saliency(cam, size), atol=1e-6)


def test_a_blank_map_stays_blank() -> None:
    assert not at_size(np.zeros((2, 2), np.float32), (5, 5)).any()


@pytest.mark.parametrize(
    "shape", [(8, 8, 3), (1, 9, 1), (9, 1, 3), (1, 1, 1), (20, 23, 1), (16, 12, 4), (2, 3, 6)]
)
def test_the_blur_against_loops(shape: tuple[int, int, int]) -> None:
    image = random_image(*shape)
    kept = image.copy()
    found = blurred(image)
    assert (found.shape, found.dtype) == (shape, np.float32)
    np.testing.assert_allclose(found, oracle.blur(image), atol=2e-6)
    np.testing.assert_array_equal(image, kept)


# --- What takes the place of pixels ------------------------------


def test_noise_stays_within_each_channel_and_is_an_image_s_own() -> None:
    image = random_image(40, 30, 2) * np.float32([1, 100])
    found = noise(image)
    assert (found.shape, found.dtype) == (image.shape, np.float32)
    low, high = image.min(axis=(0, 1)), image.max(axis=(0, 1))
    assert (found >= low).all() and (found <= high).all()
    # uniform: mean and deviation of 1,200 draws, within five standard errors
    width = high - low
    assert (np.abs(found.mean(axis=(0, 1)) - (low + high) / 2) < 5 * width / math.sqrt(12 * 1200)).all()
    assert (np.abs(found.std(axis=(0, 1)) / width - 1 / math.sqrt(12)) < 0.02).all()
    assert abs(np.corrcoef(found[..., 0].ravel(), found[..., 1].ravel())[0, 1]) < 0.15, (
        "channels by themselves"
    )
    np.testing.assert_array_equal(noise(image.copy()), found)
    assert (noise(image + 1) - 1 != found).mean() > 0.99, "another image has other noise"
    unit = (found[..., 0] - low[0]) / width[0]
    beside = BASELINES_OF_MAPS["random"].draw(image[None, ..., :1], image[None])[0]
    assert abs(np.corrcoef(unit.ravel(), beside.ravel())[0, 1]) < 0.15, "nor is it that of the random map"
    whole = noise(image[..., :1]).ravel()
    drawn = BASELINES_OF_MAPS["random"].draw(image[None, ..., :1], image[None, ..., :1])[0].ravel()
    assert abs(np.corrcoef(whole, drawn)[0, 1]) < 0.15, "also where both draw as many numbers"


def test_fills_by_hand() -> None:
    image = np.array([[[1, 10], [3, 30]], [[5, 50], [7, 70]]], np.float32)
    assert tuple(FILLS) == BASELINES
    assert (FILLS["mean"](image) == [4, 40]).all() and not FILLS["zero"](image).any()
    np.testing.assert_array_equal(FILLS["blur"](image), blurred(image))
    assert all(fill(image).shape == image.shape for fill in FILLS.values())


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_holds_for_deletion_and_insertion(name: str) -> None:
    """Against loops that exchange pixels with it, of a model that sees where they are."""
    image, cam = random_image(5, 4, 1), np.random.default_rng(2).random((3, 3), np.float32)
    weights = np.arange(20).reshape(5, 4, 1)

    def seen(x: np.ndarray, _: int = 0) -> float:
        return float((x * weights).sum()) / 100

    other = FILLS[name](image)
    (found,) = measure(one_by_one(seen), image, [cam], [0], [seen(image)], 6, ["deletion", "insertion"], name)
    deletion = oracle.curve(seen, oracle.exchanged(image, other, cam, 6))
    insertion = oracle.curve(seen, oracle.exchanged(other, image, cam, 6))
    assert found.deletion_curve == pytest.approx(deletion, abs=1e-5)
    assert found.insertion_curve == pytest.approx(insertion, abs=1e-5)


# --- Order ------------------------------


def test_ties_go_by_rows() -> None:
    """Only the map's top right is special; then top left, bottom left, bottom right."""
    image = np.array([[8, 4], [16, 32]], np.float32)[..., None]
    cam = np.array([[1, 2], [1, 1]], np.float32)
    found = measure(one_by_one(brightness), image, [cam], [0], [15.0], steps=4)[0]
    assert found.deletion_curve == pytest.approx((15, 71 / 4, 78 / 4, 77 / 4, 15))


@pytest.mark.parametrize(
    ("cam", "size"),
    [
        ([[3, 3, 0], [1, 1, 0], [3, 3, 0]], (11, 21)),
        ([[3, 1], [1, 3], [3, 1]], (23, 16)),
        ([[3, 1, 1]], (9, 14)),
    ],
)
def test_ties_stay_ties_although_weights_are_rounded(cam: list[list[int]], size: tuple[int, int]) -> None:
    """Pixels that mirror each other are equal but for float32: they go in the order of the loops."""
    saliency_map = np.array(cam, np.float32)
    expected = [i * size[1] + j for i, j in oracle.salient_first(saliency_map, size)]
    assert salient_first(at_size(saliency_map, size)).tolist() == expected


# --- Inputs ------------------------------


def test_the_inputs_are_those_of_the_loops() -> None:
    """A chunk holds many, and they are no view of one another. The image is not changed."""
    image = random_image(6, 6, 1)
    before, cam = image.copy(), np.random.default_rng(2).random((2, 3), np.float32)
    kept: list[np.ndarray] = []

    def score(asked: Perturbed) -> np.ndarray:
        kept.extend(x for x, _ in inputs_of(asked))
        return np.zeros((len(kept), 1))

    measure(score, image, [cam], [0], [0.5], steps=4)
    expected = [
        oracle.multiplied(image, cam),
        *oracle.deleted(image, cam, 4)[1:],
        *oracle.inserted(image, cam, 4)[:-1],
    ]
    np.testing.assert_allclose(np.stack(kept), np.stack(expected), atol=1e-5)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(("size", "steps"), [((5, 7), 6), ((3, 4), 20), ((20, 20), 300)])
def test_a_pixel_is_exchanged_in_the_step_that_its_place_in_the_order_says(
    size: tuple[int, int], steps: int
) -> None:
    saliency = np.random.default_rng(3).random(size).astype(np.float32)
    found = exchanged_at(saliency, steps)
    assert found.nbytes <= 2 * saliency.size
    for step in range(steps + 1):
        first = salient_first(saliency)[: round(step / steps * saliency.size)]
        assert np.flatnonzero(found < step).tolist() == sorted(first.tolist())


def test_volumes_are_blurred_within_and_across_their_planes():
    """A single place spreads as the product of what it spreads to along each direction."""
    image = np.zeros((20, 30, 40, 1), np.float32)
    image[10, 15, 20] = 1
    found = blurred(image)

    def line(length: int, at: int, sigma: float) -> np.ndarray:
        away = np.arange(length) - at
        near = np.where(np.abs(away) <= math.ceil(4 * sigma), np.exp(-(away**2) / (2 * sigma**2)), 0)
        return near / near.sum()

    rows, columns, planes = line(30, 15, 3), line(40, 20, 3), line(20, 10, 2)
    expected = planes[:, None, None] * rows[:, None] * columns
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-6)
    assert at_size(np.ones((2, 3, 4), np.float32), (20, 30, 40)).shape == (20, 30, 40)
