"""A model asked for its scores in batches: against a model that is worked out by hand."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import colours, target_networks
from xai_cam.cam.classifier import Classifier
from xai_cam.cam.engines.questions import Computing
from xai_cam.errors import ModelError, OutOfMemoryError
from xai_cam.images.readers import read_image
from xai_cam.models.input.inputs import Inputs
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
    classifier = Classifier(Network(colours.build(activation=activation)), Computing(batch_size=2))
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
    """In place of an engine's compiled function: counts images, and holds no more than so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.calls: list[int] = []

    def __call__(self, images: Any) -> Any:
        import tensorflow as tf

        self.calls.append(len(images))
        if len(images) > self.most:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return tf.stack([images[:, 0, 0, :]] * 2)


def with_device(most: int, batch_size: int) -> tuple[Classifier, Device]:
    computing = Computing("tensorflow", "cpu", batch_size=batch_size)
    classifier, device = Classifier(Network(colours.build()), computing), Device(most)
    put(classifier, device)
    return classifier, device


def put(classifier: Classifier, function: Any) -> None:
    """Let the engine of TensorFlow ask this instead of the model."""
    engine: Any = classifier.engine
    vars(engine.graphs)["predictions"] = function


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
    put(classifier, fail)
    with pytest.raises(ModelError, match=r"failed on these images: shapes do not match\. Check `size`"):
        classifier.score([np.zeros((8, 8, 3), np.float32)])


# --- By either engine ---------------------------------------------------------------------------------

KINDS = ("classes", "labels", "values", "places", "several")


def of_kind(kind: str) -> tuple[Network, Inputs]:
    """A network of this kind of output, and nine images with what goes in beside them."""
    several = kind == "several"
    network = target_networks.network(kind, *(["kind"] if several else []))
    images = np.random.default_rng(3).uniform(0, 1, (9, 12, 12, 3)).astype(np.float32)
    ages = np.random.default_rng(4).uniform(-1, 2, (9, 1)).astype(np.float32)
    return network, Inputs(images, (ages,) if several else ())


def plainly(kind: str, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """What Keras answers, and the class by the definition of the head."""
    given = [inputs.images, *inputs.extras]
    model = target_networks.model(kind)
    answers = model(given if len(given) > 1 else given[0], training=False)
    found = np.asarray(answers[0] if kind == "several" else answers)
    if kind == "places":  # shares of the picture where each class is the highest
        highest = found.argmax(-1)
        found = np.stack([(highest == c).mean((1, 2)) for c in range(3)], 1)
    chosen = found.argmax(1)
    return found, np.zeros_like(chosen) if kind == "values" else chosen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
def test_both_engines_answer_as_keras_does(engine: str, kind: str) -> None:
    if engine == "openvino":
        pytest.importorskip("openvino")
    network, inputs = of_kind(kind)
    classifier = Classifier(network, Computing(engine, cache=False, batch_size=5))
    scores, predicted = classifier.score(inputs)
    expected, chosen = plainly(kind, inputs)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-4)
    assert predicted.tolist() == chosen.tolist() and predicted.dtype == np.int32
    assert classifier.engine.name == engine, "it gave up"


@pytest.mark.parametrize(("units", "activation"), [(3, None), (3, "relu"), (1, "sigmoid"), (1, None)])
def test_openvino_reads_every_head(units: int, activation: str | None, paths: list[Path]) -> None:
    pytest.importorskip("openvino")
    classifier = Classifier(Network(colours.build(units, activation)), Computing("openvino", cache=False))
    scores, classes = classifier.score(inputs(paths))
    exact = Classifier(classifier.network, Computing("tensorflow")).score(inputs(paths))
    np.testing.assert_allclose(scores, exact[0], rtol=0, atol=1e-4)
    assert classes.tolist() == exact[1].tolist() and classifier.engine.name == "openvino"


def test_weights_that_change_in_between_are_those_that_answer(paths: list[Path]) -> None:
    pytest.importorskip("openvino")
    model = colours.build()
    classifier = Classifier(Network(model), Computing("openvino", cache=False))
    before, _ = classifier.score(inputs(paths))
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([-kernel, -bias])
    turned, _ = classifier.score(inputs(paths))
    model.get_layer("head").set_weights([kernel, bias])
    again, _ = classifier.score(inputs(paths))
    expected = 1 / before / (1 / before).sum(1, keepdims=True)  # the softmax of the opposite
    np.testing.assert_allclose(turned, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(again, before, rtol=0, atol=1e-6)


def test_what_openvino_cannot_run_tensorflow_answers_and_a_line_says_why(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("openvino")

    def failing(concrete: Any) -> Any:
        raise RuntimeError("no such operation")

    monkeypatch.setattr("xai_cam.cam.engines.openvino.converted.translate", failing)
    network = Network(colours.build())
    scores, _ = Classifier(network, Computing("openvino", cache=False)).score(inputs(paths))
    exact, _ = Classifier(network, Computing("tensorflow")).score(inputs(paths))
    np.testing.assert_array_equal(scores, exact)
    (line,) = [r.getMessage() for r in caplog.records]
    assert line == "OpenVINO cannot run this model: no such operation. Continuing with TensorFlow."


def test_it_tells_how_many_images_are_left() -> None:
    classifier, device = with_device(100, 2)
    seen: list[int | None] = []

    def seeing(images: Any) -> Any:
        seen.append(classifier.computing.ahead.images)
        return device(images)

    put(classifier, seeing)
    images = [np.zeros((8, 8, 3), np.float32)] * COUNT
    classifier.score(images)
    classifier.computing.ahead.images = 10
    classifier.score(images)
    assert seen == [None, None, None, 13, 11, 10], "nobody knows; then those of the run behind these"
