"""`evaluate` on arrays: predictions counted by hand, and true classes in whatever form they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.small_models import build_held, build_tiny
from xai_cam import evaluate
from xai_cam.errors import InputError, ModelError

pytest.importorskip("sklearn")

X = np.random.default_rng(4).normal(0, 1, (9, 16, 16, 3)).astype(np.float32)
NAMES = ["ant", "bee", "cat"]


@pytest.fixture(scope="module")
def predicted(tiny_model: Any) -> np.ndarray:
    return np.asarray(tiny_model(X)).argmax(axis=1)


def test_a_model_of_several_inputs() -> None:
    model, ages = build_held(), np.linspace(-3, 3, 9).astype(np.float32)
    scores = np.asarray(model([X, ages[:, None]]))
    assert np.ptp(scores, axis=0).max() > 0.05, "the number matters"
    for found in (
        evaluate(model, {"age": ages, "image": X}, scores.argmax(axis=1), batch_size=4),
        evaluate(model, X, scores.argmax(axis=1), extra={"age": ages[:, None]}),
    ):
        assert found.accuracy == 1
        np.testing.assert_allclose(found.scores, scores, rtol=1e-4, atol=1e-6)


def test_several_outputs_are_refused(tiny_model: Any) -> None:
    import keras

    scores = tiny_model.output
    model = keras.Model(tiny_model.input, {"first": scores, "second": scores[:, ::-1]})
    with pytest.raises(InputError, match="one output at a time"):
        evaluate(model, X, np.zeros(9, int), output_name=["first", "second"])
    predicted = np.asarray(tiny_model(X)).argmax(axis=1)
    assert evaluate(model, X, 2 - predicted, output_name="second").accuracy == 1


def test_right_and_wrong_are_counted(tiny_model: Any, predicted: np.ndarray) -> None:
    truth = predicted.copy()
    truth[:4] = (truth[:4] + 1) % 3
    for batch_size in (None, 2):
        found = evaluate(tiny_model, X, truth, batch_size=batch_size)
        assert (found.images, found.right, found.accuracy) == (9, 5, 5 / 9)
        assert sum(one.images for one in found.classes) == 9
        for i, true in enumerate(found.confusion_classes):
            for j, chosen in enumerate(found.confusion_classes):
                assert found.confusion[i, j] == ((truth == true) & (predicted == chosen)).sum()


def test_true_classes_of_every_kind(tiny_model: Any, predicted: np.ndarray, tmp_path: Path) -> None:
    import tensorflow as tf

    names = [NAMES[c] for c in predicted]
    (tmp_path / "labels.txt").write_text("\n".join(NAMES), encoding="utf-8")
    for truth, labels in (
        (predicted.tolist(), None),
        (predicted.astype(float), NAMES),
        (predicted[:, None], None),
        (np.eye(3)[predicted], None),
        (tf.constant(predicted), None),
        (names, NAMES),
        (np.array(names), tmp_path / "labels.txt"),
        (names, str(tmp_path / "labels.txt")),
    ):
        found = evaluate(tiny_model, X, truth, labels)
        assert found.right == 9
        assert [one.name for one in found.classes] == [
            NAMES[one.index] if labels is not None else str(one.index) for one in found.classes
        ]


def test_labels_of_a_dataset(tiny_model: Any, predicted: np.ndarray) -> None:
    import tensorflow as tf

    for labels in (predicted, np.eye(3)[predicted]):
        dataset = tf.data.Dataset.from_tensor_slices((X, labels)).batch(4)
        assert evaluate(tiny_model, dataset).right == 9
    with pytest.raises(InputError, match="true classes are missing"):
        evaluate(tiny_model, tf.data.Dataset.from_tensor_slices(X))


def test_two_classes_by_one_unit() -> None:
    model = build_tiny(1, "sigmoid")
    kernel, bias = model.get_layer("head").get_weights()
    odds = np.asarray(model(X), np.float64)[:, 0]
    model.get_layer("head").set_weights([kernel, bias - np.median(np.log(odds / (1 - odds)))])
    positive = np.asarray(model(X))[:, 0] >= 0.5
    assert positive.any() and not positive.all()
    found = evaluate(model, X, positive)
    assert found.right == 9 and found.auc is not None and found.auc.value == 1


@pytest.mark.parametrize(
    ("truth", "labels", "message"),
    [
        (None, None, "are missing"),
        ([0, 1], None, "2 true classes were given for 9 images"),
        ([3] * 9, None, "no class 3"),
        ([0.5] * 9, None, "must be either all indices or all names"),
        (["dog"] * 9, NAMES, "do not match"),
        (["ant"] * 9, None, "have 1 classes"),
        ([0] * 9, NAMES[:2], "name 2 classes, the model has 3"),
        (np.zeros((9, 3)), None, "not one-hot"),
        (np.zeros((9, 2)), None, r"shape \(9, 2\)"),
        ([[0], [1, 2]], None, "are not an array"),
        (object(), None, "shape"),
    ],
)
def test_true_classes_that_are_none(tiny_model: Any, truth: Any, labels: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(tiny_model, X, truth, labels)


def test_scores_that_are_not_finite() -> None:
    model = build_tiny()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([np.full_like(kernel, np.nan), bias])
    with pytest.raises(ModelError, match="Image 0: the model's scores hold NaN"):
        evaluate(model, X, [0] * 9)
