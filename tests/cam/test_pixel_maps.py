"""Maps of the pixels as formulas, against loops, and against gradients by TensorFlow's own tape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import pixels
from support.pixels import gradients_of
from support.small_models import build_tiny
from xai_cam import METHODS, Explainer, explain
from xai_cam.cam.pixel_maps import AtInput, saliency

X = np.random.default_rng(6).uniform(-1, 2, (3, 16, 16, 3)).astype(np.float32)
PIXELS = [name for name, method in METHODS.items() if not method.needs_layer]


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def explainer(model: Any) -> Explainer:
    return Explainer(model, engine="tensorflow")


def test_saliency_by_hand() -> None:
    gradients = np.array([[[[1, -3, 2], [0, 0.5, -0.25]]]], np.float32)
    np.testing.assert_array_equal(saliency(AtInput(gradients, gradients)), [[[3, 0.5]]])


def test_saliency_equals_its_loops(model: Any, explainer: Explainer) -> None:
    found = explainer.explain(X, "saliency", [0, 2])
    for i, of_image in enumerate(found):
        for one in of_image:
            right = np.array(pixels.saliency(gradients_of(model, X[i], one.target_class)))
            np.testing.assert_allclose(one.cam, right, rtol=0, atol=1e-5 * right.max())
            assert one.cam.shape == (16, 16) and one.layer == "" and one.part is None


@pytest.mark.parametrize("method", PIXELS)
def test_an_image_does_not_depend_on_its_batch_nor_on_the_size_of_chunks(model: Any, method: str) -> None:
    whole = explain(model, X, method=method, target_class="top2")
    others = [explain(model, X[::-1], method=method, target_class="top2", chunk_size=2, batch_size=2)]
    others.append(explain(model, X[::-1], method=method, target_class="top2", engine="tensorflow"))
    for other in others:
        for mine, theirs in zip(other.by_image[::-1], whole.by_image, strict=True):
            for one, right in zip(mine, theirs, strict=True):
                assert one.target_class == right.target_class
                np.testing.assert_allclose(one.cam, right.cam, rtol=0, atol=1e-5 * np.abs(right.cam).max())


def test_absolute_maps_have_one_side(explainer: Explainer, model: Any) -> None:
    negative = explain(model, X[:1], method="saliency", sign="negative")[0]
    assert negative.status == "blank" and "absolute values" in negative.cause and not negative.cam.any()
    both = explain(model, X[:1], method="saliency", sign="both")[0]
    np.testing.assert_array_equal(both.cam, explainer.explain(X[:1], "saliency")[0][0].cam)
