"""The largest activation of a model, by hand, and what is made of it before anything is run."""

from __future__ import annotations

import logging
import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from xai_cam import Explainer
from xai_cam.cam.classifier import Classifier
from xai_cam.errors import ModelError
from xai_cam.models import activations
from xai_cam.models.activations import Largest, check_activations
from xai_cam.models.network import Network
from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.traced.trace import Trace, trace

SHAPE = (8, 8, 3)
X = np.random.default_rng(0).uniform(0, 1, (5, *SHAPE)).astype(np.float32)


def built(*inner: Any, shape: tuple[int, ...] = SHAPE) -> keras.Model:
    """A model with maps, whatever lies before its head."""
    head = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    return keras.Sequential([keras.Input(shape), layers.Conv2D(4, 3, name="first"), *inner, *head])


def traced_on(model: keras.Model, shape: tuple[int, ...]) -> Trace:
    return trace(lambda x: model(x, training=False), (2, *shape), nodes_of(model))


def memory_of(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    """Let a tensor have so many bytes."""
    monkeypatch.setattr(activations, "largest_tensor", lambda: largest)
    monkeypatch.setattr(activations, "most_at_once", lambda: 2 * largest)
    monkeypatch.setattr(activations, "total_memory", lambda: 4 * largest)


@pytest.mark.parametrize(
    ("inner", "shape", "kind"),
    [
        ([], (8, 8, 3), "float32"),  # 192 numbers of the image, 6 x 6 x 4 = 144 of its maps
        ([layers.UpSampling2D(10)], (60, 60, 4), "float32"),
        ([layers.Dense(40, name="wide")], (6, 6, 40), "float32"),
        ([layers.Conv2D(50, 1, dtype="float64")], (6, 6, 50), "float64"),
    ],
)
def test_the_largest_activation_by_hand(inner: list[Any], shape: tuple[int, ...], kind: str) -> None:
    found, _ = traced_on(built(*inner), SHAPE).largest
    assert (found.shape, found.kind) == (shape, kind)
    assert found.bytes == np.prod(shape) * np.dtype(kind).itemsize


def test_it_is_named_after_its_layer() -> None:
    trace = traced_on(built(layers.UpSampling2D(10, name="up")), SHAPE)
    assert trace.where(trace.largest[0].operation) == "up"


def test_weights_are_no_activations() -> None:
    """A kernel of 144 x 5,000 numbers, cast to another kind before it is used."""
    head = [layers.Flatten(), layers.Dense(5000, dtype="mixed_float16"), layers.Dense(3)]
    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(4, 3), *head])
    assert traced_on(model, SHAPE).largest[0].bytes == 5000 * 4


def test_what_is_made_of_nothing_counts_once() -> None:
    @keras.saving.register_keras_serializable("test_activations")
    class Blank(layers.Layer):
        def call(self, x: Any) -> Any:
            return x + keras.ops.mean(keras.ops.ones((70, 80, 9)))

    of_images, of_nothing = traced_on(built(Blank()), SHAPE).largest
    assert of_images.bytes == 8 * 8 * 3 * 4 and of_nothing.bytes == 70 * 80 * 9 * 4


def test_inside_of_a_loop() -> None:
    """20 steps of a recurrent layer over rows of 40 states."""
    inner = [layers.Reshape((36, 4)), layers.LSTM(400)]
    head = [layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(4, 3), *inner, *head])
    assert traced_on(model, SHAPE).largest[0].bytes >= 4 * 400 * 4, "four gates a step"


def test_a_model_that_is_too_large_is_refused_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four images of 8 x 8 x 3 numbers of 4 bytes are 3,072 bytes."""
    memory_of(monkeypatch, 3072)
    Network(built())
    memory_of(monkeypatch, 3071)
    with pytest.raises(ModelError) as refused:
        Network(built())
    assert refused.value.message == (
        "The model's largest activation takes 0.8 kB (images, 8 x 8 x 3, float32) for each of 4 images at a "
        "time, more than a quarter of the memory here (3.1 kB of 12.3 kB). Use `batch_size=3`, a smaller "
        "`size` if the model leaves it open, or a machine with more memory."
    )
    Network(built(), batch_size=3)
    Network(built(), batch_size=1)


def test_a_single_image_has_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    memory_of(monkeypatch, 768)
    assert Network(built(), batch_size=1).at_most(1) == 1
    memory_of(monkeypatch, 767)
    with pytest.raises(ModelError, match=r"float32\), more than a quarter .*\. Use a smaller `size` if"):
        Network(built(), batch_size=1)


def test_a_batch_that_is_fixed_counts_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    memory_of(monkeypatch, 20 * 768)
    image = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3)(image)
    head = layers.Dense(3)
    Network(keras.Model(image, head(keras.ops.reshape(maps, (20, 6 * 6 * 4)))))
    with pytest.raises(ModelError, match="for each of 21 images at a time"):
        Network(keras.Model(image, head(keras.ops.reshape(maps, (21, 6 * 6 * 4)))))


def test_batches_and_chunks_are_as_small_as_it_takes(monkeypatch: Any, caplog: Any) -> None:
    model = built()
    expected = Explainer(model, engine="tensorflow").explain(X, ["grad-cam", "score-cam"])
    memory_of(monkeypatch, 4 * 768)
    explainer = Explainer(model, engine="tensorflow")
    asked: list[int] = []
    engine: Any = explainer.engine
    whole = engine.at_layers([explainer.target_layer])
    gradients = whole.gradients
    monkeypatch.setattr(whole, "gradients", lambda x, *more: (asked.append(len(x)), gradients(x, *more))[1])
    with caplog.at_level(logging.WARNING):
        found = explainer.explain(X, ["grad-cam", "score-cam"])
    assert max(asked) <= 4 and sum(asked) == 5 and engine.chunk_size == 4
    assert Classifier(explainer.network).batch_size == 4
    for some, others in zip(found, expected, strict=True):
        for one, other in zip(some, others, strict=True):
            assert one.image == other.image
            np.testing.assert_allclose(one.cam, other.cam, rtol=1e-5, atol=1e-7)
    assert [r.message for r in caplog.records] == [
        "The largest activation takes 0.8 kB (images, 8 x 8 x 3, float32) for each image: continuing with at "
        "most 4 at a time, for which a quarter of the memory is enough."
    ]


def test_a_model_without_tensors_is_none() -> None:
    check_activations(Largest(), 10**9)
    assert Largest().images > 10**6


# --- All that are there at once -----------------------------------------------------------------------


def of_branches(count: int) -> keras.Model:
    """So many enlarged maps of 60 x 60 x 4 numbers, 57,600 bytes, and their mean."""
    image = keras.Input(SHAPE)
    maps = layers.Conv2D(4, 3)(image)
    together = layers.Average()(
        [layers.UpSampling2D(10, name=f"up{number}")(maps) for number in range(count)]
    )
    return keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(together)))


def test_a_chain_has_two_at_once() -> None:
    """What an operation takes, and what it gives; those before are gone."""
    found, _ = traced_on(built(*[layers.ReLU() for _ in range(9)]), SHAPE).largest
    assert found.together == (8 * 8 * 3 + 6 * 6 * 4) * 4


def test_branches_are_there_until_they_are_used() -> None:
    trace = traced_on(of_branches(12), SHAPE)
    found, _ = trace.largest
    assert found.bytes == 57600 and 12 * 57600 <= found.together <= 15 * 57600
    assert trace.where(found.at) == "up11" and not found.alone


def test_branches_are_refused_though_each_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of 50 of them is less than 4 x 12."""
    memory_of(monkeypatch, 50 * 57600 // 4)
    with pytest.raises(ModelError) as refused:
        Network(of_branches(12))
    assert re.fullmatch(
        r"The model's activations take 748\.8 kB at once \(at up11\) for each of 4 images at a time, more "
        r"than half of the memory here \(1\.4 MB of 2\.9 MB\)\. Use `batch_size=1`, a smaller `size` if .*",
        refused.value.message,
    )
    Network(of_branches(12), batch_size=1)


def test_fewer_are_taken_at_a_time(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    memory_of(monkeypatch, 150 * 57600 // 4)
    with caplog.at_level(logging.WARNING):
        assert Network(of_branches(12)).at_most(16) in (5, 6)
    assert "at once (at up11) for each image: continuing with at most" in caplog.text
    assert "for which half of the memory is enough" in caplog.text
