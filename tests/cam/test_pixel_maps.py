"""Maps of the pixels as formulas, against loops, and against gradients by TensorFlow's own tape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import pixels
from support.pixels import gradients_of, scored
from support.small_models import build_tiny
from support.volume_models import volumes_model
from xai_cam import METHODS, Explainer, explain
from xai_cam.cam.input_points import noisy
from xai_cam.cam.pixel_maps import AtInput, OnPath, gradient_input, integrated_gradients, residuals, saliency
from xai_cam.models.input.inputs import Inputs

X = np.random.default_rng(6).uniform(-1, 2, (3, 16, 16, 3)).astype(np.float32)
PIXELS = [name for name, method in METHODS.items() if not (method.needs_layer or method.evidence.by_masks)]
"""Methods of gradients at the input; `test_masked_inputs.py` has those that cover parts of it."""


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def explainer(model: Any) -> Explainer:
    return Explainer(model, engine="tensorflow")


def test_saliency_by_hand() -> None:
    gradients = np.array([[[[1, -3, 2], [0, 0.5, -0.25]]]], np.float32)
    np.testing.assert_array_equal(saliency(AtInput(gradients, gradients)), [[[3, 0.5]]])


def test_gradient_times_input_and_integrated_gradients_by_hand() -> None:
    """Two pixels of two channels: 2 * 1 - 1 * 3 = -1 and 0.5 * 4 + 0 = 2; from (1, 1): 1 - 6 and -2 - 7."""
    x = np.array([[[[2, -1], [0.5, 0]]]], np.float32)
    gradients = np.array([[[[1, 3], [4, 7]]]], np.float32)
    np.testing.assert_array_equal(gradient_input(AtInput(x, gradients)), [[[-1, 2]]])
    on_path = OnPath(x, gradients, np.ones_like(x), np.float32([-4]), np.float32([6]))
    found = integrated_gradients(on_path)
    np.testing.assert_array_equal(found, [[[1 - 6, -2 - 7]]])
    np.testing.assert_array_equal(residuals(found, on_path), [-14 + 10])


def test_rounding_of_the_scores_is_no_change_and_no_residual() -> None:
    """A black picture, whose score comes from two graphs; then one whose score changes."""
    x = np.zeros((2, 1, 2, 1), np.float32)
    on_path = OnPath(x, x, x, np.float32([8.00002, 8.01]), np.float32([8, 8]))
    assert on_path.change[0] == 0 and on_path.change[1] == pytest.approx(0.01, rel=1e-3)
    found = residuals(integrated_gradients(on_path), on_path)
    assert found[0] == 0 and found[1] == pytest.approx(-0.01, rel=1e-3)
    sums = np.float32([[[0.00003, 0.00003]], [[0.0100, 0]]])
    assert residuals(sums, on_path).tolist() == [0, 0], "below 1e-5 of the score"


def right(model: Any, name: str, x: np.ndarray, target_class: int, start: np.ndarray) -> np.ndarray:
    """The map of an image by loops, with four steps or draws of seed 5."""

    def gradient(at: np.ndarray) -> np.ndarray:
        return gradients_of(model, at.astype(np.float32), target_class).astype(float)

    by_loops = {
        "saliency": lambda: pixels.saliency(gradient(x)),
        "gradient-input": lambda: pixels.gradient_input(x, gradient(x)),
        "integrated-gradients": lambda: pixels.integrated_gradients(x, start, gradient, 4),
        "smooth-grad": lambda: pixels.smooth_grad([noisy(4, 5).make(x, k) for k in range(4)], gradient),
    }
    return np.array(by_loops[name]())


@pytest.fixture(scope="module")
def found(model: Any) -> Any:
    """Maps of two classes, with a black picture that is not 0, in chunks that hold parts of two images."""
    asked = {"samples": 4, "seed": 5, "sign": "both", "chunk_size": 3}
    black = np.full((16, 16, 3), [-0.5, 0.25, 1], np.float32)
    explainer = Explainer(model, engine="tensorflow", **asked)
    return black, explainer.explain(Inputs(X[:2], black=black), PIXELS, [0, 2])


@pytest.mark.parametrize("method", PIXELS)
def test_maps_equal_their_loops(model: Any, found: Any, method: str) -> None:
    black, explanations = found
    for i, of_image in enumerate(explanations):
        of_method = [one for one in of_image if one.method == method]
        assert [one.target_class for one in of_method] == [0, 2]
        for one in of_method:
            expected = right(model, method, X[i], one.target_class, black)
            np.testing.assert_allclose(one.cam, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
            assert one.cam.shape == (16, 16) and one.layer == "" and one.part is None


def test_the_residual_is_what_the_sum_is_off_by(model: Any, found: Any) -> None:
    black, explanations = found
    for i, of_image in enumerate(explanations):
        for one in of_image:
            if one.method != "integrated-gradients":
                assert one.residual is one.score_change is None
                continue
            ends = [scored(model, x, one.target_class)[0] for x in (X[i], black)]
            np.testing.assert_allclose(one.score_change, ends[0] - ends[1], rtol=1e-4)
            np.testing.assert_allclose(one.residual, one.cam.sum() - (ends[0] - ends[1]), atol=1e-3)


def test_more_steps_leave_less_of_it(model: Any) -> None:
    given = Inputs(X, black=np.zeros((16, 16, 3), np.float32))
    left = [
        sum(abs(one.residual) for (one,) in explainer.explain(given, "integrated-gradients"))
        for explainer in (Explainer(model, engine="tensorflow", samples=n) for n in (2, 40))
    ]
    assert left[1] < 0.2 * left[0]


def test_a_seed_draws_other_noise_and_the_same_again(model: Any) -> None:
    first, again, other = (
        explain(model, X[:1], method="smooth-grad", samples=3, seed=seed, engine="tensorflow")[0].cam
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01 * first.max()


def test_of_volumes_there_are_maps_of_planes() -> None:
    cut = volumes_model()
    x = np.random.default_rng(0).normal(size=(1, *cut.model.input_shape[1:])).astype(np.float32)
    (of_image,) = Explainer(cut.model, engine="tensorflow", samples=2).explain(x, PIXELS)
    assert [one.cam.shape for one in of_image] == [x.shape[1:-1]] * len(PIXELS)
    assert all(one.status == "ok" for one in of_image)


def few(method: str) -> dict[str, int]:
    """Three samples, where there are any."""
    return {"samples": 3} if METHODS[method].samples else {}


@pytest.mark.parametrize("method", PIXELS)
def test_an_image_does_not_depend_on_its_batch_nor_on_the_size_of_chunks(model: Any, method: str) -> None:
    asked: dict[str, Any] = {"method": method, "target_class": "top2", **few(method)}
    whole = explain(model, X, **asked)
    others = [explain(model, X[::-1], **asked, chunk_size=2, batch_size=2, engine="tensorflow")]
    for other in others:
        for mine, theirs in zip(other.by_image[::-1], whole.by_image, strict=True):
            for one, right in zip(mine, theirs, strict=True):
                assert one.target_class == right.target_class
                np.testing.assert_allclose(one.cam, right.cam, rtol=0, atol=1e-5 * np.abs(right.cam).max())


@pytest.mark.parametrize("method", PIXELS)
def test_signs(model: Any, method: str) -> None:
    """What is above 0, what is below, and both; absolute values have one side, and it is said."""
    asked: dict[str, Any] = {"method": method, "engine": "tensorflow", **few(method)}
    positive, negative, both = (
        explain(model, X[:1], sign=sign, **asked)[0] for sign in ("positive", "negative", "both")
    )
    np.testing.assert_array_equal(positive.cam, np.maximum(both.cam, 0))
    np.testing.assert_array_equal(negative.cam, np.maximum(-both.cam, 0))
    if METHODS[method].absolute:
        assert negative.status == "blank" and "absolute values" in negative.cause
        assert "cells, absolute values, full colour from the map's 99th percentile on" in both.caption()[1]
    else:
        assert negative.status == positive.status == "ok" and positive.cam.any() and negative.cam.any()
        assert "red speaks for it" in both.caption()[1]
