"""Recipro-CAM as a formula, and from end to end against loops that run one position at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.network import Network, read_network
from support.small_models import build_tiny, save_model
from xai_cam import Explainer, explain
from xai_cam.cam.engines.questions import ENGINES
from xai_cam.cam.position_maps import recipro_cam
from xai_cam.errors import InputError

X = np.random.default_rng(6).uniform(-1, 2, (3, 16, 16, 3)).astype(np.float32)
METHODS = ["recipro-cam", "recipro-cam-spread"]


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def network(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return read_network(*save_model(model, tmp_path_factory.mktemp("tiny")))


def test_by_hand_each_image_counts_from_its_own_least() -> None:
    scores = np.array([[[1, 3], [2, 1.5]], [[-1, -4], [0, -2]]], np.float32)
    np.testing.assert_array_equal(recipro_cam(scores), [[[0, 2], [1, 0.5]], [[3, 0], [4, 2]]])
    volume = np.array([[[[0.5, 1]], [[0.25, 3]]]], np.float32)
    np.testing.assert_array_equal(recipro_cam(volume), [[[[0.25, 0.75]], [[0, 2.75]]]])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
def test_maps_equal_the_loops(model: Any, network: Network, engine: str, layer: str) -> None:
    pytest.importorskip("openvino")
    explainer = Explainer(model, layer, engine=engine, chunk_size=7)
    images, classes = (X[:2], [2, 0]) if layer == "conv_2" else (X[:1], [2])  # 64 positions, or 256
    for i, of_image in enumerate(explainer.explain(images, METHODS, classes)):
        for one in of_image:
            right = cams.cam_of(one.method, network, X[i], layer, one.target_class)
            np.testing.assert_allclose(one.cam, right, rtol=0, atol=1e-5 * right.max())
            assert right.max() > 0 and one.engine == engine and one.score_name == "probability"


def test_logits_where_they_are_asked_for(model: Any, network: Network) -> None:
    (one,) = explain(model, X[:1], "conv_2", "recipro-cam", 1, score="logit", engine="tensorflow")
    right = cams.recipro_cam(cams.position_scores(network, X[0], "conv_2", 1)[0])
    np.testing.assert_allclose(one.cam, right, rtol=0, atol=1e-5 * right.max())
    assert one.score_name == "logit"


def test_an_image_does_not_depend_on_its_batch_nor_on_the_size_of_chunks(model: Any) -> None:
    whole = explain(model, X, method=METHODS, target_class="top2", engine="tensorflow")
    other = explain(model, X[::-1], method=METHODS, target_class="top2", chunk_size=3, batch_size=2)
    for mine, theirs in zip(other.by_image[::-1], whole.by_image, strict=True):
        for one, right in zip(mine, theirs, strict=True):
            assert (one.method, one.target_class) == (right.method, right.target_class)
            np.testing.assert_allclose(one.cam, right.cam, rtol=0, atol=1e-5 * right.cam.max())


def test_a_value_is_explained_where_there_is_no_probability() -> None:
    model = build_tiny(1, None)
    up, down = explain(model, X[:1], method="recipro-cam", target_class=["up", "down"], head="regression")
    assert up.score_name == down.score_name == "value" and up.status == down.status == "ok"
    np.testing.assert_allclose(
        up.cam + down.cam, up.cam.max(), rtol=1e-4
    )  # the one is the other from its top
    with pytest.raises(InputError, match="regression"):
        explain(model, X[:1], method="recipro-cam", score="probability", head="regression")


def test_nothing_speaks_against_a_class(model: Any) -> None:
    (one,) = explain(model, X[:1], method="recipro-cam", sign="negative")
    assert one.status == "blank" and "counts from the position" in one.cause
