"""The sample model of cats and dogs: as good as its card says, in both of its forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from support.commands import provenance, run
from support.small_models import shared
from xai_cam import load_model
from xai_cam.runs.demo import labels_file, sample_model

FILES = sample_model("dogcat")
CARD = FILES.model.with_name("CARD.md").read_text(encoding="utf-8")
LABELS = labels_file(FILES)


def measured(name: str) -> tuple[float, ...]:
    """A figure of the card and its interval."""
    found = re.search(rf"^- {name}: ([\d.]+) \(95 % interval ([\d.]+) to ([\d.]+)", CARD, re.M)
    assert found, f"the card tells no {name}"
    return tuple(map(float, found.groups()))


def test_the_network_is_that_of_the_walk_through() -> None:
    layers = load_model(FILES.model, FILES.weights).layers
    assert layers[0].batch_shape == (None, 150, 150, 3)
    block = [("Conv2D", f) for f in (32, 32, 64, 64, 128, 128, 128)]
    kinds = [type(layer).__name__ for layer in layers[1:]]
    expected = ["BatchNormalization"]
    for stage in (2, 2, 3):
        expected += ["Conv2D", "BatchNormalization"] * stage + ["MaxPooling2D"]
    expected[-1] = "GlobalAveragePooling2D"
    assert kinds == [*expected, "Dense", "BatchNormalization", "Dense"]
    convolutions = [layer for layer in layers if type(layer).__name__ == "Conv2D"]
    assert [("Conv2D", layer.filters) for layer in convolutions] == block
    assert all(
        (c.kernel_size, c.padding, c.activation.__name__) == ((3, 3), "same", "relu") for c in convolutions
    )
    hidden, scores = layers[-3], layers[-1]
    assert (hidden.units, hidden.activation.__name__) == (256, "relu")
    assert float(hidden.kernel_regularizer.l2) == pytest.approx(0.01)
    assert (scores.units, scores.activation.__name__) == (1, "sigmoid")
    assert LABELS.read_text(encoding="utf-8").split() == ["cat", "dog"]


def test_the_form_of_keras_2_gives_the_same_outputs() -> None:
    old = sample_model("dogcat/keras2")
    assert labels_file(old) == LABELS
    assert json.loads(old.model.read_text(encoding="utf-8"))["keras_version"].startswith("2.")
    with h5py.File(old.weights) as file:
        assert "layer_names" in file.attrs
    images = np.random.default_rng(0).random((3, 150, 150, 3), np.float32)
    one, other = (np.asarray(load_model(f.model, f.weights)(images)) for f in (FILES, old))
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `xai-cam evaluate` finds on the pictures that no training has seen."""
    pytest.importorskip("sklearn", reason="evaluate needs scikit-learn")
    named = ("-m", FILES.model, "-w", FILES.weights, "--labels", LABELS)
    result = run("evaluate", *named, "--json", shared("data/dogcat/test"))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.zoo
def test_unseen_photos_are_told_as_well_as_the_card_says(figures: dict[str, Any]) -> None:
    assert figures["images"] == 1000 and figures["failed"] == 0
    accuracy, area = figures["accuracy"], figures["auc"]
    # a picture at the threshold may fall to the other side on another processor
    assert (accuracy, *figures["accuracy_interval"]) == pytest.approx(measured("Accuracy"), abs=2.5e-3)
    assert (area["value"], area["low"], area["high"]) == pytest.approx(measured("AUC"), abs=1e-3)
    assert accuracy >= 0.88 and area["value"] >= 0.95


@pytest.mark.slow
@pytest.mark.zoo
def test_mistakes_are_found_and_explained(tmp_path: Path) -> None:
    folder = shared("data/dogcat/test")
    named = ("-m", FILES.model, "-w", FILES.weights, "--labels", LABELS)
    chosen = ("--include", "*_00[1-6]?.jpg", "--class", "folder", "--only", "wrong", "-r", "-o", tmp_path)
    result = run("explain", *named, *chosen, folder)
    assert result.exit_code == 0, result.stderr
    overlays = sorted(tmp_path.rglob("*.png"))
    assert overlays
    for overlay in overlays:
        said = provenance(overlay)
        assert said["class_name"] == overlay.parent.name != said["predicted_name"]
