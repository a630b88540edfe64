"""Outputs of several layers from one call: inner ones, shared ones at each call, one of several outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.small_models import build_tiny
from xai_cam.errors import ModelError
from xai_cam.models.layer_outputs import LayerOutputs
from xai_cam.models.layers import LayerInfo

X = np.random.default_rng(0).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)


class Halves(keras.layers.Layer):
    """Gives its input twice, once negated."""

    def call(self, x: Any) -> dict[str, Any]:
        return {"as it is": x, "turned": -x}


def info(layer: Any, **options: Any) -> LayerInfo:
    return LayerInfo(layer.name, layer, None, 0, **options)


def outputs(model: Any, layers: list[LayerInfo]) -> list[np.ndarray]:
    """What they put out for X, from one trace."""

    @tf.function(autograph=False)
    def run(x: Any) -> Any:
        found = LayerOutputs(layers)
        with found.recorded():
            model(x)
        return found.tensors()

    return [np.asarray(one) for one in run(tf.constant(X))]


def test_layers_of_layers() -> None:
    inner = build_tiny()
    image = keras.Input((16, 16, 3))
    model = keras.Model(image, keras.layers.Dense(2, name="outer")(inner(image)))
    wanted = [model.get_layer("outer"), inner, inner.get_layer("conv_1")]
    of_model, of_inner, of_first = outputs(model, [info(one) for one in wanted])
    np.testing.assert_allclose(of_model, np.asarray(model(X)), rtol=1e-5)
    np.testing.assert_allclose(of_inner, np.asarray(inner(X)), rtol=1e-5)
    np.testing.assert_allclose(of_first, np.asarray(wanted[2](X)), rtol=1e-5, atol=1e-6)
    assert "call" not in vars(inner), "nothing is left in the layers"


def test_a_shared_layer_at_each_of_its_calls() -> None:
    shared, image = keras.layers.Dense(3, name="shared"), keras.Input((16, 16, 3))
    model = keras.Model(image, shared(shared(image)))
    second, first = outputs(model, [info(shared, number=2), info(shared, number=1)])
    np.testing.assert_allclose(first, np.asarray(shared(X)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(second, np.asarray(shared(shared(X))), rtol=1e-4, atol=1e-6)
    with pytest.raises(ModelError, match="'shared' was not called"):
        outputs(model, [info(shared, number=3)])


def test_one_of_several_outputs_is_watched_alone() -> None:
    """d(x - 2 y)/dy is -2, and nothing is known of what leads there."""
    layer, image = Halves(name="halves"), keras.Input((16, 16, 3))
    found = layer(image)
    model = keras.Model(image, found["as it is"] - 2 * found["turned"])

    @tf.function(autograph=False)
    def run(x: Any) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            seen = LayerOutputs([replace(info(layer), place=1)], tape)
            with seen.recorded():
                y = model(x)
        (turned,) = seen.tensors()
        assert tape.gradient(y, x) is None
        return turned, tape.gradient(y, turned)

    turned, gradient = run(tf.constant(X))
    np.testing.assert_array_equal(turned, -X)
    np.testing.assert_array_equal(gradient, np.full_like(X, -2))
