"""The methods as formulas: examples worked out on paper, and what all of them promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.by_hand import BY_HAND, Example
from xai_cam import METHODS
from xai_cam.methods import Evidence, Method, combine

N, H, W, K = 3, 4, 5, 6


def method_maps(method: Method, activations: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    return combine(activations, method.weights(activations, evidence))


def random_inputs(method: Method, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (N, H, W, K) if method.evidence is Evidence.GRADIENTS else (N, K)
    return rng.normal(size=(N, H, W, K)).astype(np.float32), rng.normal(size=shape).astype(np.float32)


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def method(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("example", [e for e in BY_HAND if e.method in METHODS], ids=str)
def test_by_hand(example: Example):
    activations = example.activations[None].astype(np.float32)
    evidence = np.asarray(example.evidence)[None].astype(np.float32)
    found = method_maps(METHODS[example.method], activations, evidence)
    np.testing.assert_allclose(found[0], example.expected, rtol=1e-6, atol=1e-6)


def test_every_method_has_an_example(method: Method):
    assert any(example.method == method.name for example in BY_HAND)


def test_the_oracle_agrees(method: Method):
    activations, evidence = random_inputs(method)
    by_loops = {
        **cams.GRADIENT_METHODS,
        "score-cam": cams.score_cam,
        "score-cam-official": cams.score_cam_official,
    }[method.name]
    for found, a, e in zip(method_maps(method, activations, evidence), activations, evidence, strict=True):
        np.testing.assert_allclose(found, by_loops(a, e), rtol=1e-5, atol=1e-6)


def test_shape_dtype_and_finite(method: Method):
    activations, evidence = random_inputs(method)
    weights, found = method.weights(activations, evidence), method_maps(method, activations, evidence)
    assert weights.shape in ((N, 1, 1, K), (N, H, W, K)) and weights.dtype == np.float32
    assert found.shape == (N, H, W) and found.dtype == np.float32
    assert np.isfinite(found).all() and (found >= 0).all() and found.any()


@pytest.mark.filterwarnings("error")
def test_blank_and_large_inputs(method: Method):
    activations, evidence = random_inputs(method)
    assert not method_maps(method, 0 * activations, evidence).any()
    nothing = np.full_like(evidence, np.nan) if evidence.ndim == 2 else 0 * evidence
    assert not method_maps(method, activations, nothing).any()
    assert np.isfinite(method_maps(method, activations, 1e4 * evidence)).all()


@pytest.mark.parametrize("name", [n for n, m in METHODS.items() if m.evidence is Evidence.MASKED_SCORES])
def test_a_skipped_channel_counts_for_nothing(name: str):
    method = METHODS[name]
    activations, scores = random_inputs(method)
    scores[:, 2] = np.nan
    without = np.delete(activations, 2, axis=-1), np.delete(scores, 2, axis=-1)
    assert (method.weights(activations, scores)[..., 2] == 0).all()
    np.testing.assert_allclose(
        method_maps(method, activations, scores), method_maps(method, *without), rtol=1e-5
    )


def test_an_image_does_not_depend_on_its_batch(method: Method):
    activations, evidence = random_inputs(method)
    together = method_maps(method, activations, evidence)
    for i in range(N):
        alone = method_maps(method, activations[i : i + 1], evidence[i : i + 1])
        np.testing.assert_array_equal(alone[0], together[i])


def test_inputs_are_not_changed(method: Method):
    activations, evidence = random_inputs(method)
    for array in (activations, evidence):
        array.flags.writeable = False
    method_maps(method, activations, evidence)


def test_score_cam_weights_sum_to_one():
    _, scores = random_inputs(METHODS["score-cam"])
    scores[0, :5] = np.nan
    weights = METHODS["score-cam"].weights(np.empty(0), scores)
    np.testing.assert_allclose(weights.sum(axis=(1, 2, 3)), 1, rtol=1e-6)
    assert weights[0, 0, 0, 5] == 1


def test_the_table():
    for name, method in METHODS.items():
        assert name == method.name
        assert method.summary and method.cost and "20" in method.paper
        assert set(method.scores) <= {"logit", "probability"}
