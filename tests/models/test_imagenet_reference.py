"""A real ImageNet classifier against arrays computed elsewhere, one channel at a time in plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import cams
from support.small_models import shared
from xai_cam import Explainer, load_model
from xai_cam.cam.engines.questions import live_channels

pytestmark = pytest.mark.zoo

LAYERS = ["conv_pw_13_relu", "conv_pw_6_relu"]
MASKED_IMAGES = 2  # of the eight; 256 forwards each


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(shared("zoo/imagenet_mobilenet_v1_025_224") / "reference.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def images(reference: dict[str, np.ndarray]) -> np.ndarray:
    return reference["input_uint8"].astype(np.float32) / 127.5 - 1


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model(shared("zoo/imagenet_mobilenet_v1_025_224") / "model.json")


@pytest.fixture(scope="module")
def explainers(model: Any) -> dict[str, Explainer]:
    return {layer: Explainer(model, layer) for layer in LAYERS}


def close(found: np.ndarray, expected: np.ndarray, share: float = 0.0) -> None:
    """Equal to 1e-3 of the largest value, except at a `share` of the positions."""
    assert found.shape == expected.shape
    wrong = np.abs(found - expected) > 1e-3 * np.abs(expected).max()
    assert wrong.mean() <= share, f"{wrong.sum()} of {wrong.size} positions differ"


@pytest.mark.parametrize("layer", LAYERS)
def test_activations_logits_and_gradients(reference, images, explainers, layer: str):
    target = reference["target_class"]
    forward, (gradients,) = explainers[layer].engine.gradients(images, target[:, None], "logit")
    close(forward.activations, reference[f"{layer}/activations"])
    close(forward.logits, reference["logits"])
    np.testing.assert_array_equal(forward.predicted[:, 0], reference["logits"].argmax(axis=1))
    # A ReLU6 after `conv_pw_6_relu` sits at its kink for one image: rounding decides whether the gradient
    # passes there, which reaches the few positions in front of that gate, and no other.
    close(gradients, reference[f"{layer}/gradients"], share=2e-4 if layer == "conv_pw_6_relu" else 0)


@pytest.mark.parametrize(
    ("layer", "method"),
    [*((LAYERS[0], name) for name in cams.GRADIENT_METHODS), (LAYERS[1], "grad-cam")],
)
def test_gradient_maps(reference, images, explainers, layer: str, method: str):
    found = explainers[layer].explain(images, [method], reference["target_class"][:, None])
    for i, (explanation,) in enumerate(found):
        activations, gradients = (reference[f"{layer}/{name}"][i] for name in ("activations", "gradients"))
        close(explanation.cam, cams.GRADIENT_METHODS[method](activations, gradients))


def test_maps_without_gradients(reference, images, explainers):
    layer, target = LAYERS[0], reference["target_class"]
    explainer = explainers[layer]
    for i in range(MASKED_IMAGES):
        activations, score = reference[f"{layer}/activations"][i], reference["logits"][i, target[i]]
        expected = {
            "ablation-cam": cams.ablation_cam(activations, reference[f"{layer}/ablated_logit"][i], score),
            "eigen-cam": cams.eigen_cam(activations.astype(float)),
            "score-cam": cams.score_cam(activations, reference[f"{layer}/masked_logit"][i]),
            "score-cam-official": cams.score_cam_official(
                activations, reference[f"{layer}/masked_probability"][i]
            ),
        }
        (found,) = explainer.explain(images[i : i + 1], list(expected), target[i : i + 1, None])
        for explanation in found:
            close(explanation.cam, expected[explanation.method])


def test_masked_scores_and_score_cam(reference, images, explainers):
    layer = LAYERS[0]
    part, target = images[:MASKED_IMAGES], reference["target_class"][:MASKED_IMAGES, None]
    engine = explainers[layer].engine
    before = engine.forward(part)
    scores = engine.masked_scores(part, before, target, live_channels(before.activations))
    names = {"masked_logit": scores.logits, "masked_probability": scores.probabilities}
    for name, found in names.items():
        expected = reference[f"{layer}/{name}"][:MASKED_IMAGES]
        np.testing.assert_array_equal(np.isnan(found[:, 0]), np.isnan(expected))
        close(np.nan_to_num(found[:, 0]), np.nan_to_num(expected))
    assert np.isnan(reference[f"{layer}/masked_logit"]).any(), "a reference without constant channels"
