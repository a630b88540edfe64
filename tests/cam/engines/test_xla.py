"""Graphs compiled by XLA say what TensorFlow says, and are compiled once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.perturbed import mixed
from support.small_models import build_held, build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.questions import PREDICTED
from xai_cam.cam.engines.xla import XLAEngine
from xai_cam.cam.methods import METHODS
from xai_cam.errors import ModelError, OutOfMemoryError

X = np.random.default_rng(4).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)

CAMS = [name for name, method in METHODS.items() if method.needs_layer]


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def by_xla(model: Any) -> Explainer:
    return Explainer(model, xla=True)


def maps(explainer: Explainer, images: np.ndarray) -> np.ndarray:
    """The maps of all methods, each over its own maximum."""
    found = explainer.explain(images, CAMS, [0, 2])
    cams = np.stack([one.cam for of_image in found for one in of_image])
    return cams / np.maximum(cams.max(axis=(1, 2), keepdims=True), 1e-9)


def shapes_of(engine: Any, monkeypatch: pytest.MonkeyPatch) -> dict[int, set[tuple[Any, ...]]]:
    """The shapes that each graph is called with from now on: XLA compiles once for each."""
    seen: dict[int, set[tuple[Any, ...]]] = {}
    original = engine.graph_of

    def watched(function: Any) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            seen.setdefault(id(function), set()).add(tuple(tuple(one.shape) for one in given))
            return original(function)(*given)

        return call

    monkeypatch.setattr(engine, "graph_of", watched)
    return seen


def test_batches_of_any_size_have_one_shape(
    model: Any, by_xla: Explainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All methods on five, two and one image, whose channels are not alike many, say what they say alone."""
    plain = Explainer(model, engine="tensorflow")
    assert by_xla.engine.name == by_xla.engine.passes_by == "tensorflow xla"
    seen = shapes_of(by_xla.engine, monkeypatch)
    for images in (X, X[:2], X[3:4]):
        expected = maps(plain, images)
        assert expected.max(axis=(1, 2)).mean() > 0.9, "few are blank"
        np.testing.assert_allclose(maps(by_xla, images), expected, rtol=0, atol=1e-4)
        found, exact = (one.engine.perturbed_scores(mixed(images, [1])) for one in (by_xla, plain))
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-6)
    assert len(seen) == 6, "gradients with the pass, masked, ablated, positions of two kinds, altered images"
    assert [len(shapes) for shapes in seen.values()] == [1] * 6


def test_other_inputs_and_batches_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"image": X, "age": np.linspace(-1, 1, 5, dtype=np.float32)[:, None]}
    model = build_held()
    by_xla, plain = Explainer(model, xla=True), Explainer(model, engine="tensorflow")
    seen = shapes_of(by_xla.engine, monkeypatch)
    for part in (slice(5), slice(2, 4)):
        some = {name: one[part] for name, one in given.items()}
        found, exact = (one.explain(some, ["score-cam"]) for one in (by_xla, plain))
        for (mine,), (right,) in zip(found, exact, strict=True):
            np.testing.assert_allclose(mine.cam, right.cam, rtol=0, atol=1e-5)
    assert [len(shapes) for shapes in seen.values()] == [1, 1]


def test_half_a_batch_is_not_filled_up_again(
    model: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain, explainer = Explainer(model, engine="tensorflow"), Explainer(model, xla=True)
    expected = plain.explain(X, ["grad-cam"])
    engine, asked = explainer.engine, list[int]()
    assert isinstance(engine, XLAEngine)
    original = plain.engine.graph_of  # type: ignore[attr-defined]

    def limited(function: Any) -> Callable[..., Any]:
        def call(images: Any, *more: Any) -> Any:
            asked.append(len(images))
            if len(images) > 3:
                raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
            return original(function)(images, *more)

        return call

    monkeypatch.setattr(engine, "graph_of", limited)
    with caplog.at_level(logging.WARNING):
        found = explainer.explain(X, ["grad-cam"])
    assert asked == [5, 2, 3] and "Out of memory with 5 images" in caplog.text
    for (mine,), (right,) in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine.cam, right.cam, rtol=0, atol=1e-5)


def test_what_xla_cannot_compile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv_1")(inputs)
    x = keras.layers.Resizing(7, 7, interpolation="bicubic")(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(x)))
    with pytest.raises(ModelError, match=r"XLA has no ResizeBicubic, .* needs\. Leave out `xla`\.$"):
        Explainer(model, xla=True).explain(X[:1], ["score-cam"])
    assert Explainer(model, engine="tensorflow").explain(X[:1], ["score-cam"])
    engine = Explainer(model, xla=True).engine

    def refuse(*_: Any) -> Any:
        raise tf.errors.InvalidArgumentError(None, None, "no such device")

    monkeypatch.setattr(engine, "graph_of", lambda function: refuse)
    with pytest.raises(
        ModelError, match=r"no such device\. .* XLA compiled it: see if it runs without `xla`"
    ):
        engine.gradients(X, np.full((5, 1), PREDICTED, np.int32), "logit")
    exhausted = tf.errors.ResourceExhaustedError(None, None, "OOM")
    with pytest.raises(OutOfMemoryError), engine.running():  # type: ignore[attr-defined]
        raise exhausted
