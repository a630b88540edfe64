"""How a model runs: fixed batch sizes of every kind, inputs in a dict or a list, runs that differ."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from xai_cam import explain
from xai_cam.cam.classifier import Classifier
from xai_cam.models.input.model_inputs import as_asked
from xai_cam.models.network import Network

SHAPE = (8, 8, 3)
X = np.random.default_rng(0).uniform(0, 1, (5, *SHAPE)).astype(np.float32)


def ending(y: Any, activation: str | None = "softmax") -> Any:
    return layers.Dense(3, activation=activation)(y)


def reshaped(size: int, declared: int | None = None, activation: str | None = "softmax") -> Any:
    image = keras.Input(SHAPE, batch_size=declared)
    maps = layers.Conv2D(4, 3, name="last")(image)
    return keras.Model(image, ending(ops.reshape(maps, (size, 6 * 6 * 4)), activation))


def put_back(size: int) -> Any:
    """Reshaped in the middle, all images in one row where there is a batch of 1, and mixed by a mean."""
    image = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3, name="last")(image)
    row = ops.reshape(maps, (size, -1, 4))
    mixed = row - ops.mean(row, axis=1, keepdims=True)
    return keras.Model(image, ending(layers.GlobalMaxPooling2D()(ops.reshape(mixed, (-1, 6, 6, 4)))))


def added(size: int) -> Any:
    image = keras.Input(SHAPE)
    more = tf.ones((size, 6, 6, 4))
    maps = layers.Conv2D(4, 3, name="last")(image)
    return keras.Model(image, ending(layers.GlobalAveragePooling2D()(ops.relu(maps + more))))


class Fixed(keras.Model):
    """Subclassed: nothing but a trace tells."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.maps, self.top = layers.Conv2D(4, 3, name="last"), layers.Dense(3, activation="softmax")

    def call(self, images: Any) -> Any:
        return self.top(ops.reshape(self.maps(images), (self.size, 6 * 6 * 4)))


def subclassed(size: int) -> Any:
    model = Fixed(size)
    model(np.zeros((size, *SHAPE), np.float32))
    return model


def alone(model: Any, size: int) -> np.ndarray:
    """By plain Keras: a batch of copies of each image."""
    return np.stack([np.asarray(model(np.stack([x] * size), training=False))[0] for x in X])


FIXED: list[tuple[Callable[[], Any], int]] = [
    (lambda: reshaped(1, declared=1), 1),
    (lambda: reshaped(4), 4),
    (lambda: reshaped(2), 2),
    (lambda: reshaped(8, declared=8), 8),
    (lambda: reshaped(1, activation=None), 1),
    (lambda: reshaped(4, activation=None), 4),
    (lambda: put_back(1), 1),
    (lambda: added(4), 4),
    (lambda: subclassed(1), 1),
    (lambda: subclassed(4), 4),
]


@pytest.mark.parametrize("number", range(len(FIXED)))
def test_a_fixed_batch_size_is_found_and_kept_to(number: int, caplog: pytest.LogCaptureFixture) -> None:
    build, size = FIXED[number]
    model = build()
    network = Network(model)
    assert network.batch_size == size
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert len(said) == 1 and said[0].startswith(
        f"A batch of {size} is fixed in the model: it is given {size}"
    )
    scores, predicted = Classifier(network).score(list(X))
    known = alone(model, size)
    if network.head.activation == "linear":
        known = np.asarray(ops.softmax(known))
    np.testing.assert_allclose(scores, known, atol=1e-5)
    assert predicted.tolist() == known.argmax(1).tolist()


@pytest.mark.parametrize(
    "build",
    [
        lambda: keras.Sequential(
            [keras.Input(SHAPE, 4), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)]
        ),
        lambda: keras.Sequential(
            [keras.Input(SHAPE, 2), layers.Conv2D(4, 3), layers.Reshape((-1,)), layers.Dense(3)]
        ),
    ],
)
def test_a_batch_size_that_is_only_declared_does_not_count(
    build: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert Network(build()).batch_size is None
    assert not caplog.records


def in_a_dict() -> Any:
    image = keras.Input(SHAPE, name="photo")
    return keras.Model({"photo": image}, ending(layers.GlobalMaxPooling2D()(layers.Conv2D(4, 3)(image))))


def test_a_subclassed_model_is_given_what_it_was_called_with() -> None:
    for shapes, given in (
        ({"input_shape": {"photo": [1, 8, 8, 3]}}, {"photo": "x"}),
        ({"input_shape": [[1, 8, 8, 3]]}, ["x"]),
        ({"input_shape": [1, 8, 8, 3]}, "x"),
    ):
        assert as_asked(SimpleNamespace(_build_shapes_dict=shapes), "x") == (given, {})


def in_a_list() -> Any:
    image = keras.Input(SHAPE, name="photo")
    return keras.Model([image], ending(layers.GlobalMaxPooling2D()(layers.Conv2D(4, 3)(image))))


@pytest.mark.parametrize("build", [in_a_dict, in_a_list])
def test_images_are_given_in_the_structure_that_is_asked_for(build: Callable[[], Any]) -> None:
    model = build()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = explain(model, X, engine="tensorflow")
        given = {"photo": X} if build is in_a_dict else [X]
        known = np.asarray(model(given, training=False))
    assert [one.predicted_class for one in found] == known.argmax(1).tolist()


class Unsteady(keras.Model):
    """A model with something in it that does not change with `training`."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.maps, self.part, self.top = layers.Conv2D(4, 3), part, layers.Dense(3, activation="softmax")
        self.mean = layers.GlobalAveragePooling2D()

    def call(self, images: Any) -> Any:
        return self.top(self.mean(self.part(self.maps(images), training=True)))


@pytest.mark.parametrize(
    ("part", "differ"),
    [
        (layers.Dropout(0.5, name="kept_on"), True),
        (layers.GaussianNoise(0.5, name="noisy"), True),
        (layers.Dropout(0.5, noise_shape=(1, None, None, 4), name="one_mask_for_all"), True),
        (layers.GaussianNoise(1e-9, name="silent"), False),
        (layers.Dropout(0.0, name="nothing_dropped"), False),
    ],
)
def test_runs_that_differ_are_told_with_the_layer(
    part: Any, differ: bool, caplog: pytest.LogCaptureFixture
) -> None:
    model = Unsteady(part)
    model(X)
    Network(model)
    said = " ".join(one.getMessage() for one in caplog.records)
    assert bool(said) == differ
    assert not differ or (said.startswith("Two runs of one image differ") and f"({part.name})" in said)


class Counting(layers.Layer):
    """Counts its calls."""

    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, x: Any) -> Any:
        self.calls.assign_add(1.0)
        return x * self.calls


@pytest.mark.parametrize("activation", ["softmax", None])
def test_a_state_that_is_kept_between_runs_is_told_and_put_back(
    activation: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Linear units are tried out once more, for whether they add up to 1."""
    image, counting = keras.Input(SHAPE), Counting(name="counting")
    maps = layers.Conv2D(4, 3)(counting(image))
    model = keras.Model(image, ending(layers.GlobalAveragePooling2D()(maps), activation))
    before = float(counting.calls)
    Network(model)
    assert "stays on in the model (counting)." in caplog.records[0].getMessage()
    assert float(counting.calls) == before


class InABranch(layers.Layer):
    """Draws noise inside of an `if` over tensors."""

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        return tf.cond(tf.reduce_sum(x) > 0, lambda: x + tf.random.normal(tf.shape(x)), lambda: x)


def test_noise_inside_of_a_branch_is_told(caplog: pytest.LogCaptureFixture) -> None:
    image = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3)(InABranch(name="noisy")(image))
    Network(keras.Model(image, ending(layers.GlobalAveragePooling2D()(maps))))
    assert "stays on in the model (noisy)." in caplog.records[0].getMessage()


def test_dropout_that_inference_turns_off_is_no_matter(caplog: pytest.LogCaptureFixture) -> None:
    image = keras.Input(SHAPE)
    maps = layers.Dropout(0.5)(layers.Conv2D(4, 3)(layers.RandomFlip()(image)), training=True)
    Network(keras.Model(image, ending(layers.GlobalAveragePooling2D()(maps))))
    assert not caplog.records
