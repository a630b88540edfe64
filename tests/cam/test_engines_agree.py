"""Both engines answer alike, for models of every kind; and as the papers' loops do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.network import read_network
from support.contract import MODELS, agree, answers
from support.perturbed import mixed, one_by_one
from support.public_models import CLASSIFIERS, expected, load
from support.small_models import build_tiny, save_model
from xai_cam import Explainer, explain, load_model, prepare
from xai_cam.cam.engines.questions import ENGINES, live_channels
from xai_cam.runs.demo import sample_model

pytest.importorskip("openvino")

SAMPLES = [
    "digits",
    "shapes",
    "shapes_binary",
    "dogcat",
    pytest.param("dogcat/keras2", marks=pytest.mark.slow),
]


def both(
    model: Any, images: np.ndarray, classes: list[int], layer: str | None = None, **options: Any
) -> None:
    """Ask both engines, see that OpenVINO did answer, and that the answers are the same."""
    size = images.shape[1], images.shape[2]
    exact, found = (Explainer(model, layer, engine=e, size=size, **options) for e in ENGINES)
    exact.engine = found.engine.tensorflow  # type: ignore[attr-defined] # whose graphs need one trace for both
    right = answers(exact, images, classes)
    agree(answers(found, images, classes), right)
    assert (exact.engine.name, found.engine.name) == ENGINES, "it fell back to TensorFlow"
    assert (exact.engine.passes_by, found.engine.passes_by) == ENGINES, "it fell back to TensorFlow"
    assert np.isfinite(right.masked[0]).any() and right.maps.any(), "nothing was compared"


@pytest.mark.parametrize("name", MODELS)
def test_small_models_of_every_kind(name: str) -> None:
    build, layer, shape, classes = MODELS[name]
    images = np.random.default_rng(5).normal(0, 1, (3, *shape)).astype(np.float32)
    both(build(), images, classes, layer, chunk_size=4)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_models(name: str) -> None:
    """Blotches of random colours, 12 pixels wide."""
    files = sample_model(name)
    model = load_model(files.model, files.weights)
    height, width, depth = model.input_shape[1:]
    coarse = np.random.default_rng(3).uniform(0, 1, (1, 1 + height // 12, 1 + width // 12, depth))
    images = np.repeat(np.repeat(coarse, 12, axis=1), 12, axis=2)[:, :height, :width].astype(np.float32)
    both(model, images, [0, 1], max_channels=8)


@pytest.mark.parametrize(("name", "extra"), [("shapes_unet", {}), ("shapes_two_inputs", {"side": 1})])
def test_sample_models_with_what_rides_along_with_an_image(name: str, extra: dict[str, float]) -> None:
    """The region of a segmentation, and an input that is held."""
    files = sample_model(name)
    model = load_model(files.model, files.weights)
    pictures = sorted((files.model.parent / "pictures").iterdir())[:1]
    images = prepare(model, pictures, "unit")
    asked = {"method": "score-cam", "target_class": "top2", "extra": extra, "max_channels": 8}
    exact, found = (explain(model, images, engine=engine, **asked) for engine in ENGINES)
    assert len(exact) == len(found) == 2 and exact[0].cam.any()
    for right, one in zip(exact, found, strict=True):
        assert (right.engine, one.engine) == ENGINES, "it fell back to TensorFlow"
        np.testing.assert_allclose(one.cam, right.cam, atol=1e-4 * max(1, right.cam.max()))


@pytest.mark.slow
@pytest.mark.zoo
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_models_of_the_zoo(name: str) -> None:
    x, y = expected(name)
    classes = list(dict.fromkeys([int(y[0].argmax()), 0]))
    both(load(name), x[:1].astype(np.float32), classes, max_channels=12, chunk_size=12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (1, "sigmoid")])
@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
def test_scores_equal_the_loops_of_the_papers(
    engine: str, units: int, activation: str, layer: str, tmp_path: Path
) -> None:
    files = save_model(build_tiny(units, activation), tmp_path)
    network = read_network(*files)
    images = np.random.default_rng(2).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
    asked = Explainer(load_model(*files), layer, engine=engine, chunk_size=5).engine
    before = asked.forward(images)
    given = images, before, np.array([[1, 0], [1, 0]], np.int32), live_channels(before.activations)
    masked, ablated = asked.masked_scores(*given), asked.ablated_scores(*given)
    perturbed = mixed(images, (1, 0))
    probabilities = asked.perturbed_scores(perturbed)
    assert asked.name == engine
    exact = one_by_one(lambda x, k: float(network.probabilities(x[None])[0, k]))(perturbed)
    np.testing.assert_allclose(probabilities, exact, rtol=1e-4, atol=1e-6)
    for i, image in enumerate(images):
        for column, target in enumerate((1, 0)):
            logits, chances = cams.masked_scores(network, image, layer, target)
            without, _ = cams.ablated_scores(network, image, layer, target)
            np.testing.assert_allclose(masked.logits[i, column], logits, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(masked.probabilities[i, column], chances, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(ablated.logits[i, column], without, rtol=1e-4, atol=1e-4)


def test_it_would_be_seen_if_they_did_not_agree(tiny_model: Any) -> None:
    images = np.random.default_rng(5).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
    right = answers(Explainer(tiny_model, engine="tensorflow"), images, [0])
    other = answers(Explainer(build_tiny(seed=1), engine="openvino"), images, [0])
    with pytest.raises(AssertionError):
        agree(other, right)
