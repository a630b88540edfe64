"""A model asked for its scores in batches: against a model that is worked out by hand."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import colours
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.images.readers import read_image
from xai_cam.models.classifier import Classifier, Prediction
from xai_cam.models.network import Network

COUNT = 5


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [colours.paint(tmp_path / f"{seed}.png", seed) for seed in range(COUNT)]


def inputs(paths: list[Path], channels: int = 3) -> list[np.ndarray]:
    """Pictures from 0 to 1, as the judges of colours take them."""
    found = [read_image(path).pixels.astype(np.float32) / 255 for path in paths]
    return found if channels == 3 else [one.mean(axis=2, keepdims=True, dtype=np.float32) for one in found]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "relu", None])
def test_scores_and_classes_are_those_worked_out_by_hand(activation: str | None, paths: list[Path]) -> None:
    classifier = Classifier(Network(colours.build(activation=activation)), batch_size=2)
    scores, classes = classifier.score(inputs(paths))
    expected = [colours.answer(path, activation=activation) for path in paths]
    np.testing.assert_allclose(scores, [one for one, _ in expected], rtol=1e-4, atol=1e-6)
    assert classes.tolist() == [chosen for _, chosen in expected] and scores.dtype == np.float32


def test_a_head_of_one_unit_has_two_classes(paths: list[Path]) -> None:
    scores, classes = Classifier(Network(colours.build(1, "sigmoid"))).score(inputs(paths))
    expected = [colours.answer(path, 1, "sigmoid") for path in paths]
    np.testing.assert_allclose(scores, [one for one, _ in expected], rtol=1e-4, atol=1e-6)
    assert classes.tolist() == [chosen for _, chosen in expected]


class Device:
    """In place of a classifier's compiled function: counts images, and holds no more than so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.calls: list[int] = []

    def __call__(self, images: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        self.calls.append(len(images))
        if len(images) > self.most:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return images[:, 0, 0, :], tf.zeros(len(images), tf.int32)


def with_device(most: int, batch_size: int) -> tuple[Classifier, Device]:
    classifier, device = Classifier(Network(colours.build()), batch_size, "cpu"), Device(most)
    classifier.__dict__["_run"] = device
    return classifier, device


def test_batches() -> None:
    classifier, device = with_device(100, 2)
    images = [np.full((8, 8, 3), i, np.float32) for i in range(COUNT)]
    scores, _ = classifier.score(images)
    assert device.calls == [2, 2, 1] and scores[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_out_of_memory_batches_are_halved_and_no_image_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    classifier, device = with_device(1, 4)
    images = [np.full((8, 8, 3), i, np.float32) for i in range(3)]
    with caplog.at_level(logging.WARNING):
        scores, _ = classifier.score(images)
    assert device.calls == [3, 2, 1, 1, 1] and scores[:, 0].tolist() == [0, 1, 2]
    assert [r.getMessage() for r in caplog.records] == [
        f"Out of memory: continuing with {size} images per model call." for size in (2, 1)
    ]
    assert classifier.batch_size == 1, "it is not tried again"


def test_out_of_memory_with_a_single_image_is_the_end() -> None:
    classifier, _ = with_device(0, 2)
    with pytest.raises(OutOfMemoryError, match="with a single image"):
        classifier.score([np.zeros((8, 8, 3), np.float32)])


def test_a_model_that_fails_says_why_in_one_line() -> None:
    import tensorflow as tf

    def fail(images: Any) -> Any:
        raise tf.errors.InvalidArgumentError(None, None, "shapes\n  do not   match")

    classifier, _ = with_device(1, 2)
    classifier.__dict__["_run"] = fail
    with pytest.raises(ModelError, match=r"failed on these images: shapes do not match\. Check `size`"):
        classifier.score([np.zeros((8, 8, 3), np.float32)])


def test_a_prediction_by_hand() -> None:
    prediction = Prediction(np.array([0.125, 0.5, 0.125, 0.25], np.float32), 1)
    assert prediction.margin == 0.25
    assert prediction.ranking == [(1, 0.5), (3, 0.25), (0, 0.125)], "of equal ones the first"
    assert Prediction(np.array([0.5, 0.5]), 0).margin == 0
    assert Prediction(np.array([-3.0, -1.0]), 1).ranking == [(1, -1.0), (0, -3.0)]
