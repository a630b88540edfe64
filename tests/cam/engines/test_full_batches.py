"""Maps of a model with a fixed batch size: those of each image by itself, by either engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from xai_cam import compare, explain

SHAPE = (8, 8, 3)
X = np.random.default_rng(1).uniform(0, 1, (5, *SHAPE)).astype(np.float32)
ENGINES = ["tensorflow", "openvino"]


def pair(size: int) -> tuple[Any, Any]:
    """A model limited to batches of that size, and the same one that is not."""
    image = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3, activation="relu", name="last")
    top = layers.Dense(3, activation="softmax")
    return (
        keras.Model(image, top(ops.reshape(maps(image), (size, 6 * 6 * 4)))),
        keras.Model(image, top(layers.Flatten()(maps(image)))),
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", [1, 4])
def test_maps_are_those_of_the_model_without_a_fixed_batch(
    size: int, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fixed, free = pair(size)
    given: dict[str, Any] = {"method": ("grad-cam", "score-cam", "ablation-cam", "eigen-cam")}
    found = explain(fixed, X, **given, target_class="top2", engine=engine, batch_size=16, chunk_size=7)
    known = explain(free, X, **given, target_class="top2", engine="tensorflow")
    assert len(found) == len(known) == 5 * 2 * 4
    for one, other in zip(found, known, strict=True):
        assert (one.image, one.method, one.target_class) == (other.image, other.method, other.target_class)
        np.testing.assert_allclose(one.cam, other.cam, atol=1e-4 * max(other.cam.max(), 1e-6))
        assert one.engine == other.engine.replace("tensorflow", engine)
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_grad_cam_by_hand() -> None:
    """Image by image, by a GradientTape over a batch of copies."""
    fixed, _ = pair(4)
    maps, dense = fixed.get_layer("last"), fixed.layers[-1]
    for one in explain(fixed, X, engine="tensorflow"):
        batch = tf.constant(np.stack([X[one.image]] * 4))
        with tf.GradientTape() as tape:
            found = maps(batch)
            tape.watch(found)
            scores = tf.reshape(found, (4, -1)) @ dense.kernel + dense.bias
            score = tf.reduce_sum(scores[:, one.target_class])
        weights = tf.reduce_mean(tape.gradient(score, found), (1, 2))[0]
        by_hand = tf.nn.relu(tf.reduce_sum(found[0] * weights, -1)).numpy()
        np.testing.assert_allclose(one.cam, by_hand, atol=1e-5 * max(by_hand.max(), 1e-6))


def test_measures_are_those_of_the_model_without_a_fixed_batch() -> None:
    fixed, free = pair(4)
    found, known = (
        compare(one, X, method="grad-cam", steps=3, engine="tensorflow").as_figures() for one in (fixed, free)
    )
    assert found.keys() == known.keys()
    np.testing.assert_equal(rounded(found), rounded(known))


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return round(value, 3) if isinstance(value, float) else value
