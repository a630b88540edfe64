"""Faithfulness of maps, against loops of the definitions and against 2 x 2 images worked out on paper."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oracle import faithfulness as oracle
from oracle.samples import small_network
from support.perturbed import inputs_of, one_by_one
from xai_cam.cam.engines.perturbed import Perturbed
from xai_cam.metrics.faithfulness import Faithfulness, measure, measure_batch
from xai_cam.metrics.measures import USUAL
from xai_cam.metrics.probes import Case

NAN = math.nan
NETWORK = small_network(np.random.default_rng(3), 3, "softmax")


def network(x: np.ndarray, target: int) -> float:
    return float(NETWORK.probabilities(0.1 * x[None])[0, target])


def brightness(x: np.ndarray, target: int) -> float:
    """A 'probability' that can be worked out: the mean of the image, the same for any class."""
    return float(x.mean())


def maps(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def image_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# --- On paper ------------------------------


def by_hand(image: list[list[float]], cam: list[list[float]], y: float, steps: int = 4) -> Faithfulness:
    """A grey 2 x 2 image, a 2 x 2 map, and the model that sees brightness."""
    pixels = np.array(image, np.float32)[..., None]
    return measure(one_by_one(brightness), pixels, [np.array(cam, np.float32)], [0], [y], steps)[0]


def test_a_2_by_2_image_by_hand() -> None:
    """Map over maximum: 1, 0.5 / 0, 0.25. Order: top left, top right, bottom right, bottom left."""
    found = by_hand([[0.8, 0.4], [0.0, 0.4]], [[4, 2], [0, 1]], y=0.4)
    # 0.8 * 1 + 0.4 * 0.5 + 0 + 0.4 * 0.25 = 1.1, over four pixels
    assert found.masked_probability == pytest.approx(1.1 / 4)
    assert found.drop == pytest.approx(100 * (0.4 - 0.275) / 0.4)
    assert (found.increase, found.gain) == (0, 0), "what is lost is no gain below 0"
    # The mean, 0.4, in place of 0.8, then of 0.4, of 0.4, of 0: sums 1.6, 1.2, 1.2, 1.2, 1.6
    assert found.deletion_curve == pytest.approx((0.4, 0.3, 0.3, 0.3, 0.4))
    assert found.deletion == pytest.approx((0.2 + 0.3 + 0.3 + 0.3 + 0.2) / 4)
    assert found.insertion_curve[-1] == found.probability == 0.4


def test_insertion_by_hand_into_a_blur_that_is_nothing() -> None:
    """Sigma 0.2 of two pixels: the neighbour weighs exp(-12.5) twice (mirrored) beside 1."""
    found = by_hand([[1, 0], [0, 0]], [[0, 1], [0, 0.5]], y=0.25)
    far = 2 * math.exp(-12.5) / (1 + 2 * math.exp(-12.5))
    blurry = np.array([[(1 - far) ** 2, far * (1 - far)], [far * (1 - far), far**2]])
    assert found.insertion_curve[0] == pytest.approx(blurry.mean(), abs=5e-8)
    # Top right, bottom right, top left, bottom left are put in
    blurry[0, 1] = blurry[1, 1] = 0
    assert found.insertion_curve[2] == pytest.approx(blurry.mean(), abs=5e-8)
    assert found.insertion_curve[3:] == pytest.approx((0.25 + blurry[1, 0] / 4, 0.25), abs=5e-8)


def test_an_increase_is_no_drop() -> None:
    found = by_hand([[1, -1], [-1, -1]], [[1, 0], [0, 0]], y=0.1)
    assert (found.masked_probability, found.drop, found.increase) == (0.25, 0, 100)
    assert found.gain == pytest.approx(100 * 0.15 / 0.9)


def test_nothing_can_be_gained_of_a_certain_class() -> None:
    found = by_hand([[1, 1], [1, 1]], [[1, 0], [0, 0]], y=1)
    assert math.isnan(found.gain) and found.drop == 75


def test_no_change_is_neither() -> None:
    found = by_hand([[1, 0], [0, 0]], [[1, 0], [0, 0]], y=0.25)
    assert (found.masked_probability, found.drop, found.increase, found.gain) == (0.25, 0, 0, 0)


# --- Against loops ------------------------------


@pytest.mark.parametrize(
    ("size", "grid", "steps"),
    [
        ((8, 8), (3, 3), 5),
        ((7, 10), (2, 5), 32),
        ((6, 6), (6, 6), 36),
        ((9, 6), (12, 3), 7),
        ((6, 7), (1, 3), 1),
    ],
)
def test_all_metrics_against_loops(size: tuple[int, int], grid: tuple[int, int], steps: int) -> None:
    image = image_of(*size, 2, seed=sum(size))
    cams, classes = maps(3, *grid), [0, 2, 2]
    y = [network(image, c) for c in classes]
    found = measure(one_by_one(network), image, list(7 * cams), classes, y, steps, [*USUAL, "gain"])
    for cam, target, own, faithfulness in zip(cams, classes, y, found, strict=True):
        o = network(oracle.multiplied(image, cam), target)
        assert faithfulness.probability == own
        assert faithfulness.masked_probability == pytest.approx(o, abs=1e-6)
        assert faithfulness.drop == pytest.approx(oracle.drop(own, o), abs=1e-3)
        assert faithfulness.increase == oracle.increase(own, o)
        assert faithfulness.gain == pytest.approx(oracle.gain(own, o), abs=1e-3)
        for name, images in (
            ("deletion", oracle.deleted(image, cam, steps)),
            ("insertion", oracle.inserted(image, cam, steps)),
        ):
            curve = oracle.curve(lambda x, target=target: network(x, target), images)
            assert getattr(faithfulness, f"{name}_curve") == pytest.approx(curve, abs=1e-5)
            assert getattr(faithfulness, name) == pytest.approx(oracle.area(curve), abs=1e-5)


@settings(deadline=None, max_examples=30)
@given(
    arrays(np.float32, (5, 4, 1), elements=st.integers(-3, 3).map(float)),
    arrays(np.float32, (2, 2), elements=st.integers(0, 4).map(float)),
    st.integers(1, 25),
)
def test_curves_of_equal_cells_against_loops(image: np.ndarray, cam: np.ndarray, steps: int) -> None:
    y = brightness(image, 0)
    found = measure(one_by_one(brightness), image, [cam], [0], [y], steps)[0]
    if cam.max() == cam.min():
        assert math.isnan(found.deletion) and found.insertion_curve == ()
        return
    deletion = oracle.curve(lambda x: x.mean(), oracle.deleted(image, cam, steps))
    insertion = oracle.curve(lambda x: x.mean(), oracle.inserted(image, cam, steps))
    assert found.deletion_curve == pytest.approx(deletion, abs=1e-5)
    assert found.insertion_curve == pytest.approx(insertion, abs=1e-5)


# --- What has no figure ------------------------------


def test_a_blank_map_is_scored_on_nothing() -> None:
    found = by_hand([[1, 1], [1, 1]], [[0, 0], [0, 0]], y=1)
    assert (found.masked_probability, found.drop, found.increase) == (0, 100, 0)
    assert math.isnan(found.deletion) and math.isnan(found.insertion)
    assert found.deletion_curve == found.insertion_curve == ()


def test_a_flat_map_keeps_the_image_and_orders_nothing() -> None:
    found = by_hand([[0.5, 1], [0, 0.5]], [[3, 3], [3, 3]], y=0.5)
    assert (found.masked_probability, found.drop, found.increase) == (0.5, 0, 0)
    assert math.isnan(found.deletion) and math.isnan(found.insertion)


def test_nothing_can_drop_from_zero() -> None:
    found = by_hand([[1, 0], [0, -1]], [[1, 0], [0, 0]], y=0)
    assert math.isnan(found.drop) and found.increase == 100
    assert not math.isnan(found.deletion)


@pytest.mark.parametrize(("cam", "y"), [(NAN, 0.5), (math.inf, 0.5), (1.0, NAN)])
def test_what_is_not_finite_is_not_scored(cam: float, y: float) -> None:
    asked: list[Any] = []

    def score(perturbed: Perturbed) -> np.ndarray:
        asked.extend(inputs_of(perturbed))
        return np.zeros((len(asked), 1))

    found = measure(score, image_of(4, 4, 1), [np.array([[cam, 0.5]], np.float32)], [0], [y])[0]
    figures = (found.masked_probability, found.drop, found.increase, found.deletion, found.insertion)
    assert not asked and all(map(math.isnan, figures)) and found.deletion_curve == ()


def test_a_model_that_answers_nan() -> None:
    found = measure(one_by_one(lambda x, _: NAN), image_of(4, 4, 1), [maps(2, 2)], [0], [0.5], steps=2)[0]
    assert all(map(math.isnan, (found.drop, found.increase, found.deletion, found.insertion)))


# --- The stream ------------------------------


def test_without_curves_a_map_costs_one_pass() -> None:
    """With curves of 8 steps a map costs 15, and the ends that all share 2."""
    calls: list[int] = []

    def score(asked: Perturbed) -> np.ndarray:
        calls.append(len(asked.rows))
        return one_by_one(brightness)(asked)

    image, cams = image_of(6, 6, 3), list(maps(4, 3, 3))
    with_curves = measure(score, image, cams, [0] * 4, [0.5] * 4, steps=8)
    without = measure(score, image, cams, [0] * 4, [0.5] * 4, names=["drop", "increase"])
    assert calls == [4 * 15 + 2, 4]
    for a, b in zip(with_curves, without, strict=True):
        assert (a.drop, a.increase, a.masked_probability) == (b.drop, b.increase, b.masked_probability)
        assert math.isnan(b.deletion) and math.isnan(b.insertion) and b.insertion_curve == ()


def test_images_share_one_stream_and_keep_their_figures() -> None:
    """Different sizes of batches, a blank map and one without a number between others."""
    images = [image_of(6, 6, 2, seed=s) for s in range(3)]
    cams = [
        [maps(3, 3, seed=1), np.zeros((3, 3), np.float32)],
        [np.full((3, 3), np.nan, np.float32), maps(3, 3, seed=2)],
        [maps(3, 3, seed=3)],
    ]
    cases = [
        Case(image, of_image, [0, 1][: len(of_image)], [network(image, c) for c in range(len(of_image))])
        for image, of_image in zip(images, cams, strict=True)
    ]
    calls: list[int] = []

    def score(asked: Perturbed) -> np.ndarray:
        calls.append(len(asked.rows))
        return one_by_one(network)(asked)

    together = measure_batch(score, cases, steps=4)
    ordered = 2 + 1 + 2 * 3
    assert calls == [(ordered + 1) + ordered + ordered]
    for case, found in zip(cases, together, strict=True):
        arguments = (case.image, case.saliency_maps, case.classes, case.probabilities)
        alone = measure(one_by_one(network), *arguments, steps=4)
        assert repr(found) == repr(alone)  # NaN is equal to NaN there


# --- What is not a class, and not an image alone ------------------------------


def test_of_a_value_the_drop_over_its_size_alone() -> None:
    """The value falls from -2 to -3 under the map: half of its size; a rise is no drop."""
    image, saliency = np.ones((2, 2, 1), np.float32), np.eye(2, dtype=np.float32)
    for masked, drop in ((-3.0, 50.0), (-1.0, 0.0)):
        case = Case(image, [saliency], [4], [-2.0], None, [True])
        (found,) = measure_batch(lambda asked, y=masked: np.full((len(asked.rows), 1), y), [case])[0]
        assert found.drop == drop
        rest = (found.probability, found.masked_probability, found.increase, found.deletion, found.insertion)
        assert all(map(math.isnan, rest)) and found.deletion_curve == ()


def test_what_rides_along_goes_to_the_model_with_the_inputs_of_its_image() -> None:
    image, saliency, beside = np.ones((2, 2, 1), np.float32), np.eye(2, dtype=np.float32), (np.arange(3),)
    given: list[Perturbed] = []

    def score(asked: Perturbed) -> np.ndarray:
        given.append(asked)
        return np.full((len(asked.rows), 1), 0.5)

    alone, other = Case(image, [saliency], [1], [0.5]), Case(image, [saliency], [1], [0.5], beside)
    measure_batch(score, [alone, other], steps=2)
    assert list(given[0].riding) == [(), beside] and given[0].rows[:, 0].tolist() == [0] * 5 + [1] * 5
