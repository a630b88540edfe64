"""The TensorFlow engine where memory ends or a model fails."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from support.perturbed import mixed
from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.questions import PREDICTED, ranked
from xai_cam.errors import ModelError, OutOfMemoryError

X = np.random.default_rng(4).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)


def exhausted() -> Exception:
    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


def limit(monkeypatch: pytest.MonkeyPatch, engine: Any, attribute: str, argument: int, most: int) -> None:
    """Let a compiled function fail on more than `most` rows of one argument."""
    compiled = getattr(engine, attribute)

    def limited(*arguments: Any) -> Any:
        if len(arguments[argument]) > most:
            raise exhausted()
        return compiled(*arguments)

    monkeypatch.setattr(engine, attribute, limited)


def test_chunks_are_halved_when_memory_ends(tiny_model: Any, monkeypatch: Any, caplog: Any):
    expected = Explainer(tiny_model, chunk_size=20, engine="tensorflow").explain(X, ["score-cam"])
    explainer = Explainer(tiny_model, chunk_size=20, engine="tensorflow")
    limit(monkeypatch, explainer.engine, "_masked", -2, 6)
    with caplog.at_level(logging.WARNING):
        found = explainer.explain(X, ["score-cam"])
    said = [r.message for r in caplog.records if "Out of memory" in r.message]
    assert [m.split("with ")[1].split()[0] for m in said] == ["10", "5"]
    for (f,), (e,) in zip(found, expected, strict=True):
        np.testing.assert_allclose(f.cam, e.cam, rtol=1e-5, atol=1e-7)
    explainer.explain(X, ["score-cam"])
    assert explainer.engine.chunk_size == 5  # type: ignore[attr-defined]


def test_perturbed_inputs_are_halved_when_memory_ends(tiny_model: Any, monkeypatch: Any) -> None:
    asked = mixed(X, [1, 0])
    engine: Any = Explainer(tiny_model, chunk_size=8, engine="tensorflow").engine
    expected = engine.perturbed_scores(asked)
    limit(monkeypatch, engine.graphs, "perturbed", 2, 3)
    np.testing.assert_allclose(engine.perturbed_scores(asked), expected, rtol=1e-5)
    assert engine.chunk_size == 2 and np.isfinite(expected).all()


def test_no_memory_for_a_single_mask(tiny_model: Any, monkeypatch: Any):
    explainer = Explainer(tiny_model, engine="tensorflow")
    limit(monkeypatch, explainer.engine, "_masked", -2, 0)
    with pytest.raises(OutOfMemoryError, match="a single masked input"):
        explainer.explain(X[:1], ["score-cam"])


@pytest.mark.parametrize("classes", [["predicted"], [0, 2], np.array([[0], [1], [2], [0], [1]])])
def test_batches_are_halved_when_memory_ends(tiny_model: Any, monkeypatch: Any, caplog: Any, classes: Any):
    expected = Explainer(tiny_model).explain(X, ["grad-cam"], classes)
    explainer = Explainer(tiny_model, engine="tensorflow")
    whole: Any = explainer.engine.at_layers([explainer.target_layer])
    make = whole.gradient_function

    def limited(*which: Any) -> Any:
        compiled = make(*which)

        def run(images: Any, targets: Any) -> Any:
            if len(images) > 2:
                raise exhausted()
            return compiled(images, targets)

        return run

    monkeypatch.setattr(whole, "gradient_function", limited)
    with caplog.at_level(logging.WARNING):
        found = explainer.explain(X, ["grad-cam"], classes)
    assert any("5 images at once" in r.message for r in caplog.records)
    for maps, wanted in zip(found, expected, strict=True):
        assert [m.target_class for m in maps] == [m.target_class for m in wanted]
        for m, w in zip(maps, wanted, strict=True):
            np.testing.assert_allclose(m.cam, w.cam, rtol=1e-5, atol=1e-7)


def test_gradients_of_several_classes_are_those_of_each(tiny_model: Any):
    """By index, as predicted, and by rank, in one pass."""
    engine = Explainer(tiny_model, engine="tensorflow").engine
    forward = engine.forward(X)
    order = np.argsort(-forward.output, axis=1, kind="stable")
    asked = np.column_stack(
        [np.full(5, 1), np.full(5, PREDICTED), np.full(5, ranked(1)), np.full(5, ranked(2))]
    )
    passed, found = engine.gradients(X, asked, "logit")
    np.testing.assert_allclose(passed.logits, forward.logits, rtol=1e-5)
    wanted = np.column_stack([np.full(5, 1), order])
    for column, gradients in enumerate(found):
        _, (alone,) = engine.gradients(X, wanted[:, [column]], "logit")
        np.testing.assert_allclose(gradients, alone, rtol=1e-5, atol=1e-7)


def test_many_classes_take_few_passes(monkeypatch: pytest.MonkeyPatch):
    explainer = Explainer(build_tiny(units=10), engine="tensorflow")
    whole: Any = explainer.engine.at_layers([explainer.target_layer])
    passes: list[int] = []
    gradients = whole.gradients
    monkeypatch.setattr(
        whole,
        "gradients",
        lambda x, classes, score: (passes.append(classes.shape[1]), gradients(x, classes, score))[1],
    )
    (found, *_) = explainer.explain(X, ["grad-cam", "layer-cam"], ["top10"])
    assert passes == [8, 2] and len({e.target_class for e in found}) == 10
    (alone,) = Explainer(explainer.network).explain(X[:1], ["grad-cam"], [found[18].target_class])[0]
    np.testing.assert_allclose(found[18].cam, alone.cam, rtol=1e-4, atol=1e-6)


def test_no_memory_for_a_single_image(tiny_model: Any, monkeypatch: Any):
    explainer = Explainer(tiny_model, engine="tensorflow")
    whole: Any = explainer.engine.at_layers([explainer.target_layer])
    limit(monkeypatch, whole.graphs, "forward", 0, 0)
    with pytest.raises(OutOfMemoryError, match="`batch_size`"):
        explainer.explain(X, ["score-cam"])


def test_other_errors_of_tensorflow_are_the_models(tiny_model: Any, monkeypatch: Any):
    explainer = Explainer(tiny_model, engine="tensorflow")

    def failing(*_: Any) -> Any:
        raise tf.errors.InvalidArgumentError(None, None, "indices out of range")

    whole: Any = explainer.engine.at_layers([explainer.target_layer])
    monkeypatch.setattr(whole.graphs, "forward", failing)
    with pytest.raises(ModelError, match="failed on these images: indices out of range"):
        explainer.explain(X, ["score-cam"])


def test_a_layer_without_influence_is_refused():
    import keras

    body = build_tiny()
    unused = keras.layers.Conv2D(2, 3, name="unused")(body.inputs[0])
    gone = keras.layers.GlobalAveragePooling2D()(unused)
    output = keras.ops.stop_gradient(gone)[:, :1] + body.output
    with pytest.raises(ModelError, match="'unused' has no influence"):
        Explainer(keras.Model(body.inputs, output), "unused").explain(X)
