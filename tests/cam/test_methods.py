"""The methods as formulas: examples worked out on paper, and what all of them promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.by_hand import BY_HAND, Example
from xai_cam import METHODS
from xai_cam.cam.methods import Ablated, Evidence, Method, combine

N, H, W, K = 3, 4, 5, 6


SCORE = np.array([2, -1.5, 0.5], np.float32)


def method_maps(method: Method, activations: np.ndarray, evidence: np.ndarray, score: Any = SCORE) -> Any:
    return combine(activations, method.weights(activations, given(method, evidence, score)))


def given(method: Method, evidence: np.ndarray, score: np.ndarray = SCORE) -> Any:
    """Evidence as the method takes it; `score` (n,) is that of the whole image."""
    if method.evidence is Evidence.ACTIVATIONS:
        return None
    return Ablated(score, evidence) if method.evidence is Evidence.ABLATED_SCORES else evidence


def random_inputs(method: Method, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (N, K) if method.evidence.by_channel else (N, H, W, K)
    return rng.normal(size=(N, H, W, K)).astype(np.float32), rng.normal(size=shape).astype(np.float32)


CAMS = {name: method for name, method in METHODS.items() if method.weights is not None}
"""Those that weigh the channels of a layer; `test_pixel_maps.py` has the others."""


@pytest.fixture(params=CAMS.values(), ids=CAMS)
def method(request: pytest.FixtureRequest) -> Any:
    return request.param


def takes_a_class(methods: Any) -> list[Any]:
    """Methods whose map depends on the class, and so on evidence."""
    return [method for method in methods if method.evidence is not Evidence.ACTIVATIONS]


@pytest.mark.parametrize("example", BY_HAND, ids=str)
def test_by_hand(example: Example):
    activations = example.activations[None].astype(np.float32)
    evidence = np.asarray(example.evidence, np.float32)[None]
    score = np.array([example.score], np.float32)
    found = method_maps(METHODS[example.method], activations, evidence, score)
    np.testing.assert_allclose(found[0], example.expected, rtol=1e-6, atol=1e-6)


def test_every_method_has_an_example(method: Method):
    assert any(example.method == method.name for example in BY_HAND)


def test_the_oracle_agrees(method: Method):
    activations, evidence = random_inputs(method)
    by_loops = {
        **cams.GRADIENT_METHODS,
        "score-cam": cams.score_cam,
        "score-cam-official": cams.score_cam_official,
        "ablation-cam": cams.ablation_cam,
        "eigen-cam": lambda a, e: cams.eigen_cam(a),
    }[method.name]
    for i, found in enumerate(method_maps(method, activations, evidence)):
        score = [SCORE[i]] if method.evidence is Evidence.ABLATED_SCORES else []
        expected = by_loops(activations[i], evidence[i], *score)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * expected.max())


def test_shape_dtype_and_finite(method: Method):
    activations, evidence = random_inputs(method)
    weights = method.weights(activations, given(method, evidence))
    found = method_maps(method, activations, evidence)
    assert weights.shape in ((N, 1, 1, K), (N, H, W, K)) and weights.dtype == np.float32
    assert found.shape == (N, H, W) and found.dtype == np.float32
    assert np.isfinite(found).all() and (found >= 0).all() and found.any()


@pytest.mark.filterwarnings("error")
def test_blank_and_large_inputs(method: Method):
    activations, evidence = random_inputs(method)
    assert not method_maps(method, 0 * activations, evidence).any()
    assert np.isfinite(method_maps(method, activations, 1e4 * evidence)).all()
    assert np.isfinite(method_maps(method, 1e4 * activations, 1e-30 * evidence)).all()


@pytest.mark.parametrize("method", takes_a_class(CAMS.values()), ids=lambda method: method.name)
def test_no_evidence_is_blank(method: Method):
    activations, evidence = random_inputs(method)
    nothing = np.full_like(evidence, np.nan) if method.evidence.by_channel else 0 * evidence
    assert not method_maps(method, activations, nothing).any()


@pytest.mark.parametrize("name", [n for n, m in METHODS.items() if m.evidence.by_channel])
def test_a_skipped_channel_counts_for_nothing(name: str):
    method = METHODS[name]
    activations, scores = random_inputs(method)
    scores[:, 2] = np.nan
    without = np.delete(activations, 2, axis=-1), np.delete(scores, 2, axis=-1)
    assert (method.weights(activations, given(method, scores))[..., 2] == 0).all()
    np.testing.assert_allclose(
        method_maps(method, activations, scores), method_maps(method, *without), rtol=1e-5
    )


def test_an_image_does_not_depend_on_its_batch(method: Method):
    activations, evidence = random_inputs(method)
    together = method_maps(method, activations, evidence)
    for i in range(N):
        alone = method_maps(method, activations[i : i + 1], evidence[i : i + 1], SCORE[i : i + 1])
        np.testing.assert_array_equal(alone[0], together[i])


def test_inputs_are_not_changed(method: Method):
    activations, evidence = random_inputs(method)
    for array in (activations, evidence):
        array.flags.writeable = False
    method_maps(method, activations, evidence)


def test_ablation_without_a_score_to_lose():
    """Where the score is 0 there is no share of it: the drops themselves."""
    evidence = Ablated(np.zeros(1, np.float32), np.array([[-3, 2, np.nan]], np.float32))
    weights = METHODS["ablation-cam"].weights(np.empty((1, 2, 2, 3)), evidence)
    np.testing.assert_array_equal(weights[0, 0, 0], [3, -2, 0])


@pytest.mark.parametrize("shape", [(1, 1, 4), (5, 5, 1), (2, 3, 40), (9, 9, 2)])
def test_the_first_singular_vector_of_any_shape(shape: tuple[int, int, int]):
    activations = np.abs(np.random.default_rng(5).normal(size=(2, *shape))).astype(np.float32)
    found = combine(activations, METHODS["eigen-cam"].weights(activations, None))
    for a, f in zip(activations, found, strict=True):
        np.testing.assert_allclose(f, cams.eigen_cam(a.astype(float)), rtol=1e-4)


@pytest.mark.parametrize("name", [m.name for m in METHODS.values() if m.evidence is Evidence.GRADIENTS])
def test_a_gradient_that_is_no_number_is_seen_in_the_map_of_its_image_alone(name: str) -> None:
    activations, gradients = random_inputs(METHODS[name])
    gradients[1, 0, 0, 0] = np.nan
    found = method_maps(METHODS[name], activations, gradients)
    assert np.isnan(found[1]).any() and np.isfinite(found[[0, 2]]).all()


def test_eigen_cam_of_one_broken_image_leaves_the_others():
    activations, _ = random_inputs(METHODS["eigen-cam"])
    activations[1, 0, 0, 0] = np.nan
    weights = METHODS["eigen-cam"].weights(activations, None)
    assert np.isnan(weights[1]).all() and np.isfinite(weights[[0, 2]]).all()


def test_score_cam_weights_sum_to_one():
    _, scores = random_inputs(METHODS["score-cam"])
    scores[0, :5] = np.nan
    weights = METHODS["score-cam"].weights(np.empty((0, 2, 2, 6)), scores)
    np.testing.assert_allclose(weights.sum(axis=(1, 2, 3)), 1, rtol=1e-6)
    assert weights[0, 0, 0, 5] == 1


def test_the_table():
    for name, method in METHODS.items():
        assert name == method.name
        assert method.summary and method.cost and "20" in method.paper
        assert set(method.scores) <= {"logit", "probability"}
        assert (method.weights is None) != (method.maps is None), "either weights of channels, or maps"
        assert method.needs_layer or method.maps is not None
