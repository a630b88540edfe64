"""Gradients at inputs by OpenVINO: proven, kept, and left to TensorFlow where it cannot."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny, save_model
from support.stored import Store
from xai_cam.cam.engines.input_gradients import InputGradients
from xai_cam.cam.engines.openvino import gradient_graphs
from xai_cam.cam.engines.openvino.engine import OpenVINOEngine
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.files.cache import Cache
from xai_cam.models.layers import WHOLE
from xai_cam.models.network import Network

pytest.importorskip("openvino")

X = np.random.default_rng(6).uniform(0, 1, (5, 16, 16, 3)).astype(np.float32)
COLUMNS = np.array([[0, 2], [1, 0], [2, 1], [0, 1], [1, 2]])


def gradients(engine: Any) -> np.ndarray:
    found = np.full((2, 5, 16, 16, 3), np.nan, np.float32)

    def take(number: int, some: np.ndarray, _: np.ndarray) -> None:
        assert np.isnan(found[:, number]).all(), "handed on twice"
        found[:, number] = some

    engine.input_gradients(InputGradients(np.arange(5), X.__getitem__, take, COLUMNS, [()] * 5, "logit"))
    return found


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def exact(model: Any) -> np.ndarray:
    return gradients(TensorFlowEngine(Network(model), WHOLE))


def close(found: np.ndarray, exact: np.ndarray) -> None:
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def test_it_says_what_tensorflow_says(model: Any, exact: np.ndarray, caplog: Any) -> None:
    engine = OpenVINOEngine(Network(model), WHOLE, 2, by_name=True)
    close(gradients(engine), exact)
    assert not engine._of_gradients.gave_up and not caplog.messages
    assert list(engine._of_gradients._compiled) == ["input gradients of 2 logit"]


def test_a_graph_is_kept_and_answers_alone(tmp_path: Path, exact: np.ndarray) -> None:
    store = Store(save_model(build_tiny(), tmp_path), Cache(tmp_path / "cache"))
    first, again = (OpenVINOEngine(store.network(), WHOLE, 2, cache=store.cache) for _ in range(2))
    close(gradients(first), exact)
    close(gradients(again), exact)
    assert first._reference.there and not again._reference.there


def test_what_disagrees_is_left_to_tensorflow_alone(
    model: Any, exact: np.ndarray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gradient_graphs, "gradient_difference", lambda *_: 1.0)
    engine = OpenVINOEngine(Network(model), WHOLE, 2, by_name=True)
    with caplog.at_level(logging.WARNING):
        close(gradients(engine), exact)
    assert [line.partition(":")[0] for line in caplog.messages] == [
        "OpenVINO cannot run the model's gradients at its input"
    ]
    assert engine.name == "openvino", "other questions are its own"


def test_changed_weights_are_not_converted_anew(exact: np.ndarray) -> None:
    model = build_tiny()
    engine = OpenVINOEngine(Network(model), WHOLE, 2, by_name=True)
    close(gradients(engine), exact)
    weights = model.get_weights()
    model.set_weights([0.5 * one for one in weights])
    close(gradients(engine), gradients(TensorFlowEngine(Network(model), WHOLE)))
    assert engine._of_gradients._compiled["input gradients of 2 logit"][2] is None


def test_both_the_gradients_and_the_scores_behind_them_count() -> None:
    graphs: Any = gradient_graphs.GradientGraphs.__new__(gradient_graphs.GradientGraphs)
    exact = np.arange(1, 13, dtype=np.float32).reshape(1, 3, 4)
    assert graphs.off_by(exact, exact, "f32") == 0
    for changed in (exact * [1, 1, 1, 1.1], exact * [1, 0.9, 1, 1]):
        assert graphs.off_by(changed.astype(np.float32), exact, "f32") > 0.01
