"""What targets cost: a target adds no pass, and several outputs of one image share the passes."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.contract import with_weights
from xai_cam import explain

COUNT = 5
"""Images: no model is tried on so many."""

METHODS = ["grad-cam", "score-cam", "ablation-cam"]


class Meter(keras.layers.Layer):
    """Notes how many images pass through it at a time, whenever it is run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def call(self, x: Any) -> Any:
        with tf.control_dependencies([tf.numpy_function(self._note, [tf.shape(x)[0]], [])]):
            return tf.identity(x)

    def _note(self, count: np.ndarray) -> None:
        self.seen.append(int(count))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def build(*first: keras.layers.Layer) -> keras.Model:
    """Two outputs of classes, one of values, one of classes at each pixel; behind the `first` layers."""
    layers = keras.layers
    image = seen = keras.Input((10, 12, 3), name="image")
    for layer in first:
        seen = layer(seen)
    last = layers.Conv2D(4, 3, padding="same", activation="relu", name="last")(seen)
    flat = layers.Flatten()(last)
    outputs = [
        layers.Dense(5, "softmax", name="kind")(flat),
        layers.Dense(3, "softmax", name="other")(flat),
        layers.Dense(2, name="amount")(flat),
        layers.Conv2D(3, 1, activation="softmax", name="pixels")(last),
    ]
    model = with_weights(keras.Model(image, outputs))
    model.compile(loss=[*["categorical_crossentropy"] * 2, "mse", "categorical_crossentropy"])
    return model


def explained(model: keras.Model, engine: str, asked: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(0, 1, (COUNT, 10, 12, 3)).astype(np.float32)
    found = explain(model, x, "last", METHODS, engine=engine, chunk_size=4, cache=False, **asked)
    assert len(found) >= COUNT * len(METHODS)


PLAIN = {"output_name": "kind", "target_class": 1}

TARGETS: dict[str, dict[str, Any]] = {
    "several classes as one": {**PLAIN, "target_class": "1+3"},
    "named rivals": {**PLAIN, "against": [0, 2]},
    "similar rivals": {**PLAIN, "against": "similar"},
    "values": {"output_name": "amount", "target_class": "1:down"},
    "predicted pixels": {"output_name": "pixels", "target_class": 1},
    "all pixels": {"output_name": "pixels", "target_class": 1, "region": "all"},
    "masks": {"output_name": "pixels", "target_class": 1, "masks": np.ones((COUNT, 10, 12), bool)},
    "function": {"target": lambda y: y[0][:, 0] - y[2][:, 1]},
    "several outputs": {"output_name": ["kind", "other", "pixels"], "target_class": 1},
    "outputs of several kinds": {"output_name": ["kind", "amount"]},
    "several classes": {**PLAIN, "target_class": [1, 3, "0+2"]},
}

# --- TensorFlow --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def metered() -> tuple[keras.Model, Meter]:
    meter = Meter()
    return build(meter), meter


@cache
def plain_passes(model: keras.Model, meter: Meter) -> list[int]:
    return passes(model, meter, PLAIN)


def passes(model: keras.Model, meter: Meter, asked: dict[str, Any]) -> list[int]:
    """How many images went through the model at a time, in the order of the calls."""
    meter.seen.clear()
    explained(model, "tensorflow", asked)
    return list(meter.seen)


def test_all_images_pass_once_and_each_channel_in_chunks(metered: tuple[keras.Model, Meter]) -> None:
    """Four channels of five images are five chunks of four, masked and again ablated: of these the meter, as
    it has an effect, is run as well.
    """
    seen = plain_passes(*metered)
    assert seen.count(COUNT) == 1 and seen[-11:] == [COUNT, *[4] * 10]


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_adds_no_pass(metered: tuple[keras.Model, Meter], name: str) -> None:
    assert passes(*metered, TARGETS[name]) == plain_passes(*metered)


# --- OpenVINO ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return build()


QUICK = ("similar rivals", "masks", "several outputs")
OFTEN = [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in TARGETS]


@pytest.mark.parametrize("name", OFTEN)
def test_a_target_asks_openvino_no_more(
    model: keras.Model, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs(model, TARGETS[name], monkeypatch) == runs(model, PLAIN, monkeypatch)


def runs(model: keras.Model, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run, in the order: a pass of all images, or a chunk."""
    openvino, seen = pytest.importorskip("openvino"), list[str]()
    for name in ("infer", "start_async"):
        run = getattr(openvino.InferRequest, name)

        def counting(*given: Any, _name: str = name, _run: Any = run, **options: Any) -> Any:
            seen.append(_name)
            return _run(*given, **options)

        monkeypatch.setattr(openvino.InferRequest, name, counting)
    explained(model, "openvino", asked)
    monkeypatch.undo()
    assert seen.count("start_async") >= 10, "five chunks masked and five ablated"
    return seen
