"""ROAD: the order in which pixels go, the noise, and the values against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import road as oracle
from support.perturbed import one_by_one
from xai_cam.metrics import road
from xai_cam.metrics.asked import asked_for
from xai_cam.metrics.faithfulness import measure
from xai_cam.metrics.perturbation import at_size
from xai_cam.metrics.road import PICTURES, judge_road, road_marks, road_picture

RNG = np.random.default_rng(11)
IMAGE = RNG.normal(0, 1, (9, 7, 3)).astype(np.float32)
MAP = RNG.permutation(63).reshape(9, 7).astype(np.float32)
NAMES = ("road", "road_morf", "road_lerf")


def bright(image: np.ndarray, _: int = 0) -> float:
    """A model that looks at the left more than at the right, and is not linear."""
    return float(1 / (1 + np.exp(-2 * (image[:, :3].mean() - image[:, 3:, 1].mean() / 2))))


def changed(image: np.ndarray, saliency: np.ndarray, place: int) -> np.ndarray:
    return (road_picture(image, saliency, place) != image).any(axis=-1)


def test_the_oracle_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the stream of inputs of all measures, beside another map of the same class."""
    monkeypatch.setattr(road, "NOISE", 0.0)
    maps = [MAP, MAP[::-1]]
    found = measure(one_by_one(bright), IMAGE, maps, [0, 0], [bright(IMAGE)] * 2, 0, asked_for(NAMES).used)
    for one, cam in zip(found, maps, strict=True):
        expected = oracle.road(bright, IMAGE, cam)
        np.testing.assert_allclose([one.values[name] for name in NAMES], expected, atol=1e-6)


def test_the_most_and_the_least_salient_go_first() -> None:
    for k, percent in enumerate((10, 20, 30, 40, 50, 60, 70, 80, 90)):
        count = 63 * percent // 100
        np.testing.assert_array_equal(changed(IMAGE, MAP / 62, k), 62 - count < MAP)
        np.testing.assert_array_equal(changed(IMAGE, MAP / 62, k + 9), count > MAP)
    assert PICTURES == 18


def test_equally_salient_pixels_go_in_a_random_order_of_the_images_own() -> None:
    """Scattered, as many as are asked for, and the same ones for every map of the image."""
    step = np.zeros((40, 40), np.float32)
    step[:, :2] = 1
    image, other = RNG.random((2, 40, 40, 1)).astype(np.float32)
    least = changed(image, step, 9)
    assert least.sum() == 160 and not least[:, :2].any() and least.any(axis=1).sum() > 30
    np.testing.assert_array_equal(changed(image, step / 2, 9), least)
    assert (changed(other, step, 9) != least).any()
    nearly = step + RNG.uniform(-1e-7, 1e-7, step.shape).astype(np.float32)
    np.testing.assert_array_equal(changed(image, nearly, 9), least), "float32 is no finer"


def test_noise_is_a_hundredth_of_the_range_where_pixels_were_filled_in() -> None:
    image = np.linspace(-100, 155, 40 * 40 * 3, dtype=np.float32).reshape(40, 40, 3)
    ramp = np.arange(1600, dtype=np.float32).reshape(40, 40) / 1600
    noisy = road_picture(image, ramp, 8)
    removed = (noisy != image).any(axis=-1)
    noise = (noisy - road.imputed(image, removed))[removed]
    assert noise.std() == pytest.approx(2.55, rel=0.05) and abs(noise.mean()) < 0.2
    assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 0.1, "each channel its own"
    np.testing.assert_array_equal(road_picture(image, ramp, 8), noisy)
    fewer = road_picture(image, ramp, 7)
    both = (fewer != image).any(axis=-1)
    same = (fewer - road.imputed(image, both))[both]
    np.testing.assert_allclose(same, (noisy - road.imputed(image, removed))[both], atol=1e-4)


def test_marks_are_the_same_where_the_same_pixels_go() -> None:
    """Of a map and its square those of all pictures; of one that is turned round, the halves exchanged."""
    marks = road_marks(IMAGE, MAP / 62)
    assert len(set(marks)) == len(marks) == PICTURES
    assert road_marks(IMAGE, (MAP / 62) ** 2) == marks
    assert road_marks(IMAGE, 1 - MAP / 62) == marks[9:] + marks[:9]
    swapped = MAP.copy()
    swapped[MAP == 62], swapped[MAP == 61] = 61, 62
    assert road_marks(IMAGE, swapped / 62) == marks, "both are among the first tenth"


def test_verdicts_by_hand() -> None:
    found = judge_road(0.9, np.array([0.1] * 9 + [0.7] * 9))
    assert found == {n: pytest.approx(v) for n, v in zip(NAMES, (0.3, 0.1, 0.7), strict=True)}


def test_a_map_that_puts_pixels_in_no_order_has_none() -> None:
    maps = [np.zeros((9, 7), np.float32), np.ones((9, 7), np.float32), np.full((9, 7), np.nan, np.float32)]
    found = measure(one_by_one(bright), IMAGE, maps, [0] * 3, [0.5] * 3, 0, NAMES)
    assert all(not one.values.keys() & set(NAMES) for one in found)


def test_a_small_map_is_enlarged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for the other measures: over its maximum, bilinearly."""
    monkeypatch.setattr(road, "NOISE", 0.0)
    small = np.array([[1, 2.5], [0.3, 4]], np.float32)
    (found,) = measure(one_by_one(bright), IMAGE, [small], [0], [0.5], 0, NAMES)
    large = at_size(small, (9, 7))
    if len(np.unique(large.round(5))) == large.size:
        np.testing.assert_allclose(found.values["road"], oracle.road(bright, IMAGE, large)[0], atol=1e-6)
    (same,) = measure(one_by_one(bright), IMAGE, [large], [0], [0.5], 0, NAMES)
    assert found.values["road"] == pytest.approx(same.values["road"], abs=1e-6)
